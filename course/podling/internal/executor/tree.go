package executor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// CopyTree copies a root file system: modes, times, symbolic and hard links.
// Owners are the caller's, as they are in the image store. Sharing of blocks is
// asked for where the file system can.
func CopyTree(from, to string) error {
	c := copier{links: map[uint64]string{}}
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return c.copy(path, filepath.Join(to, rel), entry)
	})
	if err != nil {
		return err
	}
	for i := len(c.dirs) - 1; i >= 0; i-- { // a folder may be read-only
		d := c.dirs[i]
		if err := os.Chmod(d.path, d.mode); err != nil {
			return err
		}
		_ = unix.UtimesNanoAt(unix.AT_FDCWD, d.path, []unix.Timespec{d.time, d.time}, 0)
	}
	return nil
}

type copier struct {
	links map[uint64]string // inode → first copy
	dirs  []copiedDir
}

type copiedDir struct {
	path string
	mode os.FileMode
	time unix.Timespec
}

func (c *copier) copy(from, to string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	stat := info.Sys().(*syscall.Stat_t)
	when := unix.Timespec{Sec: stat.Mtim.Sec, Nsec: stat.Mtim.Nsec}
	switch {
	case info.IsDir():
		c.dirs = append(c.dirs, copiedDir{to, info.Mode(), when})
		return os.MkdirAll(to, 0o700)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return unix.Mkfifo(to, uint32(info.Mode().Perm()))
	case !info.Mode().IsRegular():
		return nil
	}
	if stat.Nlink > 1 {
		if first, ok := c.links[stat.Ino]; ok {
			return os.Link(first, to)
		}
		c.links[stat.Ino] = to
	}
	return copyFile(from, to, info.Mode(), info.Size(), when)
}

func copyFile(from, to string, mode os.FileMode, size int64, when unix.Timespec) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if size > 0 && unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) != nil {
		_, err = out.ReadFrom(in) // copy_file_range
	}
	times := []unix.Timespec{when, when}
	return errors.Join(err, out.Chmod(mode.Perm()|mode&(os.ModeSticky)),
		unix.UtimesNanoAt(unix.AT_FDCWD, to, times, 0), out.Close())
}

// RemoveAll removes a tree even when a container took the owner's rights to
// its folders away.
func RemoveAll(path string) error {
	if err := os.RemoveAll(path); err == nil {
		return nil
	}
	_ = filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}
