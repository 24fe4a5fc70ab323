package cri

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/executor"
)

// sandbox is a pod's shared part. There is no pause process: it is an address,
// a few files and a record. server.mu guards it.
type sandbox struct {
	id      string
	config  *runtimeapi.PodSandboxConfig
	handler string
	dir     string
	created time.Time
	ready   bool
	ip      netip.Addr // as pods see it; invalid on the host's network
}

func (b *sandbox) hostNetwork() bool {
	return b.config.GetLinux().GetSecurityContext().GetNamespaceOptions().GetNetwork() == runtimeapi.NamespaceMode_NODE
}

func (b *sandbox) state() runtimeapi.PodSandboxState {
	if b.ready {
		return runtimeapi.PodSandboxState_SANDBOX_READY
	}
	return runtimeapi.PodSandboxState_SANDBOX_NOTREADY
}

func (b *sandbox) hostname() string {
	if b.config.Hostname != "" {
		return b.config.Hostname
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "localhost"
}

func (s *server) RunPodSandbox(_ context.Context, r *runtimeapi.RunPodSandboxRequest) (*runtimeapi.RunPodSandboxResponse, error) {
	if r.RuntimeHandler != "" {
		return nil, status.Errorf(codes.InvalidArgument, "no runtime for %q is configured", r.RuntimeHandler)
	}
	if r.Config.GetMetadata() == nil {
		return nil, status.Error(codes.InvalidArgument, "the sandbox has no metadata")
	}
	b := &sandbox{id: newID(), config: r.Config, created: time.Now(), ready: true}
	b.dir = filepath.Join(s.config.Dir, "run", "sandboxes", b.id[:13])
	if err := b.writeFiles(); err != nil {
		_ = executor.RemoveAll(b.dir)
		return nil, fmt.Errorf("failed to set up sandbox %s: %w", b.config.Metadata.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.gone, b.config.Metadata.Uid) {
		_ = executor.RemoveAll(b.dir)
		return nil, status.Errorf(codes.FailedPrecondition, "the pod %s is gone: the cluster was reset", b.config.Metadata.Name)
	}
	if !b.hostNetwork() {
		var err error
		if b.ip, err = s.addresses.take(); err != nil {
			_ = executor.RemoveAll(b.dir)
			return nil, status.Error(codes.ResourceExhausted, err.Error())
		}
	}
	s.sandboxes[b.id] = b
	return &runtimeapi.RunPodSandboxResponse{PodSandboxId: b.id}, nil
}

// writeFiles makes what the pod's containers share: name, resolver, /dev/shm.
func (b *sandbox) writeFiles() error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	if b.config.LogDirectory != "" {
		if err := os.MkdirAll(b.config.LogDirectory, 0o755); err != nil {
			return err
		}
	}
	shm := filepath.Join(b.dir, "shm")
	if err := os.Mkdir(shm, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(shm, 0o777|os.ModeSticky); err != nil {
		return err
	}
	resolver, err := b.resolver()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"hostname":    b.hostname() + "\n",
		"hosts":       "127.0.0.1\tlocalhost\n::1\tlocalhost\n",
		"resolv.conf": resolver,
	} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (b *sandbox) resolver() (string, error) {
	dns := b.config.DnsConfig
	if dns == nil {
		text, err := os.ReadFile("/etc/resolv.conf")
		if os.IsNotExist(err) {
			return "", nil
		}
		return string(text), err
	}
	var text strings.Builder
	if len(dns.Searches) > 0 {
		fmt.Fprintf(&text, "search %s\n", strings.Join(dns.Searches, " "))
	}
	for _, server := range dns.Servers {
		fmt.Fprintf(&text, "nameserver %s\n", server)
	}
	if len(dns.Options) > 0 {
		fmt.Fprintf(&text, "options %s\n", strings.Join(dns.Options, " "))
	}
	return text.String(), nil
}

// StopPodSandbox kills what still runs in the pod and gives its address back.
func (s *server) StopPodSandbox(ctx context.Context, r *runtimeapi.StopPodSandboxRequest) (*runtimeapi.StopPodSandboxResponse, error) {
	s.mu.Lock()
	b := s.sandboxes[r.PodSandboxId]
	inside := s.containersOf(r.PodSandboxId)
	s.mu.Unlock()
	if b == nil {
		return &runtimeapi.StopPodSandboxResponse{}, nil
	}
	for _, c := range inside {
		if err := c.stop(ctx, 0); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.ready {
		b.ready = false
		if b.ip.IsValid() {
			s.addresses.free(b.ip)
		}
	}
	return &runtimeapi.StopPodSandboxResponse{}, nil
}

func (s *server) RemovePodSandbox(ctx context.Context, r *runtimeapi.RemovePodSandboxRequest) (*runtimeapi.RemovePodSandboxResponse, error) {
	if _, err := s.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: r.PodSandboxId}); err != nil {
		return nil, err
	}
	s.mu.Lock()
	b := s.sandboxes[r.PodSandboxId]
	inside := s.containersOf(r.PodSandboxId)
	delete(s.sandboxes, r.PodSandboxId)
	s.mu.Unlock()
	if b == nil {
		return &runtimeapi.RemovePodSandboxResponse{}, nil
	}
	for _, c := range inside {
		if _, err := s.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: c.id}); err != nil {
			return nil, err
		}
	}
	return &runtimeapi.RemovePodSandboxResponse{}, executor.RemoveAll(b.dir)
}

// containersOf lists a sandbox's containers; the caller holds mu.
func (s *server) containersOf(sandboxID string) (list []*container) {
	for _, c := range s.containers {
		if c.sandbox.id == sandboxID {
			list = append(list, c)
		}
	}
	return list
}

func (s *server) PodSandboxStatus(_ context.Context, r *runtimeapi.PodSandboxStatusRequest) (*runtimeapi.PodSandboxStatusResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.sandboxes[r.PodSandboxId]
	if b == nil {
		return nil, notFoundSandbox(r.PodSandboxId)
	}
	st := &runtimeapi.PodSandboxStatus{
		Id: b.id, Metadata: b.config.Metadata, State: b.state(), CreatedAt: b.created.UnixNano(),
		Network: &runtimeapi.PodSandboxNetworkStatus{}, Labels: b.config.Labels, Annotations: b.config.Annotations,
		Linux: &runtimeapi.LinuxPodSandboxStatus{Namespaces: &runtimeapi.Namespace{
			// kubelet makes a sandbox again whose network mode is not the pod's.
			Options: b.config.GetLinux().GetSecurityContext().GetNamespaceOptions()}},
	}
	if b.ip.IsValid() && b.ready {
		st.Network.Ip = b.ip.String()
	}
	return &runtimeapi.PodSandboxStatusResponse{Status: st}, nil
}

func (s *server) ListPodSandbox(_ context.Context, r *runtimeapi.ListPodSandboxRequest) (*runtimeapi.ListPodSandboxResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := new(runtimeapi.ListPodSandboxResponse)
	for _, b := range s.sandboxes {
		f := r.Filter
		if f != nil && (!strings.HasPrefix(b.id, f.Id) || !labelsMatch(b.config.Labels, f.LabelSelector) ||
			(f.State != nil && f.State.State != b.state())) {
			continue
		}
		reply.Items = append(reply.Items, &runtimeapi.PodSandbox{Id: b.id, Metadata: b.config.Metadata, State: b.state(),
			CreatedAt: b.created.UnixNano(), Labels: b.config.Labels, Annotations: b.config.Annotations})
	}
	return reply, nil
}

func notFoundSandbox(id string) error {
	return status.Errorf(codes.NotFound, "an error occurred when try to find sandbox %q: not found", id)
}
