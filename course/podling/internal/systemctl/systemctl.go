// Package systemctl is a subset of systemd's systemctl for a node's container
// runtime, its kubelet and K3s. The cluster's keeper does what systemd does.
package systemctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kubelab.dev/podling/internal/subset"
)

const socketVariable = "KUBELAB_SYSTEM_SOCKET"

// The exit codes of systemctl(1) and of the LSB.
const (
	notActive = 3
	noUnit    = 5
	unknown   = 4
)

// Main returns the exit code.
func Main(ctx context.Context, args []string) int {
	root := &cobra.Command{Use: "systemctl", Short: "control the node's services (a subset, for this lab)"}
	var noPager, full, now bool
	root.PersistentFlags().BoolVar(&noPager, "no-pager", false, "there is none here")
	root.PersistentFlags().BoolVarP(&full, "full", "l", false, "as it is here anyway")
	root.PersistentFlags().BoolVar(&now, "now", false, "as it is here anyway")
	for _, verb := range []string{"start", "stop", "restart"} {
		root.AddCommand(&cobra.Command{Use: verb + " UNIT…", Short: strings.ToUpper(verb[:1]) + verb[1:] + " units",
			Args: subset.Arguments(1, "UNIT…"), RunE: func(command *cobra.Command, args []string) error {
				return each(args, func(name string) error { return act(command.Context(), verb, name) })
			}})
	}
	root.AddCommand(
		&cobra.Command{Use: "status UNIT…", Short: "Show the state of units", Args: subset.Arguments(1, "UNIT…"),
			RunE: func(command *cobra.Command, args []string) error {
				return each(args, func(name string) error { return status(command.Context(), name) })
			}},
		&cobra.Command{Use: "is-active UNIT…", Short: "Check whether units are active", Args: subset.Arguments(1, "UNIT…"),
			RunE: func(command *cobra.Command, args []string) error {
				return each(args, func(name string) error { return isActive(command.Context(), name) })
			}},
		&cobra.Command{Use: "daemon-reload", Short: "Nothing to do here", RunE: func(*cobra.Command, []string) error { return nil }},
	)
	return subset.Run(ctx, root, args, "")
}

func each(names []string, do func(string) error) (last error) {
	for _, name := range names {
		if err := do(strings.TrimSuffix(name, ".service")); err != nil {
			last = err
		}
	}
	return last
}

// unit is the keeper's UnitStatus.
type unit struct {
	Name, Description, Log string
	Active                 bool
	Since                  time.Time
	PID                    int
}

func (u unit) state() string {
	if u.Active {
		return "active"
	}
	return "inactive"
}

// refused is an answer that is none of success.
type refused struct {
	status int
	words  string
}

func (r refused) Error() string { return r.words }

func ask(ctx context.Context, method, path string, into any) error {
	socket, err := subset.Endpoint(socketVariable, "systemctl")
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("failed to connect to the node's supervisor: %w", errors.Unwrap(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		return refused{response.StatusCode, strings.TrimSpace(string(said))}
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func act(ctx context.Context, verb, name string) error {
	var nothing struct{}
	err := ask(ctx, http.MethodPost, "/units/"+name+"/"+verb, &nothing)
	var no refused
	switch {
	case !errors.As(err, &no):
		return err
	case no.status == http.StatusNotFound:
		return subset.Exit{Code: noUnit, Words: fmt.Sprintf("Failed to %s %s.service: Unit %[2]s.service not found.", verb, name)}
	case no.status == http.StatusNotImplemented:
		return subset.Exit{Code: 1, Words: fmt.Sprintf("Failed to %s %s.service: %s", verb, name, no.words)}
	}
	return subset.Exit{Code: 1, Words: fmt.Sprintf("Job for %s.service failed because the control process exited with error code.\n%s", name, no.words)}
}

func find(ctx context.Context, name string) (unit, error) {
	var u unit
	err := ask(ctx, http.MethodGet, "/units/"+name, &u)
	var no refused
	if errors.As(err, &no) && no.status == http.StatusNotFound {
		return u, subset.Exit{Code: unknown, Words: fmt.Sprintf("Unit %s.service could not be found.", name)}
	}
	return u, err
}

func status(ctx context.Context, name string) error {
	u, err := find(ctx, name)
	if err != nil {
		return err
	}
	mark, sub := "●", "running"
	if !u.Active {
		mark, sub = "○", "dead"
	}
	since := time.Since(u.Since).Round(time.Second)
	fmt.Printf("%s %s.service - %s\n     Loaded: loaded (by this lab's keeper; enabled)\n     Active: %s (%s) since %s; %s ago\n",
		mark, u.Name, u.Description, u.state(), sub, u.Since.Format("Mon 2006-01-02 15:04:05 MST"), since)
	if u.Active {
		fmt.Printf("   Main PID: %d (podling)\n", u.PID)
	}
	fmt.Println()
	tail(u.Log)
	if !u.Active {
		return subset.Exit{Code: notActive}
	}
	return nil
}

// widest is where systemctl, too, cuts a line of the journal.
const widest = 200

// tail shows the end of a log, which systemd would have in its journal.
func tail(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	const size = 4 << 10
	if info, err := f.Stat(); err == nil && info.Size() > size {
		_, _ = f.Seek(-size, io.SeekEnd)
	}
	text, _ := io.ReadAll(f)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines[max(0, len(lines)-5):] {
		if len(line) > widest {
			line = line[:widest] + "…"
		}
		fmt.Println(line)
	}
}

func isActive(ctx context.Context, name string) error {
	u, err := find(ctx, name)
	var exit subset.Exit
	if errors.As(err, &exit) {
		fmt.Println("inactive")
		return subset.Exit{Code: unknown}
	}
	if err != nil {
		return err
	}
	fmt.Println(u.state())
	if !u.Active {
		return subset.Exit{Code: notActive}
	}
	return nil
}
