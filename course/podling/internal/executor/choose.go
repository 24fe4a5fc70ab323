package executor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Config says which executors may be used and where their programs are.
type Config struct {
	Kind  string // "auto" (or empty), "userns" or "proot"
	Bwrap string // empty: from PATH
	PRoot string // empty: from PATH
	Agent string // podling-launch
	Dir   string // containers' layers will be below; the trial happens there too
}

// tryTimeout is for one trial; a working one takes some 10 ms.
const tryTimeout = 10 * time.Second

// Choose tries each executor for real, best first, and returns the first that
// works. Nothing is remembered: what a machine allows may change.
func Choose(c Config) (Executor, error) {
	type candidate struct {
		name string
		make func(Config) (Executor, error)
	}
	all := []candidate{{"userns", chooseUserns}, {"proot", chooseProot}}
	var failures []string
	known := false
	for _, one := range all {
		if c.Kind != "" && c.Kind != "auto" && c.Kind != one.name {
			continue
		}
		known = true
		chosen, err := one.make(c)
		if err == nil {
			return chosen, nil
		}
		failures = append(failures, fmt.Sprintf("%s: %v", one.name, err))
	}
	if !known {
		return nil, fmt.Errorf("unknown executor %q: use auto, userns or proot", c.Kind)
	}
	next := "install PRoot (apt-get install proot), or allow user namespaces on this machine"
	if c.Kind == "userns" {
		next = "allow user namespaces on this machine, or use the proot executor"
	}
	return nil, fmt.Errorf("no way to run containers on this machine:\n  %s\nNext step: %s",
		strings.Join(failures, "\n  "), next)
}

func chooseUserns(c Config) (Executor, error) {
	path, err := program(c.Bwrap, "bwrap")
	if err != nil {
		return nil, err
	}
	overlay := &userns{bwrap: path, overlay: true}
	first := try(c, overlay)
	if first == nil {
		return overlay, nil
	}
	copies := &userns{bwrap: path}
	if err := try(c, copies); err != nil {
		return nil, fmt.Errorf("%w (with overlay: %w)", err, first)
	}
	return copies, nil
}

func chooseProot(c Config) (Executor, error) {
	path, err := program(c.PRoot, "proot")
	if err != nil {
		return nil, err
	}
	p := &proot{path: path, tmp: filepath.Join(c.Dir, "proot")}
	if err := os.MkdirAll(p.tmp, 0o700); err != nil {
		return nil, err
	}
	return p, try(c, p)
}

func program(path, name string) (string, error) {
	if path == "" {
		found, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("there is no %s in PATH", name)
		}
		path = found
	}
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// try runs `init --check` in a container with an empty image.
func try(c Config, e Executor) (err error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "try-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, RemoveAll(dir)) }()
	s := &Spec{Rootfs: filepath.Join(dir, "image"), Dir: filepath.Join(dir, "c"), Agent: c.Agent, Hostname: "try"}
	if err := os.MkdirAll(filepath.Join(s.Rootfs, "etc"), 0o755); err != nil {
		return err
	}
	if err := e.Prepare(s); err != nil {
		return err
	}
	command, err := e.Command(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), tryTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command.Argv[0], append(command.Argv[1:], "--check")...)
	var words bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = command.Env, &words, &words
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(words.String())
		if ctx.Err() != nil {
			text = fmt.Sprintf("no answer within %v %s", tryTimeout, text)
		}
		return fmt.Errorf("%s: %w: %s", filepath.Base(command.Argv[0]), err, text)
	}
	return nil
}
