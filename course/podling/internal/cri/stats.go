package cri

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// clockTick is what /proc counts CPU time in: USER_HZ, 100 on every Linux that
// Go runs on.
const clockTick = 10 * time.Millisecond

// usage is what the processes of a container use.
type usage struct {
	cpu    time.Duration // with that of processes that have ended
	memory uint64        // bytes resident
	pids   uint64
}

// processTable is one look at /proc.
type processTable struct {
	children map[int][]int
	usage    map[int]usage
}

func readProcesses() processTable {
	t := processTable{children: map[int][]int{}, usage: map[int]usage{}}
	proc, err := os.Open("/proc")
	if err != nil {
		return t
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			t.read(pid, name)
		}
	}
	return t
}

// read takes a process's fields from /proc/PID/stat (see proc_pid_stat(5)).
func (t *processTable) read(pid int, name string) {
	data, err := os.ReadFile(filepath.Join("/proc", name, "stat"))
	if err != nil {
		return
	}
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 22 {
		return
	}
	number := func(field int) int64 { // numbered as in the manual page
		n, _ := strconv.ParseInt(fields[field-3], 10, 64)
		return n
	}
	parent := int(number(4))
	t.children[parent] = append(t.children[parent], pid)
	t.usage[pid] = usage{cpu: time.Duration(number(14)+number(15)+number(16)+number(17)) * clockTick,
		memory: uint64(number(24)) * uint64(os.Getpagesize()), pids: 1}
}

// below sums up the tree of pid.
func (t *processTable) below(pid int) (sum usage) {
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		u := t.usage[queue[0]]
		sum.cpu += u.cpu
		sum.memory += u.memory
		sum.pids += u.pids
		queue = append(queue, t.children[queue[0]]...)
	}
	return sum
}

func (c *container) stats(t processTable) *runtimeapi.ContainerStats {
	now := time.Now().UnixNano()
	stats := &runtimeapi.ContainerStats{Attributes: &runtimeapi.ContainerAttributes{Id: c.id,
		Metadata: c.config.Metadata, Labels: c.config.Labels, Annotations: c.config.Annotations}}
	if running := c.runningTask(); running != nil {
		u := t.below(running.PID())
		memory := &runtimeapi.UInt64Value{Value: u.memory}
		stats.Cpu = &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: uint64(u.cpu)}}
		stats.Memory = &runtimeapi.MemoryUsage{Timestamp: now, WorkingSetBytes: memory, UsageBytes: memory, RssBytes: memory}
	}
	stats.WritableLayer = &runtimeapi.FilesystemUsage{Timestamp: now,
		FsId:      &runtimeapi.FilesystemIdentifier{Mountpoint: c.dir},
		UsedBytes: &runtimeapi.UInt64Value{}, InodesUsed: &runtimeapi.UInt64Value{}}
	return stats
}

func (s *server) ContainerStats(_ context.Context, r *runtimeapi.ContainerStatsRequest) (*runtimeapi.ContainerStatsResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ContainerStatsResponse{Stats: c.stats(readProcesses())}, nil
}

func (s *server) ListContainerStats(_ context.Context, r *runtimeapi.ListContainerStatsRequest) (*runtimeapi.ListContainerStatsResponse, error) {
	reply := new(runtimeapi.ListContainerStatsResponse)
	table := readProcesses()
	for _, c := range s.matching(r.Filter.GetId(), r.Filter.GetPodSandboxId(), r.Filter.GetLabelSelector()) {
		reply.Stats = append(reply.Stats, c.stats(table))
	}
	return reply, nil
}

func (s *server) PodSandboxStats(_ context.Context, r *runtimeapi.PodSandboxStatsRequest) (*runtimeapi.PodSandboxStatsResponse, error) {
	list := s.sandboxStats(&runtimeapi.PodSandboxStatsFilter{Id: r.PodSandboxId})
	if len(list) == 0 {
		return nil, notFoundSandbox(r.PodSandboxId)
	}
	return &runtimeapi.PodSandboxStatsResponse{Stats: list[0]}, nil
}

func (s *server) ListPodSandboxStats(_ context.Context, r *runtimeapi.ListPodSandboxStatsRequest) (*runtimeapi.ListPodSandboxStatsResponse, error) {
	return &runtimeapi.ListPodSandboxStatsResponse{Stats: s.sandboxStats(r.Filter)}, nil
}

func (s *server) sandboxStats(f *runtimeapi.PodSandboxStatsFilter) (list []*runtimeapi.PodSandboxStats) {
	table := readProcesses()
	s.mu.Lock()
	var boxes []*sandbox
	for _, b := range s.sandboxes {
		if strings.HasPrefix(b.id, f.GetId()) && labelsMatch(b.config.Labels, f.GetLabelSelector()) {
			boxes = append(boxes, b)
		}
	}
	s.mu.Unlock()
	for _, b := range boxes {
		list = append(list, s.statsOf(b, table))
	}
	return list
}

func (s *server) statsOf(b *sandbox, table processTable) *runtimeapi.PodSandboxStats {
	now := time.Now().UnixNano()
	linux := new(runtimeapi.LinuxPodSandboxStats)
	var sum usage
	for _, c := range s.matching("", b.id, nil) {
		linux.Containers = append(linux.Containers, c.stats(table))
		if running := c.runningTask(); running != nil {
			u := table.below(running.PID())
			sum.cpu, sum.memory, sum.pids = sum.cpu+u.cpu, sum.memory+u.memory, sum.pids+u.pids
		}
	}
	memory := &runtimeapi.UInt64Value{Value: sum.memory}
	linux.Cpu = &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: uint64(sum.cpu)}}
	linux.Memory = &runtimeapi.MemoryUsage{Timestamp: now, WorkingSetBytes: memory, UsageBytes: memory, RssBytes: memory}
	linux.Process = &runtimeapi.ProcessUsage{Timestamp: now, ProcessCount: &runtimeapi.UInt64Value{Value: sum.pids}}
	return &runtimeapi.PodSandboxStats{Linux: linux, Attributes: &runtimeapi.PodSandboxAttributes{Id: b.id,
		Metadata: b.config.Metadata, Labels: b.config.Labels, Annotations: b.config.Annotations}}
}
