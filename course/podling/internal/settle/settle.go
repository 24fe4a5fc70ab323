// Package settle makes a cluster's processes small once it is ready: they
// collect what the start left, give the memory back, and stay tight.
package settle

import (
	"runtime/debug"

	"kubelab.dev/podling/internal/gate"
)

// Gate is the name of the gate that opens when the cluster is ready.
const Gate = "READY"

// restPercent is GOGC at rest: a classroom cluster holds little and does
// little, so the memory saved costs next to no processor time.
const restPercent = 40

// StartGOGC is the environment's line for the collector while the cluster
// starts. A lazier one would start it no faster, and leave a heap full of holes
// that no later collection gives back (200: 30 MB more in all, by `lab bench
// cluster`); at 50 it takes 15 MB less, and half a second of CPU time more.
const StartGOGC = "GOGC=100"

// WhenReady settles this process once the gate is open; it returns at once.
func WhenReady() {
	go func() {
		gate.Wait(Gate)
		Now()
	}()
}

// Now settles this process.
func Now() {
	debug.SetGCPercent(restPercent)
	debug.FreeOSMemory()
}
