package images

import (
	"fmt"

	"github.com/distribution/reference"
)

// parse reads a reference as containerd does: nginx is
// docker.io/library/nginx:latest, and with both a tag and a digest the digest
// counts.
func parse(text string) (reference.Named, error) {
	ref, err := reference.ParseDockerRef(text)
	if err != nil {
		return nil, fmt.Errorf("failed to parse image reference %q: %w", text, err)
	}
	return ref, nil
}

// Normalize gives the full form of a reference.
func Normalize(text string) (string, error) {
	ref, err := parse(text)
	if err != nil {
		return "", err
	}
	return ref.String(), nil
}

// identifier is the part of a reference that a registry is asked for.
func identifier(ref reference.Named) string {
	if digested, ok := ref.(reference.Digested); ok {
		return digested.Digest().String()
	}
	if tagged, ok := ref.(reference.Tagged); ok {
		return tagged.Tag()
	}
	return "latest"
}
