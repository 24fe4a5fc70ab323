package cri

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/agent"
	"kubelab.dev/podling/internal/executor"
	"kubelab.dev/podling/internal/images"
	"kubelab.dev/podling/internal/task"
)

// container is one container of a pod. What is above mu never changes.
type container struct {
	id      string
	server  *server
	sandbox *sandbox
	config  *runtimeapi.ContainerConfig
	image   images.Image
	dir     string
	logPath string
	created time.Time
	process agent.Process // the main one
	user    user
	spec    executor.Spec
	io      *stdio
	ended   chan struct{} // closed when it is EXITED

	mu       sync.Mutex
	state    runtimeapi.ContainerState
	starting bool
	killed   bool // also before there is a task
	task     *task.Task
	main     *task.Process
	started  time.Time
	finished time.Time
	exitCode int32
	reason   string
	message  string
}

// CreateContainer makes a container's record and its writable layer.
func (s *server) CreateContainer(_ context.Context, r *runtimeapi.CreateContainerRequest) (_ *runtimeapi.CreateContainerResponse, err error) {
	s.mu.Lock()
	b := s.sandboxes[r.PodSandboxId]
	s.mu.Unlock()
	if b == nil || !b.ready {
		return nil, status.Errorf(codes.NotFound, "failed to find sandbox id %q: not found", r.PodSandboxId)
	}
	if r.Config.GetMetadata() == nil {
		return nil, status.Error(codes.InvalidArgument, "the container has no metadata")
	}
	name := r.Config.GetImage().GetImage()
	image, ok := s.images.Get(name)
	if !ok {
		return nil, status.Errorf(codes.NotFound, "failed to resolve image %q: not found", name)
	}
	c := &container{id: newID(), server: s, sandbox: b, config: r.Config, image: image, created: time.Now(),
		state: runtimeapi.ContainerState_CONTAINER_CREATED, ended: make(chan struct{})}
	c.dir = filepath.Join(s.config.Dir, "run", "containers", c.id[:13])
	if r.Config.LogPath != "" {
		c.logPath = filepath.Join(b.config.LogDirectory, r.Config.LogPath)
	}
	s.images.Hold(image.ID)
	defer func() {
		if err != nil {
			s.images.Release(image.ID)
			_ = executor.RemoveAll(c.dir)
		}
	}()
	if err := c.prepare(); err != nil {
		return nil, fmt.Errorf("failed to create containerd container: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sandboxes[b.id] == nil {
		return nil, status.Errorf(codes.NotFound, "failed to find sandbox id %q: not found", r.PodSandboxId)
	}
	s.containers[c.id] = c
	return &runtimeapi.CreateContainerResponse{ContainerId: c.id}, nil
}

func (c *container) prepare() error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	if err := c.makeSpec(); err != nil {
		return err
	}
	if err := c.server.executor.Prepare(&c.spec); err != nil {
		return err
	}
	var err error
	c.io, err = newStdio(c.logPath, c.config.Stdin, c.config.StdinOnce, c.config.Tty)
	return err
}

func (s *server) container(id string) (*container, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.containers[id]; c != nil {
		return c, nil
	}
	return nil, status.Errorf(codes.NotFound, "an error occurred when try to find container %q: not found", id)
}

// runningTask is nil before the start and after the end.
func (c *container) runningTask() *task.Task {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == runtimeapi.ContainerState_CONTAINER_EXITED {
		return nil
	}
	return c.task
}

// mainProcess is the container's process, or an error that says in which state
// the container is.
func (c *container) mainProcess() (*task.Task, *task.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return nil, nil, status.Errorf(codes.FailedPrecondition, "container is in %s state", c.state)
	}
	return c.task, c.main, nil
}

// RemoveContainer kills a container that still runs, and forgets it.
func (s *server) RemoveContainer(ctx context.Context, r *runtimeapi.RemoveContainerRequest) (*runtimeapi.RemoveContainerResponse, error) {
	s.mu.Lock()
	c := s.containers[r.ContainerId]
	s.mu.Unlock()
	if c == nil {
		return &runtimeapi.RemoveContainerResponse{}, nil
	}
	if err := c.stop(ctx, 0); err != nil {
		return nil, err
	}
	s.mu.Lock()
	_, mine := s.containers[c.id]
	delete(s.containers, c.id)
	s.mu.Unlock()
	if !mine {
		return &runtimeapi.RemoveContainerResponse{}, nil
	}
	c.io.close()
	s.images.Release(c.image.ID)
	return &runtimeapi.RemoveContainerResponse{}, executor.RemoveAll(c.dir)
}

func (s *server) ReopenContainerLog(_ context.Context, r *runtimeapi.ReopenContainerLogRequest) (*runtimeapi.ReopenContainerLogResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	if _, _, err := c.mainProcess(); err != nil {
		return nil, err
	}
	return &runtimeapi.ReopenContainerLogResponse{}, c.io.log.reopen()
}

func (s *server) ListContainers(_ context.Context, r *runtimeapi.ListContainersRequest) (*runtimeapi.ListContainersResponse, error) {
	reply := new(runtimeapi.ListContainersResponse)
	for _, c := range s.matching(r.Filter.GetId(), r.Filter.GetPodSandboxId(), r.Filter.GetLabelSelector()) {
		c.mu.Lock()
		state := c.state
		c.mu.Unlock()
		if want := r.Filter.GetState(); want != nil && want.State != state {
			continue
		}
		imageSpec, imageRef := s.shownImage(c)
		reply.Containers = append(reply.Containers, &runtimeapi.Container{Id: c.id, PodSandboxId: c.sandbox.id,
			Metadata: c.config.Metadata, Image: imageSpec, ImageRef: imageRef, ImageId: c.image.ID, State: state,
			CreatedAt: c.created.UnixNano(), Labels: c.config.Labels, Annotations: c.config.Annotations})
	}
	return reply, nil
}

// matching lists containers by the filter that lists and stats share.
func (s *server) matching(id, sandboxID string, labels map[string]string) (list []*container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.containers {
		if strings.HasPrefix(c.id, id) && strings.HasPrefix(c.sandbox.id, sandboxID) && labelsMatch(c.config.Labels, labels) {
			list = append(list, c)
		}
	}
	return list
}

// shownImage names a container's image as containerd does: a tag for people,
// a digest as the reference.
func (s *server) shownImage(c *container) (*runtimeapi.ImageSpec, string) {
	image, ok := s.images.Get(c.image.ID)
	if !ok {
		image = c.image // removed meanwhile
	}
	spec := &runtimeapi.ImageSpec{Image: c.config.Image.Image, UserSpecifiedImage: c.config.Image.UserSpecifiedImage,
		Annotations: c.config.Image.Annotations}
	ref := image.ID
	if len(image.RepoTags) > 0 {
		spec.Image = image.RepoTags[0]
		// Of several tags, the one that the pod asked for.
		if full, err := images.Normalize(c.config.Image.UserSpecifiedImage); err == nil {
			for _, tag := range image.RepoTags {
				if tag == full {
					spec.Image = tag
				}
			}
		}
	}
	if len(image.RepoDigests) > 0 {
		ref = image.RepoDigests[0]
	}
	return spec, ref
}

func (s *server) ContainerStatus(_ context.Context, r *runtimeapi.ContainerStatusRequest) (*runtimeapi.ContainerStatusResponse, error) {
	c, err := s.container(r.ContainerId)
	if err != nil {
		return nil, err
	}
	imageSpec, imageRef := s.shownImage(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	st := &runtimeapi.ContainerStatus{Id: c.id, Metadata: c.config.Metadata, State: c.state,
		CreatedAt: c.created.UnixNano(), ExitCode: c.exitCode, Reason: c.reason, Message: c.message,
		Image: imageSpec, ImageRef: imageRef, ImageId: c.image.ID, Labels: c.config.Labels,
		Annotations: c.config.Annotations, Mounts: c.config.Mounts, LogPath: c.logPath,
		User: &runtimeapi.ContainerUser{Linux: &runtimeapi.LinuxContainerUser{Uid: c.user.uid, Gid: c.user.gid,
			SupplementalGroups: []int64{c.user.gid}}}}
	if !c.started.IsZero() {
		st.StartedAt = c.started.UnixNano()
	}
	if !c.finished.IsZero() {
		st.FinishedAt = c.finished.UnixNano()
	}
	reply := &runtimeapi.ContainerStatusResponse{Status: st}
	if r.Verbose {
		reply.Info = map[string]string{"executor": s.executor.Name()}
		if c.task != nil {
			reply.Info["pid"] = fmt.Sprint(c.task.PID())
		}
	}
	return reply, nil
}
