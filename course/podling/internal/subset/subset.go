// Package subset is what the nodes' command line tools have in common: each is
// a part of a real tool, with that tool's words, and says by name what it
// lacks.
package subset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit is an error with an exit code of its own; its words, if it has any, are
// shown as they are.
type Exit struct {
	Code  int
	Words string
}

func (e Exit) Error() string { return e.Words }

// Run executes a tool's root command and returns the exit code. prefix comes
// before an error's words, as the real tool has it.
func Run(ctx context.Context, root *cobra.Command, args []string, prefix string) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetArgs(args)
	root.SetOut(os.Stdout)
	complete(root)
	err := root.ExecuteContext(ctx)
	var exit Exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.Words != "" {
			fmt.Fprintln(os.Stderr, exit.Words)
		}
		return exit.Code
	}
	fmt.Fprintln(os.Stderr, prefix+err.Error())
	return 1
}

// complete makes every command with subcommands refuse what it does not have.
func complete(c *cobra.Command) {
	if !c.HasSubCommands() {
		return
	}
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		var names []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" {
				names = append(names, sub.Name())
			}
		}
		return fmt.Errorf("this lab's %s has no command %q; of the real one's it has: %s",
			c.CommandPath(), args[0], strings.Join(names, ", "))
	}
	for _, sub := range c.Commands() {
		complete(sub)
	}
}

// Arguments wants at least n, which usage names.
func Arguments(n int, usage string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return fmt.Errorf("%s %s: too few arguments", c.CommandPath(), usage)
		}
		return nil
	}
}

// Endpoint is where a tool's server listens, from an environment variable that
// a node has.
func Endpoint(variable, tool string) (string, error) {
	if path := strings.TrimPrefix(os.Getenv(variable), "unix://"); path != "" {
		return path, nil
	}
	return "", fmt.Errorf("%s is a command for the nodes of the cluster, and this is none: run it by %%node %s … in a notebook", tool, tool)
}

// CopyTo writes all of r to a file, or to the standard output for "-".
func CopyTo(path string, r io.Reader) error {
	if path == "-" {
		_, err := io.Copy(os.Stdout, r)
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
