package keeper

import (
	"fmt"
	"os"

	"kubelab.dev/podling/internal/spec"
)

// writeRegistries writes run/registries.yaml, which the nodes read: the
// cluster's own mirror stands in for docker.io where there is one.
func writeRegistries(c *spec.Cluster) error {
	text := "{}\n"
	if c.Images != "" {
		text = fmt.Sprintf("mirrors:\n  docker.io:\n    endpoint:\n      - \"http://%s\"\n", c.MirrorAddress())
	}
	return os.WriteFile(c.Path("run", "registries.yaml"), []byte(text), 0o600)
}
