package cri

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// stdio joins a container's streams with its log and with whoever is attached.
type stdio struct {
	log       *logFile
	tty       bool
	wantStdin bool
	stdinOnce bool

	copies  sync.WaitGroup // the streams that are being read
	readers []*os.File

	mu      sync.Mutex
	stdin   *os.File // the writing end, or the terminal
	clients map[*client]bool
	ended   bool
}

// client is one attached terminal.
type client struct {
	stdout, stderr io.Writer
	gone           chan struct{} // closed when the container's output has ended
	failed         chan struct{}
	once           sync.Once
}

func newStdio(logPath string, stdin, stdinOnce, tty bool) (*stdio, error) {
	log, err := openLog(logPath)
	return &stdio{log: log, tty: tty, wantStdin: stdin, stdinOnce: stdinOnce, clients: map[*client]bool{}}, err
}

// childFiles makes the container's ends of its pipes; none with a terminal,
// which the agent opens.
func (s *stdio) childFiles() (files []*os.File, err error) {
	if s.tty {
		return nil, nil
	}
	defer func() {
		if err != nil {
			closeFiles(files)
		}
	}()
	in, err := os.Open(os.DevNull)
	if s.wantStdin {
		var writer *os.File
		if err == nil {
			in.Close()
		}
		if in, writer, err = os.Pipe(); err == nil {
			s.mu.Lock()
			s.stdin = writer
			s.mu.Unlock()
		}
	}
	if err != nil {
		return nil, err
	}
	files = append(files, in)
	for range 2 {
		reader, writer, err := os.Pipe()
		if err != nil {
			return files, err
		}
		files, s.readers = append(files, writer), append(s.readers, reader)
	}
	return files, nil
}

// follow starts to read the container's output: from its terminal if it has
// one.
func (s *stdio) follow(master *os.File) {
	if master != nil {
		s.mu.Lock()
		s.readers = []*os.File{master}
		s.stdin = master
		s.mu.Unlock()
	}
	for i, reader := range s.readers {
		name := []string{"stdout", "stderr"}[i]
		s.copies.Add(1)
		go s.copy(reader, name)
	}
}

func (s *stdio) copy(reader *os.File, name string) {
	defer s.copies.Done()
	stream := &logStream{log: s.log, name: name}
	defer stream.end()
	copyOutput(reader, func(data []byte) error {
		_, _ = stream.Write(data)
		s.broadcast(name, data)
		return nil
	})
}

// copyOutput hands on what comes from reader until its end (EOF, or EIO when a
// terminal's last user is gone). A read deadline on reader means: what is in
// it now, and no more.
func copyOutput(reader *os.File, to func([]byte) error) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := reader.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if n = readNow(reader, buffer); n > 0 {
				err = nil
			}
		}
		if n > 0 && to(buffer[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// readNow reads what is there, whatever the deadline.
func readNow(reader *os.File, buffer []byte) (n int) {
	raw, err := reader.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.Read(int(fd), buffer) })
	return n
}

func (s *stdio) broadcast(name string, data []byte) {
	s.mu.Lock()
	clients := make([]*client, 0, len(s.clients))
	for c := range s.clients {
		clients = append(clients, c)
	}
	s.mu.Unlock()
	for _, c := range clients {
		to := c.stdout
		if name == "stderr" {
			to = c.stderr
		}
		if to == nil {
			continue
		}
		if _, err := to.Write(data); err != nil {
			c.once.Do(func() { close(c.failed) })
		}
	}
}

// attach adds a client; detach must be called.
func (s *stdio) attach(stdout, stderr io.Writer) (c *client, detach func()) {
	c = &client{stdout: stdout, stderr: stderr, gone: make(chan struct{}), failed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		close(c.gone)
		return c, func() {}
	}
	s.clients[c] = true
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.clients, c)
	}
}

// feed copies a client's input into the container.
func (s *stdio) feed(in io.Reader) {
	s.mu.Lock()
	stdin := s.stdin
	s.mu.Unlock()
	if stdin == nil || !s.wantStdin {
		return
	}
	_, err := io.Copy(stdin, in)
	if err == nil && s.stdinOnce && !s.tty {
		s.closeStdin()
	}
}

func (s *stdio) closeStdin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stdin != nil && !s.tty {
		_ = s.stdin.Close()
		s.stdin = nil
	}
}

// drain waits until all output is read. Nobody holds the other ends any more
// but, for a moment, the kernel.
func (s *stdio) drain(timeout time.Duration) {
	done := make(chan struct{})
	go func() { s.copies.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(timeout):
		for _, reader := range s.readers {
			_ = reader.SetReadDeadline(time.Now())
		}
		<-done
	}
}

// end closes the streams and lets the clients go.
func (s *stdio) end() {
	s.closeStdin()
	for _, reader := range s.readers {
		_ = reader.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	for c := range s.clients {
		close(c.gone)
	}
	s.clients = nil
}

func (s *stdio) close() { s.log.close() }

func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
