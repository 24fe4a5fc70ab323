package cri

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"

	"kubelab.dev/podling/internal/executor"
	"kubelab.dev/podling/internal/images"
)

// maxMessage is containerd's limit too: a list of many containers is long.
const maxMessage = 16 << 20

// endTimeout is how long Serve waits for containers to end; they are killed,
// so this is for the kernel's sake.
const endTimeout = 3 * time.Second

// server is the runtime.
type server struct {
	runtimeapi.UnimplementedRuntimeServiceServer

	config    Config
	executor  executor.Executor
	images    *images.Store // of KubernetesNamespace
	sources   *images.Sources
	streaming streaming.Server

	storesMu sync.Mutex
	stores   map[string]*images.Store // of other namespaces

	oneReset sync.Mutex // held while all pods are ended

	mu         sync.Mutex
	sandboxes  map[string]*sandbox
	containers map[string]*container
	addresses  addresses
	ending     map[*container]bool // of pods that were ended, until their processes are gone
	gone       []string            // UIDs of pods that were ended: nothing of them starts any more
}

// Serve runs the runtime until ctx ends; then it kills every container and
// returns. An error before that says what could not be set up.
func Serve(ctx context.Context, config Config) error {
	config.setDefaults()
	s := &server{config: config, sandboxes: map[string]*sandbox{}, containers: map[string]*container{},
		addresses: newAddresses(config.Node), ending: map[*container]bool{}, sources: config.sources(), stores: map[string]*images.Store{}}
	if err := s.clean(); err != nil {
		return err
	}
	var err error
	s.executor, err = executor.Choose(executor.Config{Kind: config.Executor, Bwrap: config.Bwrap,
		PRoot: config.PRoot, Agent: config.Launch, Dir: filepath.Join(config.Dir, "run")})
	if err != nil {
		return err
	}
	if s.images, err = images.Open(config.Images, s.sources); err != nil {
		return err
	}
	if err := s.sources.StartK3s(); err != nil { // a real node's K3s would not start
		s.config.Log.Error("K3s's configuration of registries is left out", "error", err)
	}
	streams, err := s.listenStreams()
	if err != nil {
		return err
	}
	defer streams.Close()
	_ = os.Remove(config.Socket) // of a node that was killed
	listener, err := net.Listen("unix", config.Socket)
	if err != nil {
		return fmt.Errorf("container runtime: %w", err)
	}
	if err := os.Chmod(config.Socket, 0o600); err != nil {
		return err
	}
	return s.serve(ctx, listener, streams)
}

func (s *server) serve(ctx context.Context, listener, streams net.Listener) error {
	rpc := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.UnaryInterceptor(s.logErrors))
	runtimeapi.RegisterRuntimeServiceServer(rpc, s)
	runtimeapi.RegisterImageServiceServer(rpc, imageServer{server: s})
	web := &http.Server{Handler: s.streaming, ReadHeaderTimeout: 30 * time.Second}
	failed := make(chan error, 3)
	imports, err := s.serveImports(failed)
	if err != nil {
		return err
	}
	defer imports.Close()
	go func() { failed <- rpc.Serve(listener) }()
	go func() { failed <- web.Serve(streams) }()
	if s.config.Ready != nil {
		s.config.Ready(Information{Executor: s.executor.Name(), Socket: s.config.Socket,
			Streaming: streams.Addr().String()})
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.killAll()
	rpc.Stop()
	_ = web.Close()
	if errors.Is(err, grpc.ErrServerStopped) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// clean removes what an earlier run of this node left. Removing can take a
// while, so it goes on in the background.
func (s *server) clean() error {
	run := filepath.Join(s.config.Dir, "run")
	trash, err := filepath.Glob(filepath.Join(s.config.Dir, "trash-*"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(run); err == nil {
		name := filepath.Join(s.config.Dir, fmt.Sprintf("trash-%d", time.Now().UnixNano()))
		if err := os.Rename(run, name); err != nil {
			return err
		}
		trash = append(trash, name)
	}
	go func() {
		for _, dir := range trash {
			_ = executor.RemoveAll(dir)
		}
	}()
	for _, name := range []string{"containers", "sandboxes"} {
		if err := os.MkdirAll(filepath.Join(run, name), 0o755); err != nil {
			return fmt.Errorf("container runtime: %w", err)
		}
	}
	return nil
}

// listenStreams makes the server for exec, attach and port-forward, on the
// node's own address.
func (s *server) listenStreams() (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(s.config.nodeLoopback().String(), "0"))
	if err != nil {
		return nil, fmt.Errorf("streaming server: %w", err)
	}
	config := streaming.DefaultConfig
	config.Addr = listener.Addr().String()
	s.streaming, err = streaming.NewServer(config, streams{s})
	if err != nil {
		listener.Close()
	}
	return listener, err
}

func (s *server) logErrors(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	reply, err := handler(ctx, req)
	if err != nil {
		s.config.Log.Debug("runtime call failed", "method", info.FullMethod, "error", err)
	}
	return reply, err
}

func (s *server) killAll() {
	s.mu.Lock()
	var all []*container
	for _, c := range s.containers {
		all = append(all, c)
	}
	s.mu.Unlock()
	deadline := time.After(endTimeout)
	for _, c := range all {
		c.kill()
	}
	for _, c := range all {
		if t := c.runningTask(); t != nil {
			select {
			case <-t.Done():
			case <-deadline:
				return
			}
		}
	}
}
