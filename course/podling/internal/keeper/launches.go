package keeper

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"kubelab.dev/podling/internal/launch"
)

// launches is the cluster's launch socket and the listeners of every program
// launched through it.
type launches struct {
	board  *launch.Switchboard
	cancel context.CancelFunc
	ctx    context.Context
}

func newLaunches(path string) (*launches, error) {
	os.Remove(path) // of a keeper that was killed: the lock says that none lives
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("launch socket: %w", err)
	}
	board, err := launch.NewSwitchboard(slog.Default())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go board.Serve(ctx, socket)
	return &launches{board, cancel, ctx}, nil
}

// newNet makes the channel to a net that is about to start, and returns the
// net's end of it.
func (l *launches) newNet() (*os.File, error) {
	keeper, child, err := launch.ControlPair()
	if err != nil {
		return nil, err
	}
	go l.board.Attach(l.ctx, keeper)
	return child, nil
}

// refuse takes no more launches.
func (l *launches) refuse() { l.cancel() }

// close lets the listeners go: what still runs under one can no longer connect.
func (l *launches) close() { l.board.Close() }
