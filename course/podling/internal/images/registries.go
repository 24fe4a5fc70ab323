package images

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/distribution/reference"
	"sigs.k8s.io/yaml"
)

// Registries is K3s' registries.yaml
// (https://docs.k3s.io/installation/private-registry).
type Registries struct {
	Mirrors map[string]Mirror         `json:"mirrors"`
	Configs map[string]RegistryConfig `json:"configs"`
}

// Mirror lists the endpoints that are asked in place of a registry.
type Mirror struct {
	Endpoints []string          `json:"endpoint"`
	Rewrites  map[string]string `json:"rewrite"`
}

// RegistryConfig is what one endpoint needs.
type RegistryConfig struct {
	Auth *RegistryAuth `json:"auth"`
	TLS  *RegistryTLS  `json:"tls"`
}

// RegistryAuth is a login in one of its forms.
type RegistryAuth struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"` // base64 of user:password
	IdentityToken string `json:"identity_token"`
}

// RegistryTLS names files on this machine.
type RegistryTLS struct {
	CAFile             string `json:"ca_file"`
	CertFile           string `json:"cert_file"`
	KeyFile            string `json:"key_file"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify"`
}

// LoadRegistries reads the file at path; an empty path, or a file that is not
// there, means none.
func LoadRegistries(path string) (*Registries, error) {
	r := new(Registries)
	if path == "" {
		return r, nil
	}
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(data, r); err != nil {
		return nil, fmt.Errorf("%s is not a registries.yaml: %w", path, err)
	}
	return r, nil
}

// endpoint is one place to ask for one repository.
type endpoint struct {
	scheme, host, repository string
	mirrorOf                 string // the registry that it stands for, or empty
	api                      string // what comes before the repository; empty: /v2
	header                   http.Header
	tls                      *tls.Config // instead of config's
	config                   RegistryConfig
}

func (e endpoint) String() string { return e.scheme + "://" + e.host }

// endpoints lists where to ask for ref, in order: the mirrors, then the
// registry itself.
func (r *Registries) endpoints(ref reference.Named) ([]endpoint, error) {
	host, repository := reference.Domain(ref), reference.Path(ref)
	mirror, ok := r.Mirrors[host]
	if !ok {
		mirror = r.Mirrors["*"]
	}
	var list []endpoint
	for _, text := range mirror.Endpoints {
		e, err := r.mirrorEndpoint(text, host, repository, mirror.Rewrites)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	own := endpoint{scheme: "https", host: host, repository: repository, config: r.Configs[host]}
	if host == "docker.io" {
		own.host = "registry-1.docker.io"
		if _, ok := r.Configs[own.host]; ok {
			own.config = r.Configs[own.host]
		}
	} else if isLoopback(host) {
		own.scheme = "http" // as containerd and docker do
	}
	for _, e := range list { // a registry may be listed as its own mirror
		if e.host == own.host {
			return list, nil
		}
	}
	return append(list, own), nil
}

func (r *Registries) mirrorEndpoint(text, host, repository string, rewrites map[string]string) (endpoint, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return endpoint{}, fmt.Errorf("registries.yaml: mirror of %s: %q is not an address such as http://host:5000", host, text)
	}
	if repository, err = rewritten(repository, rewrites); err != nil {
		return endpoint{}, fmt.Errorf("registries.yaml: mirror of %s: %w", host, err)
	}
	path := strings.Trim(u.Path, "/")
	path = strings.Trim(strings.TrimPrefix(path, "v2"), "/")
	if path != "" {
		repository = path + "/" + repository
	}
	config, ok := r.Configs[u.Host]
	if !ok {
		config = r.Configs[text]
	}
	return endpoint{scheme: u.Scheme, host: u.Host, repository: repository, mirrorOf: host, config: config}, nil
}

// rewritten applies the first pattern that fits, in the order of their texts.
func rewritten(repository string, rewrites map[string]string) (string, error) {
	for _, pattern := range sortedKeys(rewrites) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return "", fmt.Errorf("rewrite %q: %w", pattern, err)
		}
		if re.MatchString(repository) {
			return re.ReplaceAllString(repository, rewrites[pattern]), nil
		}
	}
	return repository, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "localhost:") || strings.HasPrefix(host, "127.")
}

// tlsConfig is nil when the endpoint needs nothing special.
func (e endpoint) tlsConfig() (*tls.Config, error) {
	if e.tls != nil {
		return e.tls, nil
	}
	t := e.config.TLS
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		if err := trust(c, t.CAFile); err != nil {
			return nil, fmt.Errorf("registries.yaml: %s: ca_file: %w", e.host, err)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("registries.yaml: %s: cert_file: %w", e.host, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
