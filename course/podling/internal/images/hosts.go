package images

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"kubelab.dev/podling/internal/spec"
)

// hostConfig is a table of hosts.toml, containerd's configuration of a registry
// (https://github.com/containerd/containerd/blob/v2.2.0/docs/hosts.md). Rewrite
// is K3s's addition.
type hostConfig struct {
	Capabilities []string          `toml:"capabilities"`
	CACert       any               `toml:"ca"`     // a file, or a list of them
	Client       any               `toml:"client"` // a file, a list, or a list of pairs
	SkipVerify   *bool             `toml:"skip_verify"`
	Header       map[string]any    `toml:"header"`
	OverridePath bool              `toml:"override_path"`
	DialTimeout  string            `toml:"dial_timeout"`
	Rewrite      map[string]string `toml:"rewrite"`
}

// hostsFile is hosts.toml: what stands at the top is for the registry itself.
type hostsFile struct {
	hostConfig
	Server string                `toml:"server"`
	Hosts  map[string]hostConfig `toml:"host"`
}

// certsDir is a folder with a folder for each registry, each with a hosts.toml.
type certsDir struct {
	path string
	root string // where its files' absolute paths lie on this machine; empty: where they say
}

// find reads the hosts.toml for a registry; nil where there is none.
func (d certsDir) find(host string) (*hostsFile, []string, error) {
	names := []string{host, "_default"}
	if name, port, ok := strings.Cut(host, ":"); ok {
		names = []string{host, name + "_" + port + "_", "_default"}
	}
	for _, name := range names {
		path := filepath.Join(d.path, name, "hosts.toml")
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		file, order, err := parseHosts(data)
		if err != nil {
			return nil, nil, fmt.Errorf("failed to parse hosts.toml of %s: %w", name, err)
		}
		return file, order, nil
	}
	return nil, nil, nil
}

// parseHosts also gives the hosts in the order in which the file has them,
// which is that in which they are asked.
func parseHosts(data []byte) (*hostsFile, []string, error) {
	file := new(hostsFile)
	if err := toml.Unmarshal(data, file); err != nil {
		var where *toml.DecodeError
		if errors.As(err, &where) {
			row, column := where.Position()
			return nil, nil, fmt.Errorf("line %d, column %d: %w", row, column, err)
		}
		return nil, nil, err
	}
	var order []string
	parser := unstable.Parser{}
	parser.Reset(data)
	for parser.NextExpression() {
		e := parser.Expression()
		if e.Kind != unstable.Table {
			continue
		}
		var key []string
		for part := e.Key(); part.Next(); {
			key = append(key, string(part.Node().Data))
		}
		if len(key) > 1 && key[0] == "host" && !slices.Contains(order, key[1]) {
			order = append(order, key[1])
		}
	}
	return file, order, parser.Error()
}

// endpoints lists where to ask for a repository: the file's hosts, then the
// registry itself.
func (f *hostsFile) endpoints(order []string, host, repository string, byDigest bool, root string) ([]endpoint, error) {
	own := defaultServer(host)
	if f.Server != "" {
		own = f.Server
	}
	registry, err := f.hostConfig.endpoint(own, repository, root)
	if err != nil {
		return nil, err
	}
	var list []endpoint
	for _, text := range order {
		c := f.Hosts[text]
		if !c.can("pull") || !byDigest && !c.can("resolve") {
			continue
		}
		e, err := c.endpoint(text, repository, root)
		if err != nil {
			return nil, err
		}
		if e.host != registry.host {
			e.mirrorOf = host
		}
		list = append(list, e)
	}
	if f.can("pull") {
		list = append(list, registry)
	}
	return list, nil
}

func defaultServer(host string) string {
	switch {
	case host == "docker.io":
		return "https://registry-1.docker.io"
	case isLoopback(host):
		return "http://" + host // as containerd and docker do
	}
	return "https://" + host
}

func (c hostConfig) can(what string) bool {
	return len(c.Capabilities) == 0 || slices.Contains(c.Capabilities, what)
}

func (c hostConfig) endpoint(text, repository, root string) (endpoint, error) {
	if !strings.Contains(text, "://") {
		text = strings.TrimSuffix(defaultServer(text), "/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return endpoint{}, fmt.Errorf("hosts.toml: %q is not an address such as http://host:5000", text)
	}
	e := endpoint{scheme: u.Scheme, host: u.Host, api: strings.TrimSuffix(u.Path, "/"), header: http.Header{}}
	if !c.OverridePath && !strings.HasSuffix(e.api, "/v2") {
		e.api += "/v2"
	}
	if e.repository, err = rewritten(repository, c.Rewrite); err != nil {
		return endpoint{}, fmt.Errorf("hosts.toml: %s: %w", text, err)
	}
	for name, value := range c.Header {
		for _, one := range texts(value) {
			e.header.Add(name, one)
		}
	}
	e.tls, err = c.tls(root)
	if err != nil {
		return endpoint{}, fmt.Errorf("hosts.toml: %s: %w", text, err)
	}
	return e, nil
}

// texts takes a string or a list of strings.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, texts(one)...)
		}
		return all
	}
	return nil
}

func (c hostConfig) tls(root string) (*tls.Config, error) {
	cas, clients := texts(c.CACert), texts(c.Client)
	skip := c.SkipVerify != nil && *c.SkipVerify
	if len(cas) == 0 && len(clients) == 0 && !skip {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skip}
	for _, file := range cas {
		if err := trust(config, spec.OnNode(root, file)); err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
	}
	for i := 0; i < len(clients); i += 2 {
		cert, key := spec.OnNode(root, clients[i]), spec.OnNode(root, clients[min(i+1, len(clients)-1)])
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		config.Certificates = append(config.Certificates, pair)
	}
	return config, nil
}

// trust adds a file's certificates to those of the machine.
func trust(config *tls.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if config.RootCAs == nil {
		config.RootCAs, _ = x509.SystemCertPool()
	}
	if config.RootCAs == nil {
		config.RootCAs = x509.NewCertPool()
	}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("no certificate in %s", file)
	}
	return nil
}
