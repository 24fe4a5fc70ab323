package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// Plain is `podling-launch old-tracer COMMAND…`: the command below a PRoot of
// 2014, without the system calls that it does not know. It returns on failure,
// with a shell's exit codes.
func Plain(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: podling-launch old-tracer COMMAND ARGUMENTS…")
		return 2
	}
	path, err := exec.LookPath(args[0])
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(os.Stderr, "%s: command not found\n", args[0])
		return 127
	}
	if err == nil {
		err = hideLaterCalls()
	}
	if err == nil {
		err = unix.Exec(path, args, os.Environ())
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", args[0], err)
	return 126
}
