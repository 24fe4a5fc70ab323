// Package registry serves an OCI image layout as a registry: docker.io's
// mirror where docker.io cannot be reached.
//
// It speaks the pulling half of the OCI distribution specification
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md).
// Blobs come straight from the layout's files; nothing is copied or hashed.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Config says what is served, and where.
type Config struct {
	Addr      string    // host:port
	Layout    string    // folder with index.json and blobs/sha256
	AccessLog io.Writer // one line a request; nil for none

	Journal string                     // a file for the access log, which JournalPath shows; instead of AccessLog
	Name    func(remote string) string // who a remote address is in the journal; nil: itself
	Stats   *Stats                     // counts requests, and is shown at StatsPath; nil for none
}

// Run serves until ctx is done, then lets requests under way end, for up to a
// second. It returns nil then, and an error if it could not start.
func Run(ctx context.Context, c Config) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("the registry mirror cannot listen on %s: %w", c.Addr, err)
	}
	return Serve(ctx, l, c)
}

// Serve is Run on a listener that is open already; it closes it.
func Serve(ctx context.Context, l net.Listener, c Config) error {
	h, err := NewHandler(c.Layout)
	if err != nil {
		l.Close()
		return err
	}
	var images http.Handler = h
	if c.Stats != nil {
		images = c.Stats.counted(h)
	}
	handler := logged(images, c.AccessLog, c.Name)
	if c.Journal != "" {
		if handler, err = journaled(images, c.Journal, c.Name); err != nil {
			l.Close()
			return err
		}
	}
	s := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if s.Shutdown(deadline) != nil {
			s.Close()
		}
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the registry mirror on %s stopped: %w", l.Addr(), err)
	}
	<-stopped
	return nil
}
