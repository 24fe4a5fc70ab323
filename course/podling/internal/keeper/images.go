package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// handleImages brings the image archive at ?path= to every node.
func (k *Keeper) handleImages(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Query().Get("path")
	for i := range k.cluster.Nodes {
		if err := k.importInto(r.Context(), i, path); err != nil {
			http.Error(w, fmt.Sprintf("node %s: %v", k.cluster.NodeName(i), err), http.StatusUnprocessableEntity)
			return
		}
	}
}

func (k *Keeper) importInto(ctx context.Context, node int, path string) error {
	return k.askNode(ctx, node, http.MethodPost, "/import?path="+url.QueryEscape(path), nil, nil)
}

// askNode asks what CRI has no call for, of a node's runtime.
func (k *Keeper) askNode(ctx context.Context, node int, method, path string, send, receive any) error {
	socket := k.cluster.Path("run", fmt.Sprintf("node-%d", node), "import.sock")
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(send)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 2000))
		return fmt.Errorf("%s", strings.TrimSpace(string(said)))
	}
	if receive == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(receive)
}
