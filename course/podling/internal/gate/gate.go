// Package gate tells a cluster's processes that something has happened: a gate
// is a pipe that every child has, and opens when the keeper closes its end. A
// signal would not do: one that comes before its handler is there kills.
package gate

import (
	"fmt"
	"os"
	"strconv"
)

// Gate is the keeper's side.
type Gate struct {
	name  string
	read  *os.File
	write *os.File
}

// New makes a closed gate; name is that of an environment variable's end.
func New(name string) (*Gate, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &Gate{name, read, write}, nil
}

// Open opens it, for children that start later too.
func (g *Gate) Open() { g.write.Close() }

// Give adds the gate to what a child gets: its files and its environment.
func (g *Gate) Give(files []uintptr, env []string) ([]uintptr, []string) {
	return append(files, g.read.Fd()), append(env, fmt.Sprintf("%s=%d", variable(g.name), len(files)))
}

// Wait is the child's side: it returns when the gate of that name is open, at
// once in a process that was given none. A gate can be waited for once.
func Wait(name string) {
	fd, err := strconv.Atoi(os.Getenv(variable(name)))
	if err != nil {
		return
	}
	os.Unsetenv(variable(name)) // the descriptor is not for our children
	pipe := os.NewFile(uintptr(fd), name)
	defer pipe.Close()
	pipe.Read(make([]byte, 1))
}

func variable(name string) string { return "PODLING_GATE_" + name }
