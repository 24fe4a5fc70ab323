// Package crictl is a subset of cri-tools' crictl: the commands of the lessons,
// on the CRI socket of the node.
package crictl

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/protoadapt"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"sigs.k8s.io/yaml"

	"kubelab.dev/podling/internal/subset"
)

// EndpointVariable names the socket of the node's runtime.
const EndpointVariable = "CONTAINER_RUNTIME_ENDPOINT"

// callTimeout is for calls that do no work; crictl's own default is 2 s.
const callTimeout = 10 * time.Second

// Main returns the exit code.
func Main(ctx context.Context, args []string) int {
	return subset.Run(ctx, command(), args, "FATA[0000] ")
}

func command() *cobra.Command {
	c := &client{}
	root := &cobra.Command{Use: "crictl", Short: "client for CRI (a subset, for this lab)",
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			if f := command.Flags().Lookup("output"); f != nil {
				c.output = f.Value.String() // each command has a default of its own
			}
			return c.connect()
		}}
	root.PersistentFlags().StringVarP(&c.endpoint, "runtime-endpoint", "r", "", "endpoint of the CRI container runtime")
	root.AddCommand(c.pull(), c.images(), c.rmi(), c.inspecti(), c.ps(), c.pods(), c.inspect(), c.inspectp(),
		c.logs(), c.exec(), c.stop(), c.rm(), c.info(), c.version())
	return root
}

// client is the connection, and the options of the command that runs.
type client struct {
	endpoint string
	runtimeapi.RuntimeServiceClient
	image runtimeapi.ImageServiceClient

	output         string
	quiet, noTrunc bool
}

func (c *client) connect() error {
	if c.endpoint == "" {
		path, err := subset.Endpoint(EndpointVariable, "crictl")
		if err != nil {
			return err
		}
		c.endpoint = path
	}
	path := strings.TrimPrefix(c.endpoint, "unix://")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("validate service connection: dial unix %s: %w", path, err)
	}
	conn, err := grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	if err != nil {
		return err
	}
	c.RuntimeServiceClient, c.image = runtimeapi.NewRuntimeServiceClient(conn), runtimeapi.NewImageServiceClient(conn)
	return nil
}

// listing adds the options of commands that list.
func (c *client) listing(command *cobra.Command) *cobra.Command {
	command.Flags().BoolVarP(&c.quiet, "quiet", "q", false, "only show ids")
	command.Flags().BoolVar(&c.noTrunc, "no-trunc", false, "show ids in full")
	command.Flags().StringP("output", "o", "table", "output format, one of: json|yaml|table")
	return command
}

// whole prints a message in the form that -o asks for; false for a table.
func (c *client) whole(message any) (bool, error) {
	if c.output == "table" || c.output == "" {
		return false, nil
	}
	text, err := asJSON(message)
	if err != nil {
		return true, err
	}
	return true, c.print(text)
}

func (c *client) print(text []byte) error {
	switch c.output {
	case "json", "":
		_, err := fmt.Println(string(text))
		return err
	case "yaml":
		y, err := yaml.JSONToYAML(text)
		if err == nil {
			fmt.Print(string(y))
		}
		return err
	}
	return fmt.Errorf("unsupported output format %q: this lab's crictl has json, yaml and table", c.output)
}

func asJSON(message any) ([]byte, error) {
	m, ok := message.(protoadapt.MessageV1)
	if !ok {
		return nil, fmt.Errorf("%T is no message", message)
	}
	options := protojson.MarshalOptions{EmitUnpopulated: true}
	text, err := options.Marshal(protoadapt.MessageV2Of(m))
	if err != nil {
		return nil, err
	}
	// protojson puts spaces in at random.
	return indent(json.RawMessage(text))
}

func indent(value any) ([]byte, error) { return json.MarshalIndent(value, "", "  ") }

// table is crictl's: columns of at least 20, three spaces apart.
func table(header ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(os.Stdout, 20, 1, 3, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	return w
}

func row(w *tabwriter.Writer, cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }

const shortID = 13

func (c *client) short(id string) string {
	if c.noTrunc {
		return id
	}
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(len(id), shortID)]
}

func ago(nanoseconds int64) string {
	return units.HumanDuration(time.Since(time.Unix(0, nanoseconds))) + " ago"
}

// plain is an error of a call without gRPC's wrapping, as crictl shows it.
func plain(doing string, err error) error {
	if s, ok := status.FromError(err); ok {
		return fmt.Errorf("%s: rpc error: code = %s desc = %s", doing, s.Code(), s.Message())
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// container finds a container's full id by its beginning.
func (c *client) container(ctx context.Context, prefix string) (string, error) {
	list, err := c.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
	if err != nil {
		return "", plain("list containers", err)
	}
	var ids []string
	for _, one := range list.Containers {
		ids = append(ids, one.Id)
	}
	return oneOf("container", prefix, ids)
}

func (c *client) pod(ctx context.Context, prefix string) (string, error) {
	list, err := c.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})
	if err != nil {
		return "", plain("list pod sandboxes", err)
	}
	var ids []string
	for _, one := range list.Items {
		ids = append(ids, one.Id)
	}
	return oneOf("pod sandbox", prefix, ids)
}

func oneOf(what, prefix string, ids []string) (string, error) {
	var found []string
	for _, id := range ids {
		if strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case slices.Contains(found, prefix):
		return prefix, nil
	case len(found) == 0:
		return "", fmt.Errorf("rpc error: code = NotFound desc = an error occurred when try to find %s %q: not found", what, prefix)
	}
	return "", fmt.Errorf("%q is the beginning of %d ids: write more of it", prefix, len(found))
}
