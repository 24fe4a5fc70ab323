package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"
)

// bindRetry is for an address that the net before this one still holds.
const (
	bindRetry = 50 * time.Millisecond
	bindLimit = 5 * time.Second
)

// Sockets are where a name server is asked.
type Sockets struct {
	packets net.PacketConn
	stream  net.Listener
}

// Bind takes address for UDP and TCP.
func Bind(address netip.AddrPort) (*Sockets, error) {
	packets, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, fmt.Errorf("the name server cannot have %v: %w", address, err)
	}
	stream, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(address))
	if err != nil {
		packets.Close()
		return nil, fmt.Errorf("the name server cannot have %v: %w", address, err)
	}
	return &Sockets{packets, stream}, nil
}

// Files turns bound sockets into files, which a process can hand to its
// children: a question that comes between two name servers waits in them.
func (s *Sockets) Files() ([]*os.File, error) {
	defer s.packets.Close()
	defer s.stream.Close()
	packets, err := s.packets.(*net.UDPConn).File()
	if err != nil {
		return nil, err
	}
	stream, err := s.stream.(*net.TCPListener).File()
	if err != nil {
		packets.Close()
		return nil, err
	}
	return []*os.File{packets, stream}, nil
}

// FilesOf is how many descriptors Files makes of one name server's sockets.
const FilesOf = 2

// Inherit is Files's counterpart in the child; fd is the first descriptor.
func Inherit(fd int) (*Sockets, error) {
	first, second := os.NewFile(uintptr(fd), "name server, UDP"), os.NewFile(uintptr(fd+1), "name server, TCP")
	defer first.Close()
	defer second.Close()
	packets, err1 := net.FilePacketConn(first)
	stream, err2 := net.FileListener(second)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("use the name server's sockets from descriptor %d on: %w", fd, err)
	}
	return &Sockets{packets, stream}, nil
}

// Listen binds address for UDP and TCP and answers until ctx is done. It
// returns once both are bound.
func (s *Server) Listen(ctx context.Context, address netip.AddrPort) error {
	deadline := time.Now().Add(bindLimit)
	for {
		sockets, err := Bind(address)
		if err == nil {
			s.Serve(ctx, sockets)
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(bindRetry):
		}
	}
}

// Serve answers in the background until ctx is done, and closes the sockets then.
func (s *Server) Serve(ctx context.Context, sockets *Sockets) {
	s.serve(ctx, &dns.Server{PacketConn: sockets.packets, Handler: s, UDPSize: dns.MinMsgSize * 8})
	s.serve(ctx, &dns.Server{Listener: sockets.stream, Handler: s})
}

func (s *Server) serve(ctx context.Context, d *dns.Server) {
	go func() {
		if err := d.ActivateAndServe(); err != nil && ctx.Err() == nil {
			s.Log.Error("the name server stopped", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() { d.Shutdown() })
}
