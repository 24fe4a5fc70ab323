package keeper

import (
	"encoding/json"
	"os"
	"strings"
)

const (
	wordsTail = 64 << 10 // of a log: a stack trace of many goroutines is long
	wordsMost = 800
)

// lastWords of a log say most often why its program ended.
func lastWords(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > wordsTail {
		f.Seek(-wordsTail, 2)
	}
	b := make([]byte, wordsTail)
	n, _ := f.Read(b)
	words := reason(strings.Split(strings.TrimSpace(string(b[:n])), "\n"))
	return words[:min(len(words), wordsMost)]
}

// reason looks back for the line that says it: what comes after may be a
// stack trace.
func reason(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "podling "): // our own; it may have more than one line
			return strings.Join(lines[i:], "\n")
		case strings.HasPrefix(line, "{"):
			if said := fromZap(line); said != "" {
				return said
			}
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			if i > 0 { // etcd's logger says more than the panic that it makes
				if said := fromZap(lines[i-1]); said != "" {
					return said
				}
			}
			return line
		}
	}
	return lines[len(lines)-1]
}

// fromZap is what an etcd that gives up says; empty for any other line.
func fromZap(line string) string {
	var m struct{ Level, Msg, Error string }
	if json.Unmarshal([]byte(line), &m) != nil || (m.Level != "panic" && m.Level != "fatal") {
		return ""
	}
	if m.Error == "" {
		return m.Msg
	}
	return m.Msg + ": " + m.Error
}
