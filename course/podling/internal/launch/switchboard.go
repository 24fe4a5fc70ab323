package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sort"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Switchboard is the keeper's part: it takes launches from the launch socket,
// holds their listeners, and gives them to whichever net is alive.
type Switchboard struct {
	log *slog.Logger

	mu      sync.Mutex
	next    uint64
	live    map[uint64]*held
	control *net.UnixConn // nil while there is no net
	hangups *os.File      // an epoll of every listener's end
	opener  int           // where net asks for the memory of the keeper's own descendants
}

type held struct {
	*Listener
	ready chan struct{} // closed when a net first had it
	once  sync.Once
}

// NewSwitchboard makes an empty one. Close it when the cluster stops.
func NewSwitchboard(log *slog.Logger) (*Switchboard, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch for the end of programs: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // Go then polls it without a thread
		unix.Close(fd)
		return nil, err
	}
	ask, serve, err := openerPair()
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	s := &Switchboard{log: log, live: map[uint64]*held{}, hangups: os.NewFile(uintptr(fd), "hangups"), opener: ask}
	go serveOpens(serve)
	go s.watch()
	return s, nil
}

// Serve takes launches until the socket is closed.
func (s *Switchboard) Serve(ctx context.Context, socket *net.UnixListener) error {
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	for {
		conn, err := socket.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return ctx.Err()
		}
		if err != nil { // too many open files, say: that passes
			s.log.Error("cannot take a launch", "error", err)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		go s.launch(ctx, conn)
	}
}

func (s *Switchboard) launch(ctx context.Context, conn *net.UnixConn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ackTimeout))
	l, err := Receive(conn)
	if errors.Is(err, io.EOF) {
		return // it could not make its filter, and said so itself
	}
	if err != nil {
		s.log.Error("a launch failed", "error", err)
		Refused(conn, err.Error())
		return
	}
	if l.Opener < 0 {
		if l.Opener, err = s.ownOpener(); err != nil {
			l.Close()
			Refused(conn, err.Error())
			return
		}
	}
	h := &held{Listener: l, ready: make(chan struct{})}
	s.add(h)
	select {
	case <-h.ready:
		if err := Accepted(conn); err != nil {
			s.log.Warn("a launcher went away", "name", l.Name, "pid", l.PID, "error", err)
		}
	case <-ctx.Done():
		Refused(conn, "the cluster is stopping")
	case <-time.After(ackTimeout):
		s.log.Error("net did not take a listener", "name", l.Name, "pid", l.PID)
		Refused(conn, "the cluster's network is not running: see net.log")
	}
}

// ownOpener is a descriptor of the keeper's opener; each listener has its own.
func (s *Switchboard) ownOpener() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fd, err := unix.FcntlInt(uintptr(s.opener), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1, fmt.Errorf("give a listener the keeper's opener: %w", err)
	}
	return fd, nil
}

func (s *Switchboard) add(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	h.ID = s.next
	s.live[h.ID] = h
	s.epoll(func(epfd int) error {
		// No events asked for: the end is always reported, and a call that
		// waits for net is not the keeper's business.
		return unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, h.FD, &unix.EpollEvent{Fd: int32(h.ID), Pad: int32(h.ID >> 32)})
	})
	if s.control != nil {
		s.forward(h)
	}
}

func (s *Switchboard) forward(h *held) {
	s.control.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if err := Forward(s.control, h.Listener); err != nil {
		// A net that does not read is told to end; the next one gets it.
		s.log.Warn("cannot give net a listener", "name", h.Name, "error", err)
		s.control.Close()
		s.control = nil
	}
}

// Attach makes control the way to a new net: it gets every live listener. It
// returns when that net is gone (or ctx is done), having closed control.
func (s *Switchboard) Attach(ctx context.Context, control *net.UnixConn) {
	stop := context.AfterFunc(ctx, func() { control.Close() })
	defer stop()
	defer control.Close()
	s.mu.Lock()
	s.control = control
	for _, id := range s.ids() {
		if s.control != nil {
			s.forward(s.live[id])
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		if s.control == control {
			s.control = nil
		}
		s.mu.Unlock()
	}()
	buf := make([]byte, messageSize)
	for {
		n, err := control.Read(buf)
		if err != nil || n == 0 {
			return
		}
		var a answer
		if json.Unmarshal(buf[:n], &a) != nil {
			continue
		}
		s.mu.Lock()
		if h := s.live[a.Ready]; h != nil {
			h.once.Do(func() { close(h.ready) })
		}
		s.mu.Unlock()
	}
}

// watch drops listeners whose last process is gone.
func (s *Switchboard) watch() {
	raw, err := s.hangups.SyscallConn()
	if err != nil {
		s.log.Error("cannot watch for the end of programs", "error", err)
		return
	}
	events := make([]unix.EpollEvent, 16)
	for {
		var n int
		if err := raw.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0)
			return n > 0
		}); err != nil {
			return // closed
		}
		s.mu.Lock()
		for _, e := range events[:n] {
			s.drop(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
		}
		s.mu.Unlock()
	}
}

func (s *Switchboard) drop(id uint64) {
	h := s.live[id]
	if h == nil {
		return
	}
	delete(s.live, id)
	s.epoll(func(epfd int) error { return unix.EpollCtl(epfd, unix.EPOLL_CTL_DEL, h.FD, nil) })
	h.Close()
}

func (s *Switchboard) epoll(f func(epfd int) error) {
	raw, err := s.hangups.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { err = f(int(fd)) })
	if err != nil {
		s.log.Error("cannot watch a program's end", "error", err)
	}
}

// Live lists the programs that run in the cluster's network, oldest first.
func (s *Switchboard) Live() []Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Header
	for _, id := range s.ids() {
		all = append(all, s.live[id].Header)
	}
	return all
}

func (s *Switchboard) ids() []uint64 {
	ids := make([]uint64, 0, len(s.live))
	for id := range s.live {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return ids
}

// Close lets every listener go. Programs still alive then get ENOSYS from
// connect: stop them first.
func (s *Switchboard) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.ids() {
		s.drop(id)
	}
	s.hangups.Close()
	unix.Close(s.opener)
	s.opener = -1
}
