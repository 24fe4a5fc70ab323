package names

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// bindRetry is for an address that the net before this one still holds.
const (
	bindRetry = 50 * time.Millisecond
	bindLimit = 5 * time.Second
)

// Listen binds address for UDP and TCP and answers until ctx is done. It
// returns once both are bound.
func (s *Server) Listen(ctx context.Context, address netip.AddrPort) error {
	deadline := time.Now().Add(bindLimit)
	for {
		packets, stream, err := bind(address)
		if err == nil {
			s.serve(ctx, &dns.Server{PacketConn: packets, Handler: s, UDPSize: dns.MinMsgSize * 8})
			s.serve(ctx, &dns.Server{Listener: stream, Handler: s})
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the name server cannot have %v: %w", address, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(bindRetry):
		}
	}
}

func bind(address netip.AddrPort) (*net.UDPConn, *net.TCPListener, error) {
	packets, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, nil, err
	}
	stream, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(address))
	if err != nil {
		packets.Close()
		return nil, nil, err
	}
	return packets, stream, nil
}

func (s *Server) serve(ctx context.Context, d *dns.Server) {
	go func() {
		if err := d.ActivateAndServe(); err != nil && ctx.Err() == nil {
			s.Log.Error("the name server stopped", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() { d.Shutdown() })
}
