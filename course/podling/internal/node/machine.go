package node

import (
	"bufio"
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	cadvisorapi "github.com/google/cadvisor/lib/model"
	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// machine answers the kubelet's questions to cAdvisor from /proc: cAdvisor
// itself wants cgroups. Containers' usage comes from the CRI runtime.
type machine struct{ root string }

func (machine) Start() error { return nil }

func (machine) MachineInfo(klog.Logger) (*cadvisorapi.MachineInfo, error) {
	return &cadvisorapi.MachineInfo{
		NumCores:       runtime.NumCPU(),
		MemoryCapacity: memory("MemTotal"),
		MachineID:      firstLine("/etc/machine-id"),
		BootID:         firstLine("/proc/sys/kernel/random/boot_id"),
	}, nil
}

func (machine) VersionInfo() (*cadvisorapi.VersionInfo, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, err
	}
	return &cadvisorapi.VersionInfo{
		KernelVersion:      unix.ByteSliceToString(u.Release[:]),
		ContainerOsVersion: osName(),
	}, nil
}

func (m machine) ContainerInfoV2(string, cadvisorapi.RequestOptions) (map[string]cadvisorapi.ContainerInfo, error) {
	now := time.Now()
	used := memory("MemTotal") - memory("MemAvailable")
	return map[string]cadvisorapi.ContainerInfo{"/": {
		Spec:  cadvisorapi.ContainerSpec{HasMemory: true, Memory: cadvisorapi.MemorySpec{Limit: memory("MemTotal")}},
		Stats: []*cadvisorapi.ContainerStats{{Timestamp: now, Memory: &cadvisorapi.MemoryStats{Usage: used, WorkingSet: used}}},
	}}, nil
}

func (machine) GetRequestedContainersInfo(string, cadvisorapi.RequestOptions) (map[string]*cadvisorapi.ContainerInfo, error) {
	return map[string]*cadvisorapi.ContainerInfo{}, nil
}

func (m machine) ImagesFsInfo(context.Context) (cadvisorapi.FsInfo, error)    { return fsInfo(m.root) }
func (m machine) RootFsInfo() (cadvisorapi.FsInfo, error)                     { return fsInfo(m.root) }
func (m machine) ContainerFsInfo(context.Context) (cadvisorapi.FsInfo, error) { return fsInfo(m.root) }
func (machine) GetDirFsInfo(path string) (cadvisorapi.FsInfo, error)          { return fsInfo(path) }

func fsInfo(path string) (cadvisorapi.FsInfo, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return cadvisorapi.FsInfo{}, err
	}
	block := uint64(s.Bsize)
	files, free := s.Files, s.Ffree
	return cadvisorapi.FsInfo{
		Timestamp: time.Now(), Mountpoint: path,
		Capacity: s.Blocks * block, Available: s.Bavail * block, Usage: (s.Blocks - s.Bfree) * block,
		Inodes: &files, InodesFree: &free,
	}, nil
}

// memory is a line of /proc/meminfo in bytes.
func memory(name string) uint64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == name+":" {
			kib, _ := strconv.ParseUint(fields[1], 10, 64)
			return kib * 1024
		}
	}
	return 0
}

func osName() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return "Linux"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"`)
		}
	}
	return "Linux"
}

func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}
