package cri

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxLine is where a line is cut into partial entries, as containerd does.
const maxLine = 16 << 10

// logFile is a container's log in CRI's format:
//
//	2026-11-24T08:00:00.123456789Z stdout F a line
//
// P marks a part of a line that goes on in the next entry.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File // nil without a path
}

func openLog(path string) (*logFile, error) {
	l := &logFile{path: path}
	if path == "" {
		return l, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return l, l.reopen()
}

// reopen starts a new file after kubelet has moved the old one away.
func (l *logFile) reopen() error {
	if l.path == "" {
		return nil
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = file
	return nil
}

func (l *logFile) write(entries []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_, _ = l.file.Write(entries) // a full disk must not stop the container
	}
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

// logStream turns one stream's bytes into entries.
type logStream struct {
	log  *logFile
	name string
	rest []byte // the line that has not ended yet
	out  []byte
}

func (s *logStream) Write(p []byte) (int, error) {
	stamp := time.Now().UTC().Format(time.RFC3339Nano)
	s.out = s.out[:0]
	data := p
	if len(s.rest) > 0 {
		data = append(s.rest, p...)
	}
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		switch {
		case end >= 0 && end <= maxLine:
			s.entry(stamp, "F", data[:end])
			data = data[end+1:]
		case len(data) > maxLine:
			s.entry(stamp, "P", data[:maxLine])
			data = data[maxLine:]
		default:
			s.rest = append(s.rest[:0:0], data...)
			data = nil
			if len(s.out) > 0 {
				s.log.write(s.out)
			}
			return len(p), nil
		}
	}
	s.rest = nil
	s.log.write(s.out)
	return len(p), nil
}

// end writes what came without a newline: a part, so that readers add none.
func (s *logStream) end() {
	if len(s.rest) > 0 {
		s.out = s.out[:0]
		s.entry(time.Now().UTC().Format(time.RFC3339Nano), "P", s.rest)
		s.log.write(s.out)
		s.rest = nil
	}
}

func (s *logStream) entry(stamp, tag string, text []byte) {
	for _, part := range []string{stamp, " ", s.name, " ", tag, " "} {
		s.out = append(s.out, part...)
	}
	s.out = append(append(s.out, text...), '\n')
}
