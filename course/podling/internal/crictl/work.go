package crictl

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace/noop"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	remote "k8s.io/cri-client/pkg"
	crilogs "k8s.io/cri-client/pkg/logs"

	"kubelab.dev/podling/internal/subset"
)

func (c *client) logs() *cobra.Command {
	var follow, timestamps bool
	var tail int64
	command := &cobra.Command{Use: "logs CONTAINER", Short: "Show a container's log", Args: subset.Arguments(1, "CONTAINER"),
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			id, err := c.container(ctx, args[0])
			if err != nil {
				return err
			}
			found, err := c.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
			if err != nil {
				return plain("getting the status of the container", err)
			}
			service, err := remote.NewRemoteRuntimeService(ctx, "unix://"+strings.TrimPrefix(c.endpoint, "unix://"), callTimeout, noop.NewTracerProvider(), false)
			if err != nil {
				return err
			}
			options := &crilogs.LogOptions{Follow: follow, Timestamp: timestamps}
			if tail >= 0 {
				options.TailLines = &tail
			}
			return crilogs.ReadLogs(ctx, found.Status.LogPath, id, options, service, os.Stdout, os.Stderr)
		}}
	f := command.Flags()
	f.BoolVarP(&follow, "follow", "f", false, "follow the log")
	f.BoolVarP(&timestamps, "timestamps", "t", false, "show timestamps")
	f.Int64Var(&tail, "tail", -1, "show so many lines from the end")
	return command
}

func (c *client) exec() *cobra.Command {
	var sync, interactive, tty bool
	command := &cobra.Command{Use: "exec CONTAINER COMMAND…", Short: "Run a command in a container", Args: subset.Arguments(2, "CONTAINER COMMAND…"),
		RunE: func(command *cobra.Command, args []string) error {
			if interactive || tty {
				return fmt.Errorf("this lab's crictl has no exec -i or -t: use kubectl exec -it")
			}
			id, err := c.container(command.Context(), args[0])
			if err != nil {
				return err
			}
			done, err := c.ExecSync(command.Context(), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: args[1:]})
			if err != nil {
				return plain("execing command in container", err)
			}
			os.Stdout.Write(done.Stdout)
			os.Stderr.Write(done.Stderr)
			if done.ExitCode != 0 {
				return subset.Exit{Code: int(done.ExitCode), Words: fmt.Sprintf("FATA[0000] execing command in container: command terminated with exit code %d", done.ExitCode)}
			}
			return nil
		}}
	command.Flags().BoolVarP(&sync, "sync", "s", false, "the only way here")
	command.Flags().BoolVarP(&interactive, "interactive", "i", false, "not in this lab")
	command.Flags().BoolVarP(&tty, "tty", "t", false, "not in this lab")
	command.Flags().SetInterspersed(false)
	return command
}

func (c *client) stop() *cobra.Command {
	var timeout int64
	command := &cobra.Command{Use: "stop CONTAINER…", Short: "Stop running containers", Args: subset.Arguments(1, "CONTAINER…"),
		RunE: c.each(func(ctx context.Context, id string) error {
			_, err := c.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: timeout})
			return err
		})}
	command.Flags().Int64VarP(&timeout, "timeout", "t", 0, "seconds to wait before it is killed")
	return command
}

func (c *client) rm() *cobra.Command {
	return &cobra.Command{Use: "rm CONTAINER…", Short: "Remove containers", Args: subset.Arguments(1, "CONTAINER…"),
		RunE: c.each(func(ctx context.Context, id string) error {
			_, err := c.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id})
			return err
		})}
}

// each does something to every container that is named, and prints its id.
func (c *client) each(do func(context.Context, string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		for _, text := range args {
			id, err := c.container(command.Context(), text)
			if err != nil {
				return err
			}
			if err := do(command.Context(), id); err != nil {
				return plain(command.Name()+" container", err)
			}
			fmt.Println(id)
		}
		return nil
	}
}
