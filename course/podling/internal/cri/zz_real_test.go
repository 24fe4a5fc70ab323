package cri_test

import (
	"context"
	"testing"
	"strings"
	"time"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/cri"
"kubelab.dev/podling/internal/images"
)

func TestZZReal(t *testing.T) {
	for _, executor := range []string{"userns", "proot"} {
		t.Run(executor, func(t *testing.T) {
			l, err := tarball.LayerFromFile("/tmp/ngx/root.tar")
			if err != nil {
				t.Fatal(err)
			}
			i, _ := mutate.AppendLayers(empty.Image, l)
			i, _ = mutate.Config(i, v1.Config{Cmd: []string{"nginx", "-g", "daemon off;"}, StopSignal: "SIGQUIT"})
			tag, _ := name.NewTag("nginx:1.22")
			file := filepath.Join(t.TempDir(), "n.tar")
			if err := tarball.WriteToFile(file, tag, i); err != nil {
				t.Fatal(err)
			}
			n := startNode(t, executor, inNetwork(t))
			n.pull(busybox)
			n.stop(); <-n.stopped
			s, err := images.Open(filepath.Join(n.config.Dir, "images"), "")
			if err != nil { t.Fatal(err) }
			b := time.Now()
			if _, err := s.Import(context.Background(), file); err != nil {
				t.Fatal(err)
			}
			t.Log("import", time.Since(b))
			n.stopped <- nil
			n.spawn()
			p := n.pod("nginx")
			b = time.Now()
			id := p.create(nil, func(c *runtimeapi.ContainerConfig) { c.Image.Image = "nginx:1.22" })
			t.Log("create", time.Since(b))
			b = time.Now()
			n.startCreated(id)
			t.Log("start", time.Since(b))
			client := n.pod("client").start([]string{"sleep", "1000"})
			func() {
				defer func() { t.Log(n.log(id)); out, _ := n.exec(id, "ps", "aux"); t.Log(out)
				out, _ = n.exec(id, "bash", "-c", "id; cat /proc/1/cmdline; hostname; ls -la / /dev; ls -la /var/log/nginx"); t.Log(out)
				}()
				until(t, 5*time.Second, "page", func() bool {
					out, _ := n.exec(client, "wget", "-q", "-O-", "http://10.244.0.2/")
					return out == "hello\n"
				})
			}()
			b = time.Now()
			n.runtime.StopContainer(within(t, 10*time.Second), &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: 5})
			t.Log("stop", time.Since(b), n.status(id).ExitCode)
			t.Log(n.log(id))
		})
	}
}

func TestZZQuit(t *testing.T) {
	for _, mode := range []string{"net-proot|ls -la /", "net-proot|true", "net-userns|ls -la /"} {
		cmd, listen, port := "", "", ":80"
		mode, cmd, _ = strings.Cut(mode, "|")
		t.Run(mode+cmd, func(t *testing.T) {
			l, err := tarball.LayerFromFile("/tmp/ngx/root.tar")
			if err != nil {
				t.Fatal(err)
			}
			i, _ := mutate.AppendLayers(empty.Image, l)
			i, _ = mutate.Config(i, v1.Config{Cmd: []string{"nginx", "-g", "daemon off;"}, StopSignal: "SIGQUIT"})
			tag, _ := name.NewTag("nginx:1.22")
			file := filepath.Join(t.TempDir(), "n.tar")
			if err := tarball.WriteToFile(file, tag, i); err != nil {
				t.Fatal(err)
			}
			var ch []func(*cri.Config)
			if strings.HasPrefix(mode, "net") {
				ch = append(ch, inNetwork(t))
			}
			n := startNode(t, mode[strings.Index(mode, "-")+1:], ch...)
			n.pull(busybox)
			n.stop(); <-n.stopped
			s, err := images.Open(filepath.Join(n.config.Dir, "images"), "")
			if err != nil { t.Fatal(err) }
			if _, err := s.Import(context.Background(), file); err != nil {
				t.Fatal(err)
			}
			n.stopped <- nil
			n.spawn()
			client, bad := "", 0
			for k := range 10 {
				p := n.pod("nginx"+string(rune('a'+k)))
				id := p.create(nil, func(c *runtimeapi.ContainerConfig) { c.Image.Image = "nginx:1.22" 
				if listen != "" { c.Command = []string{"bash", "-c", "echo 'server { "+listen+" location / { root /var/www/html; } }' > /etc/nginx/sites-available/default; exec nginx -g 'daemon off;'"} }
				})
				n.startCreated(id)
				time.Sleep(300*time.Millisecond)
				if client == "" { client = n.pod("client").start([]string{"sleep", "1000"}) }
				address := "127.0.0.1"
				if strings.HasPrefix(mode, "net") {
					r, _ := n.runtime.PodSandboxStatus(within(t, 5*time.Second), &runtimeapi.PodSandboxStatusRequest{PodSandboxId: p.id})
					address = r.Status.Network.Ip
				}
				out, _ := n.exec(client, "wget", "-q", "-O-", "http://"+address+port+"/")
				if out != "hello\n" { t.Log("no page", out) }
				n.exec(id, "bash", "-c", cmd+";exit 0")
				b := time.Now()
				n.runtime.StopContainer(within(t, 10*time.Second), &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: 5})
				if n.status(id).ExitCode != 0 { bad++ ; t.Log(time.Since(b), n.log(id))}
			}
			t.Log("RESULT", mode, cmd, "bad", bad)
		})
	}
}
