package keeper

import (
	"fmt"
	"net"
	"os"

	"kubelab.dev/podling/internal/errand"
)

// serveErrands runs commands for those who may reach run/errand.sock. They are
// this keeper's user, who could as well start them; but here they are outside
// of every other program's filter, and end with the cluster.
func (k *Keeper) serveErrands() error {
	path := k.cluster.Path("run", "errand.sock")
	os.Remove(path) // of a keeper that was killed: the lock says that none lives
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("errand socket: %w", err)
	}
	go errand.Serve(l, k.children.start)
	return nil
}
