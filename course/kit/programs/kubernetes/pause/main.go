// Pause is what holds a pod's namespaces: it waits to be told to end, and reaps
// what the pod's processes leave (upstream's is build/pause/linux/pause.c). It is
// no part of hyperkube: there is one of it for each pod, so it has to be small.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
