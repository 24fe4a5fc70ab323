// Package ctr is a subset of containerd's ctr: what the lessons do with images,
// namespace by namespace.
package ctr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kubelab.dev/podling/internal/subset"
)

const (
	addressVariable   = "CONTAINERD_ADDRESS"
	namespaceVariable = "CONTAINERD_NAMESPACE"
)

// Main returns the exit code.
func Main(ctx context.Context, args []string) int {
	return subset.Run(ctx, command(), args, "ctr: ")
}

func command() *cobra.Command {
	c := &client{}
	root := &cobra.Command{Use: "ctr", Short: "a containerd CLI (a subset, for this lab)",
		PersistentPreRunE: func(*cobra.Command, []string) error { return c.connect() }}
	namespace := os.Getenv(namespaceVariable)
	if namespace == "" {
		namespace = "default"
	}
	f := root.PersistentFlags()
	f.StringVarP(&c.namespace, "namespace", "n", namespace, "namespace to use with commands")
	f.StringVarP(&c.address, "address", "a", "", "address of containerd's server")
	images := &cobra.Command{Use: "images", Aliases: []string{"image", "i"}, Short: "Manage images"}
	images.AddCommand(c.list(), c.pull(), c.importing(), c.export(), c.remove(), c.tag())
	namespaces := &cobra.Command{Use: "namespaces", Aliases: []string{"namespace", "ns"}, Short: "Manage namespaces"}
	namespaces.AddCommand(c.listNamespaces())
	root.AddCommand(images, namespaces, c.version())
	return root
}

type client struct {
	namespace, address string
	http               *http.Client
}

func (c *client) connect() error {
	if c.address == "" {
		path, err := subset.Endpoint(addressVariable, "ctr")
		if err != nil {
			return err
		}
		c.address = path
	}
	if _, err := os.Stat(c.address); err != nil {
		return fmt.Errorf("failed to dial %q: %w", c.address, err)
	}
	c.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.address)
		},
	}}
	return nil
}

// ask sends a request in the namespace and returns the answer's body.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, send io.Reader) (io.ReadCloser, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("namespace", c.namespace)
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path+"?"+query.Encode(), send)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("containerd does not answer: %w", errors.Unwrap(err))
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		return nil, errors.New(strings.TrimSpace(string(said)))
	}
	return response.Body, nil
}

// get decodes an answer.
func (c *client) get(ctx context.Context, method, path string, query url.Values, send io.Reader, into any) error {
	body, err := c.ask(ctx, method, path, query, send)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(into)
}
