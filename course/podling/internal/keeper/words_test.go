package keeper

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheLastWordsOfALogSayWhyItsProgramEnded(t *testing.T) {
	const etcd = `{"level":"warn","msg":"slow"}
{"level":"panic","ts":"x","msg":"failed to create WAL","error":"no space left on device"}
panic: failed to create WAL

goroutine 1 [running]:
go.uber.org/zap.(*Logger).Panic(0xa16f776f980?)
	go.uber.org/zap@v1.27.1/logger.go:285 +0x4b
`
	const runtime = `I1124 09:00:00 started
podling runtime: CRI runtime: no way to run containers on this machine:
  proot: there is no proot in PATH
Next step: install PRoot
`
	for log, want := range map[string]string{
		etcd:                         "failed to create WAL: no space left on device",
		runtime:                      "podling runtime: CRI runtime: no way to run containers on this machine:\n  proot: there is no proot in PATH\nNext step: install PRoot",
		"a\nfatal error: x\n\ng 1\n": "fatal error: x",
		"E1 one\nE2 two\n":           "E2 two",
		"":                           "",
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := lastWords(path); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
