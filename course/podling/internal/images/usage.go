package images

import (
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// usageAge is how long a count of the store's files is good: kubelet asks
// often, and walking all root file systems is work.
const usageAge = 30 * time.Second

type usageCache struct {
	sync.Mutex
	at            time.Time
	bytes, inodes uint64
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Usage says how much of the disk the store takes.
func (s *Store) Usage() (bytes, inodes uint64) {
	c := &s.usage
	c.Lock()
	defer c.Unlock()
	if time.Since(c.at) > usageAge {
		c.at = time.Now()
		c.bytes, c.inodes = DiskUsage(s.dir)
	}
	return c.bytes, c.inodes
}

// DiskUsage counts a tree's blocks (in bytes) and inodes; what vanishes while
// it looks is not counted.
func DiskUsage(dir string) (bytes, inodes uint64) {
	seen := map[uint64]bool{}
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || (stat.Nlink > 1 && !entry.IsDir() && seen[stat.Ino]) {
			return nil
		}
		if stat.Nlink > 1 {
			seen[stat.Ino] = true
		}
		bytes += uint64(stat.Blocks) * 512
		inodes++
		return nil
	})
	return bytes, inodes
}
