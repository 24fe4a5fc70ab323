package cri_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/cri"
)

// launchProgram is podling-launch, built once.
var launchProgram string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		testNetwork() // choose it before a child process does
		if launchProgram = os.Getenv("PODLING_TEST_LAUNCH"); launchProgram == "" {
			dir, err := os.MkdirTemp("", "podling-test-")
			if err != nil {
				panic(err)
			}
			defer os.RemoveAll(dir)
			_ = os.Chmod(dir, 0o755)
			launchProgram = filepath.Join(dir, "podling-launch")
			build := exec.Command("go", "build", "-trimpath", "-o", launchProgram, "kubelab.dev/podling/cmd/podling-launch")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "build podling-launch: %v\n%s", err, out)
				return 1
			}
		}
		if os.Getenv(helperEnv) != "" {
			return serveForTest()
		}
		if os.Getenv(netEnv) != "" {
			return netForTest()
		}
		return m.Run()
	}())
}

// eachExecutor runs a test with every executor that this machine allows.
func eachExecutor(t *testing.T, test func(*testing.T, *node)) {
	for _, name := range []string{"userns", "proot"} {
		t.Run(name, func(t *testing.T) { test(t, startNode(t, name)) })
	}
}

// node is a running runtime with a registry that stands in for docker.io.
type node struct {
	t       *testing.T
	config  cri.Config
	runtime runtimeapi.RuntimeServiceClient
	images  runtimeapi.ImageServiceClient
	stop    context.CancelFunc
	stopped chan error
	logs    string
}

const busybox = "busybox:1.35"

func startNode(t *testing.T, executor string, changes ...func(*cri.Config)) *node {
	t.Helper()
	dir := shortDir(t)
	registries := mirrorFile(t, dir)
	n := &node{t: t, logs: filepath.Join(dir, "logs"), stopped: make(chan error, 1), config: testConfig(dir, registries, executor)}
	for _, change := range changes {
		change(&n.config)
	}
	ready := make(chan cri.Information, 1)
	n.config.Ready = func(i cri.Information) { ready <- i }
	var ctx context.Context
	ctx, n.stop = context.WithCancel(context.Background())
	go func() { n.stopped <- cri.Serve(ctx, n.config) }()
	select {
	case <-ready:
	case err := <-n.stopped:
		if strings.Contains(err.Error(), "no way to run containers") {
			t.Skipf("this machine allows no %s: %v", executor, err)
		}
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("the runtime did not start")
	}
	t.Cleanup(func() {
		n.stop()
		if err := <-n.stopped; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	n.connect()
	return n
}

func (n *node) connect() {
	n.t.Helper()
	conn, err := grpc.NewClient("unix://"+n.config.Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { conn.Close() })
	n.runtime, n.images = runtimeapi.NewRuntimeServiceClient(conn), runtimeapi.NewImageServiceClient(conn)
}

func testConfig(dir, registries, executor string) cri.Config {
	return cri.Config{
		Network: testNetwork(), Socket: filepath.Join(dir, "cri.sock"),
		Dir: filepath.Join(dir, "node"), Registries: registries, Launch: launchProgram, Executor: executor,
		Bwrap: os.Getenv("PODLING_TEST_BWRAP"), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// shortDir is a folder whose sockets have short names, outside $TMPDIR's
// depths.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "cri-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the runtime left files that cannot be removed: %v", err)
		}
	})
	return dir
}

// mirrorFile is a registries.yaml that names a registry of the test's.
func mirrorFile(t *testing.T, dir string) string {
	path := filepath.Join(dir, "registries.yaml")
	text := fmt.Sprintf("mirrors:\n  docker.io:\n    endpoint: [%q]\n", startRegistry(t))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// startRegistry serves the busybox image and returns its address.
func startRegistry(t *testing.T) string {
	server := httptest.NewServer(registry.New(registry.Logger(discardLog())))
	t.Cleanup(server.Close)
	ref, err := name.NewTag(strings.TrimPrefix(server.URL, "http://")+"/library/"+busybox, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, busyboxImage(t)); err != nil {
		t.Fatal(err)
	}
	return server.URL
}

// busyboxImage is two layers: the program with its links, then files that
// change the first by a whiteout.
func busyboxImage(t *testing.T) v1.Image {
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip("needs busybox-static")
	}
	entries := []tarEntry{{name: "bin/busybox", mode: 0o755, data: program},
		{name: "etc/passwd", mode: 0o644, data: []byte("root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n")},
		{name: "etc/group", mode: 0o644, data: []byte("root:x:0:\nweb:x:1000:\n")},
		{name: "etc/old", mode: 0o644, data: []byte("old")},
		{name: "tmp/", mode: 0o1777}, {name: "root/", mode: 0o700}, {name: "run/", mode: 0o755},
		{name: "var/run", link: "/run"}}
	for _, applet := range []string{"sh", "cat", "echo", "sleep", "id", "ps", "ls", "tty", "stty", "hostname", "kill", "env",
		"touch", "mkdir", "head", "yes", "httpd", "nc", "wc", "wget", "printf", "true", "false", "seq", "test", "pwd", "rm", "chown", "tr"} {
		entries = append(entries, tarEntry{name: "bin/" + applet, link: "busybox"})
	}
	image, err := mutate.AppendLayers(empty.Image, layerOf(t, entries),
		layerOf(t, []tarEntry{{name: "etc/.wh.old"}, {name: "etc/new", mode: 0o644, data: []byte("new")}}))
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.Config(image, v1.Config{Env: []string{"PATH=/bin", "FROM_IMAGE=yes"}, Cmd: []string{"sh"}, WorkingDir: "/root"})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

type tarEntry struct {
	name, link string
	mode       int64
	data       []byte
}

func layerOf(t *testing.T, entries []tarEntry) v1.Layer {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), Typeflag: tar.TypeReg, ModTime: time.Unix(1e9, 0)}
		switch {
		case e.link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		case strings.HasSuffix(e.name, "/"):
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return layer
}
