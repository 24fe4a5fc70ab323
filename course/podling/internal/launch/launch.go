// Package launch starts a program inside a cluster's network.
//
// The launcher installs a seccomp filter on itself, hands the filter's
// listener to the keeper, waits until the supervisor (net) has it, and turns
// into the program. The keeper holds every listener as well, so that net may
// die: whoever connects meanwhile waits for the next net.
//
// It imports only the standard library and x/sys, so that it starts fast.
package launch

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Context says whose view of the network a program has.
type Context string

const (
	Pod  Context = "pod"  // loopback is the pod's own address
	Node Context = "node" // a control plane's process or a hostNetwork pod
	Lab  Context = "lab"  // a person's shell or kernel
)

// Header is what a launcher says about its program, in one line of JSON.
type Header struct {
	ID        uint64     `json:"id,omitempty"`  // given by the keeper
	PID       int        `json:"pid,omitempty"` // the launched process, as the keeper sees it
	Context   Context    `json:"context"`
	Address   netip.Addr `json:"address,omitzero"` // the carrying one, 127.K.N.I
	Name      string     `json:"name,omitempty"`
	OwnPidOne bool       `json:"ownPidOne,omitempty"`
	Hostname  string     `json:"hostname,omitempty"` // what uname(2) says; empty: the machine's
}

// Options are the flags of `podling-launch launch`.
type Options struct {
	Header
	Socket  string   // the keeper's launch socket
	FakeIDs bool     // setuid, chown and the like do nothing and succeed
	Command []string // what to execute

	Resident string // auto, always or never: see guard.go

	given    []string // the flags and the command, for a resident launch's parts
	guardFD  int      // not -1: this is a resident launch's guard
	openerFD int      // not -1: this is its program, and that goes to net beside the listener
}

// ackTimeout is long because net may be starting or being restarted.
const ackTimeout = 30 * time.Second

const (
	ack  = 0x06
	nack = 0x15
)

// Main is `podling-launch launch`; it returns on failure, and at the end of a
// resident launch.
func Main(args []string) int {
	o, err := parse(args)
	if err == nil {
		err = Run(o)
	}
	var end exited
	if errors.As(err, &end) {
		return int(end)
	}
	fmt.Fprintln(os.Stderr, "podling-launch:", err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return 127
	}
	return 126
}

func parse(args []string) (Options, error) {
	o := Options{given: args}
	var address string
	f := flag.NewFlagSet("launch", flag.ContinueOnError)
	f.StringVar(&o.Socket, "socket", "", "the cluster's launch socket")
	f.StringVar((*string)(&o.Context), "context", "", "pod, node or lab")
	f.StringVar(&address, "address", "", "the loopback address of the pod or node")
	f.StringVar(&o.Name, "name", "", "a name for messages")
	f.BoolVar(&o.FakeIDs, "fake-ids", false, "setuid, chown and the like succeed and do nothing")
	f.StringVar(&o.Hostname, "hostname", "", "the host name that the program sees; empty: the machine's")
	f.BoolVar(&o.OwnPidOne, "own-pid-one", false, "kill(1) and kill(-1) reach the container's agent")
	f.StringVar(&o.Resident, "resident", "auto", "stay as the program's parent: auto (where Yama needs it), always or never")
	f.IntVar(&o.guardFD, "guard-fd", -1, "for the launcher's own use")
	f.IntVar(&o.openerFD, "opener-fd", -1, "for the launcher's own use")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.Command = f.Args()
	if address != "" {
		a, err := netip.ParseAddr(address)
		if err != nil {
			return o, fmt.Errorf("--address: %w", err)
		}
		o.Address = a
	}
	return o, o.check()
}

func (o Options) check() error {
	switch {
	case o.Context != Pod && o.Context != Node && o.Context != Lab:
		return fmt.Errorf("--context must be pod, node or lab, not %q", o.Context)
	case o.Context == Pod && !o.Address.Is4():
		return errors.New("--context pod needs --address 127.K.N.I")
	case o.Socket == "":
		return errors.New("--socket is missing")
	case o.Resident != "auto" && o.Resident != "always" && o.Resident != "never":
		return fmt.Errorf("--resident must be auto, always or never, not %q", o.Resident)
	case len(o.Command) == 0:
		return errors.New("the command is missing (after --)")
	}
	return nil
}

// Run turns the calling process into o.Command inside the cluster's network.
// It returns on failure, and then the process should exit, for its thread may
// already be filtered; or, resident, with the program's exit code.
func Run(o Options) error {
	if o.guardFD >= 0 {
		if err := guard(o); err != nil {
			return err
		}
		return exited(0)
	}
	path, err := exec.LookPath(o.Command[0])
	if err != nil {
		return err
	}
	// The filter belongs to this thread; exec keeps this thread alone.
	runtime.LockOSThread()
	// Connected before the filter is there: it would trap this too.
	sock, err := dial(o.Socket)
	if err != nil {
		return err
	}
	defer unix.Close(sock)
	if o.openerFD < 0 && (o.Resident == "always" || o.Resident == "auto" && needsGuard(sock)) {
		unix.Close(sock)
		return front(o)
	}
	warn(o)
	fd, err := install(filter(o))
	if err != nil {
		return err
	}
	handed := []int{fd}
	if o.openerFD >= 0 {
		handed = append(handed, o.openerFD)
	}
	if err := hand(sock, o.Header, handed); err != nil {
		return err
	}
	closeAll(handed)
	if err := unix.Exec(path, o.Command, os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", path, err)
	}
	return nil
}

func dial(path string) (int, error) {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open a socket: %w", err)
	}
	if err := unix.Connect(sock, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(sock)
		return -1, fmt.Errorf("the cluster's keeper does not answer on %s (is the cluster running?): %w", path, err)
	}
	return sock, nil
}

// hand sends the header and the listener (and a guard's socket, if there is
// one) and waits for the keeper's word.
// sendmsg is the one sending call that the filter never traps.
func hand(sock int, h Header, fds []int) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(sock, append(line, '\n'), unix.UnixRights(fds...), nil, 0); err != nil {
		return fmt.Errorf("hand the listener to the keeper: %w", err)
	}
	tv := unix.NsecToTimeval(int64(ackTimeout))
	if err := unix.SetsockoptTimeval(sock, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return err
	}
	buf := make([]byte, 512)
	for {
		n, err := unix.Read(sock, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return fmt.Errorf("the cluster's network did not answer within %v: see net.log and keeper.log in the cluster's logs", ackTimeout)
		case err != nil:
			return fmt.Errorf("wait for the keeper: %w", err)
		case n == 0:
			return fmt.Errorf("the keeper closed the launch socket: %w", io.ErrUnexpectedEOF)
		case buf[0] != ack:
			return fmt.Errorf("the keeper refused: %s", buf[1:n])
		}
		return nil
	}
}
