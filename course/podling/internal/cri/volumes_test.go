package cri_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func itoa(n uint16) string { return strconv.Itoa(int(n)) }

func TestVolumesAreSharedAndTheImageIsNot(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("volumes")
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte("from outside"), 0o644); err != nil {
			t.Fatal(err)
		}
		odd := filepath.Join(dir, "a:b c") // PRoot's separator
		if err := os.Mkdir(odd, 0o755); err != nil {
			t.Fatal(err)
		}
		message := filepath.Join(dir, "message")
		if err := os.WriteFile(message, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		mounts := func(c *runtimeapi.ContainerConfig) {
			c.Mounts = []*runtimeapi.Mount{
				{HostPath: dir, ContainerPath: "/data"},
				// Through the image's link /var/run → /run.
				{HostPath: dir, ContainerPath: "/var/run/secrets/x", Readonly: true},
				{HostPath: odd, ContainerPath: "/odd"},
				{HostPath: filepath.Join(dir, "made"), ContainerPath: "/data/made"},
				{HostPath: message, ContainerPath: "/dev/termination-log"},
			}
		}
		script := "cat /data/file /run/secrets/x/file; echo >/data/new; echo >/odd/o; echo last words >/dev/termination-log; echo x >/etc/mine; echo >/dev/shm/s; ls /dev"
		id := p.start([]string{"sh", "-c", script}, mounts)
		if s := n.exited(id); s.ExitCode != 0 {
			t.Fatalf("%v: %s", s, n.log(id))
		}
		log := n.log(id)
		for _, want := range []string{"from outsidefrom outside", "null\n", "urandom\n", "tty\n", "ptmx\n", "shm\n", "termination-log\n"} {
			if !strings.Contains(log, want) {
				t.Errorf("no %q in %q", want, log)
			}
		}
		for _, name := range []string{"new", "a:b c/o", "made"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if text, _ := os.ReadFile(message); string(text) != "last words\n" {
			t.Errorf("termination log: %q", text)
		}
		other := p.start([]string{"sh", "-c", "test ! -e /etc/mine && test -e /data/new && test -e /dev/shm/s"}, mounts)
		if s := n.exited(other); s.ExitCode != 0 {
			t.Fatalf("the second container sees the first one's files, or not the volume's: %s", n.log(other))
		}
	})
}

func TestReadOnlyVolumesAndRoots(t *testing.T) {
	n := startNode(t, "userns") // PRoot cannot
	n.pull(busybox)
	p := n.pod("ro")
	id := p.start([]string{"sh", "-c", "echo x >/ro/x; echo x >/etc/x; echo y >/rw/y; echo z >/dev/shm/z && echo shm"}, func(c *runtimeapi.ContainerConfig) {
		c.Mounts = []*runtimeapi.Mount{{HostPath: t.TempDir(), ContainerPath: "/ro", Readonly: true}, {HostPath: t.TempDir(), ContainerPath: "/rw"}}
		c.Linux.SecurityContext = &runtimeapi.LinuxContainerSecurityContext{ReadonlyRootfs: true}
	})
	n.exited(id)
	log := n.log(id)
	if strings.Count(log, "Read-only file system") != 2 || !strings.Contains(log, "shm") {
		t.Fatalf("%q", log)
	}
}

func TestTheContainerHasTheUserItAskedFor(t *testing.T) {
	eachExecutor(t, func(t *testing.T, n *node) {
		n.pull(busybox)
		p := n.pod("user")
		for _, c := range []struct {
			want string
			sec  *runtimeapi.LinuxContainerSecurityContext
		}{
			{"0 0 /root", nil},
			{"1000 1000 /home/web", &runtimeapi.LinuxContainerSecurityContext{RunAsUsername: "web"}},
			{"1234 0 /", &runtimeapi.LinuxContainerSecurityContext{RunAsUser: &runtimeapi.Int64Value{Value: 1234}}},
			{"1234 99 /", &runtimeapi.LinuxContainerSecurityContext{RunAsUser: &runtimeapi.Int64Value{Value: 1234},
				RunAsGroup: &runtimeapi.Int64Value{Value: 99}}},
		} {
			id := p.start([]string{"sh", "-c", "echo $(id -u) $(id -g) $HOME; echo t >/tmp/t"}, func(k *runtimeapi.ContainerConfig) {
				k.Linux.SecurityContext = c.sec
				k.WorkingDir = "/made/up"
			})
			if s := n.exited(id); s.ExitCode != 0 || n.log(id) != "stdout F "+c.want+"\n" {
				t.Errorf("%d %q, want %s", s.ExitCode, n.log(id), c.want)
			}
		}
	})
}
