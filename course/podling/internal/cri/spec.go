package cri

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/agent"
	"kubelab.dev/podling/internal/executor"
)

// defaultPath is runc's, for images that set none.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// defaultCapabilities are Docker's. In a user namespace they reach the
// container's own files and processes only.
var defaultCapabilities = []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL"}

// makeSpec works out what to run and with what around it.
func (c *container) makeSpec() error {
	rootfs := c.server.images.Rootfs(c.image.ID)
	security := c.config.GetLinux().GetSecurityContext()
	if security.GetPrivileged() {
		// It gets what any container gets; there is nothing more to give.
		c.server.config.Log.Info("privileged has no meaning on this node", "container", c.title())
	}
	var err error
	if c.user, err = c.findUser(rootfs, security); err != nil {
		return err
	}
	argv, err := c.argv()
	if err != nil {
		return err
	}
	cwd := c.config.WorkingDir
	if cwd == "" {
		cwd = c.image.Config.WorkingDir
	}
	c.process = agent.Process{Argv: argv, Env: c.env(), Cwd: cwd, TTY: c.config.Tty}
	c.spec = executor.Spec{Rootfs: rootfs, Dir: c.dir, Agent: c.server.config.Launch, Hostname: c.sandbox.hostname(),
		UID: c.user.uid, GID: c.user.gid, ReadOnlyRoot: security.GetReadonlyRootfs(),
		Capabilities: capabilities(security.GetCapabilities()), Shm: filepath.Join(c.sandbox.dir, "shm")}
	c.spec.Mounts, err = c.mounts()
	return err
}

// argv joins command and arguments by Kubernetes' rules.
func (c *container) argv() ([]string, error) {
	command, args := c.config.Command, c.config.Args
	if len(command) == 0 {
		if len(args) == 0 {
			args = c.image.Config.Cmd
		}
		command = c.image.Config.Entrypoint
	}
	argv := append(slices.Clone(command), args...)
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("no command specified")
	}
	return argv, nil
}

// env is the image's environment under the pod's.
func (c *container) env() []string {
	e := newEnviron(defaultPath)
	if c.config.Tty {
		e.set("TERM=xterm")
	}
	e.set("HOSTNAME=" + c.sandbox.hostname())
	for _, pair := range c.image.Config.Env {
		e.set(pair)
	}
	for _, pair := range c.config.Envs {
		e.set(pair.Key + "=" + string(pair.Value))
	}
	if !e.has("HOME") {
		e.set("HOME=" + c.user.home)
	}
	return e.pairs
}

// environ keeps the order in which names first came.
type environ struct {
	pairs []string
	at    map[string]int
}

func newEnviron(pairs ...string) *environ {
	e := &environ{at: map[string]int{}}
	for _, pair := range pairs {
		e.set(pair)
	}
	return e
}

func (e *environ) set(pair string) {
	name, _, _ := strings.Cut(pair, "=")
	if i, ok := e.at[name]; ok {
		e.pairs[i] = pair
		return
	}
	e.at[name] = len(e.pairs)
	e.pairs = append(e.pairs, pair)
}

func (e *environ) has(name string) bool { _, ok := e.at[name]; return ok }

func capabilities(change *runtimeapi.Capability) []string {
	kept := slices.Clone(defaultCapabilities)
	for _, name := range change.GetDropCapabilities() {
		if strings.EqualFold(name, "ALL") {
			kept = nil
		}
		kept = slices.DeleteFunc(kept, func(k string) bool { return k == capabilityName(name) })
	}
	for _, name := range change.GetAddCapabilities() {
		if strings.EqualFold(name, "ALL") {
			return slices.Clone(defaultCapabilities)
		}
		full := capabilityName(name)
		// Others need a privilege outside the container's user namespace.
		if slices.Contains(defaultCapabilities, full) && !slices.Contains(kept, full) {
			kept = append(kept, full)
		}
	}
	return kept
}

func capabilityName(name string) string {
	return "CAP_" + strings.TrimPrefix(strings.ToUpper(name), "CAP_")
}

// mounts are kubelet's, and the pod's own files where kubelet gives none.
func (c *container) mounts() ([]executor.Mount, error) {
	var list []executor.Mount
	given := map[string]bool{}
	for _, m := range c.config.Mounts {
		mount, err := c.mount(m)
		if err != nil {
			return nil, err
		}
		given[filepath.Clean(m.ContainerPath)] = true
		list = append(list, mount)
	}
	for path, name := range map[string]string{"/etc/hosts": "hosts", "/etc/hostname": "hostname", "/etc/resolv.conf": "resolv.conf"} {
		if !given[path] {
			list = append(list, executor.Mount{Source: filepath.Join(c.sandbox.dir, name), Target: path,
				ReadOnly: c.spec.ReadOnlyRoot})
		}
	}
	if given["/dev/shm"] {
		c.spec.Shm = ""
	}
	return list, nil
}

func (c *container) mount(m *runtimeapi.Mount) (executor.Mount, error) {
	if image := m.GetImage().GetImage(); image != "" {
		return c.imageMount(image, m)
	}
	source, err := filepath.EvalSymlinks(m.HostPath)
	if os.IsNotExist(err) { // as containerd: a hostPath without a type is made
		if err := os.MkdirAll(m.HostPath, 0o755); err != nil {
			return executor.Mount{}, fmt.Errorf("failed to mkdir %q: %w", m.HostPath, err)
		}
		source, err = m.HostPath, nil
	}
	if err != nil {
		return executor.Mount{}, fmt.Errorf("failed to resolve symlink %q: %w", m.HostPath, err)
	}
	return executor.Mount{Source: source, Target: m.ContainerPath, ReadOnly: m.Readonly}, nil
}

// imageMount shows an image's files as a volume.
func (c *container) imageMount(name string, m *runtimeapi.Mount) (executor.Mount, error) {
	image, ok := c.server.images.Get(name)
	if !ok {
		return executor.Mount{}, fmt.Errorf("image volume %s: image %q not found", m.ContainerPath, name)
	}
	source, err := securejoin.SecureJoin(c.server.images.Rootfs(image.ID), m.ImageSubPath)
	return executor.Mount{Source: source, Target: m.ContainerPath, ReadOnly: true}, err
}
