package executor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestChooseNamesBothFailuresAndTheNextStep(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho no permissions to create a namespace >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Choose(Config{Bwrap: broken, PRoot: filepath.Join(dir, "missing"), Agent: "/bin/true", Dir: filepath.Join(dir, "d")})
	for _, want := range []string{"userns: ", "no permissions to create a namespace", "proot: ", "missing", "apt-get install proot"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := Choose(Config{Kind: "docker"}); err == nil || !strings.Contains(err.Error(), `unknown executor "docker"`) {
		t.Errorf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "d", "try-*")); len(left) > 0 {
		t.Errorf("trials leave %v", left)
	}
}

func TestACopyIsTrueAndCanBeRemoved(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(from, "closed"), 0o755))
	must(os.WriteFile(filepath.Join(from, "closed", "f"), []byte("text"), 0o640))
	must(os.Link(filepath.Join(from, "closed", "f"), filepath.Join(from, "hard")))
	must(os.Symlink("/etc/passwd", filepath.Join(from, "soft")))
	when := time.Unix(1e9, 0)
	must(os.Chtimes(filepath.Join(from, "closed", "f"), when, when))
	must(os.Chmod(filepath.Join(from, "closed"), 0o555))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(from, "closed"), 0o755) })
	must(CopyTree(from, to))
	a, err := os.Stat(filepath.Join(to, "closed", "f"))
	must(err)
	b, err := os.Stat(filepath.Join(to, "hard"))
	must(err)
	if !os.SameFile(a, b) || a.Mode() != 0o640 || !a.ModTime().Equal(when) {
		t.Errorf("%v %v", a, b)
	}
	if target, _ := os.Readlink(filepath.Join(to, "soft")); target != "/etc/passwd" {
		t.Errorf("link to %q", target)
	}
	if info, _ := os.Stat(filepath.Join(to, "closed")); info.Mode().Perm() != 0o555 {
		t.Errorf("folder mode %v", info.Mode())
	}
	must(RemoveAll(to))
	if _, err := os.Lstat(to); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}
