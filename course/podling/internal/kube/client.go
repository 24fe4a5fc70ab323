// Package kube is a small client of a cluster's API, for what lists and watches
// a little: the Kubernetes libraries cost a process 30 MB of memory.
package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Client of one cluster's API.
type Client struct {
	Base string // https://host:port
	HTTP *http.Client
}

// Get asks for a path. The caller closes the answer's body; an answer that is
// not 200 is an error with the server's words.
func (c *Client) Get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Base+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		// To its end, or the connection is not used again, and each question
		// costs the starting apiserver a TLS handshake.
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s %s", path, response.Status, strings.TrimSpace(string(body)))
	}
	return response, nil
}

// Send writes an object, whose content type is kind.
func (c *Client) Send(ctx context.Context, method, path, kind string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	response, err := c.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, response.Status, strings.TrimSpace(string(said)))
	}
	return nil
}

// Event is one of a watch.
type Event[T any] struct {
	Type   string
	Object T
}

// Follow lists a path, hands the list to begin, and then each event of a watch
// from there on to each, until the server ends the watch (nil) or ctx is done.
func Follow[T any](ctx context.Context, c *Client, path string, begin func([]T), each func(Event[T])) error {
	response, err := c.Get(ctx, path)
	if err != nil {
		return err
	}
	var list struct {
		Metadata struct{ ResourceVersion string }
		Items    []T
	}
	err = json.NewDecoder(response.Body).Decode(&list)
	response.Body.Close()
	if err != nil {
		return err
	}
	begin(list.Items)
	response, err = c.Get(ctx, path+"?watch=1&resourceVersion="+list.Metadata.ResourceVersion)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for decoder := json.NewDecoder(response.Body); ; {
		var event Event[T]
		if decoder.Decode(&event) != nil || event.Type == "ERROR" {
			return nil // the server ends a watch after a while
		}
		each(event)
	}
}
