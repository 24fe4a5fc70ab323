// podling-launch is the small program that is in front of everything that a
// cluster runs: `launch` puts a program into the cluster's network, `init` is
// pid 1 of a container, `old-tracer` runs a command below PRoot, `errand` has
// the keeper run one.
package main

import (
	"fmt"
	"os"
	"runtime"

	"kubelab.dev/podling/internal/agent"
	"kubelab.dev/podling/internal/errand"
	"kubelab.dev/podling/internal/launch"
)

// An execve of another thread than the first takes the first one's id, but not
// what belongs to a thread: the signal at the parent's death is lost, and the
// program outlives the cluster. PRoot, then, counts one process too many, and
// now and then loses all that it traces. A goroutine that is locked in init
// stays on the first thread.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	switch os.Args[1] {
	case "launch":
		os.Exit(launch.Main(os.Args[2:]))
	case "init":
		os.Exit(agent.Main(os.Args[2:]))
	case "old-tracer":
		os.Exit(agent.Plain(os.Args[2:]))
	case "errand":
		os.Exit(errand.Main(os.Args[2:]))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: podling-launch launch --socket PATH --context pod|node|lab [--address 127.K.N.I] [--name WHAT] [--fake-ids] [--own-pid-one] [--resident auto|always|never] -- COMMAND ARGS…")
	os.Exit(2)
}
