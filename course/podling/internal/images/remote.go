package images

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Auth is the login that came with a pull (from an imagePullSecret).
type Auth struct {
	Username, Password, Auth, IdentityToken, RegistryToken string
}

// dialTimeout is for one address of a registry; a mirror that is away must not
// hold a pull up for long.
const dialTimeout = 10 * time.Second

const keepAlive = 30 * time.Second

// soonTimeout is for an endpoint after one that answered.
const soonTimeout = 5 * time.Second

// resolve asks the endpoints in turn for ref.
func (s *Store) resolve(ctx context.Context, ref reference.Named, how How) (*remote.Descriptor, error) {
	endpoints, err := s.sources.endpoints(ref, how)
	if err != nil {
		return nil, err
	}
	var failures []error
	answered := false
	for _, e := range endpoints {
		desc, err := e.getSoon(ctx, answered, asker{s.sources, identifier(ref), how.Auth})
		if err == nil {
			return desc, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", e, err))
		var answer *transport.Error
		answered = answered || errors.As(err, &answer)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, explain(ref, failures)
}

// getSoon gives an endpoint little time when another has answered already: on a
// machine without the internet, docker.io must not hold up the mirror's no.
func (e endpoint) getSoon(ctx context.Context, soon bool, ask asker) (_ *remote.Descriptor, err error) {
	if !soon {
		return e.get(ctx, ask)
	}
	type result struct {
		desc *remote.Descriptor
		err  error
	}
	// The descriptor keeps its context for later fetches: it must not expire.
	inner, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	done := make(chan result, 1)
	go func() {
		desc, err := e.get(inner, ask)
		done <- result{desc, err}
	}()
	select {
	case r := <-done:
		return r.desc, r.err
	case <-time.After(soonTimeout):
		return nil, fmt.Errorf("no answer within %v", soonTimeout)
	}
}

// asker is what each endpoint is asked, and how.
type asker struct {
	sources *Sources
	what    string // a tag or a digest
	auth    *Auth
}

func (e endpoint) get(ctx context.Context, ask asker) (*remote.Descriptor, error) {
	text := e.host + "/" + e.repository
	options := []name.Option{name.StrictValidation}
	if e.scheme == "http" {
		options = append(options, name.Insecure)
	}
	repository, err := name.NewRepository(text, options...)
	if err != nil {
		return nil, err
	}
	var target name.Reference = repository.Tag(ask.what)
	if strings.Contains(ask.what, ":") {
		target = repository.Digest(ask.what)
	}
	transport, err := e.transport(ask.sources)
	if err != nil {
		return nil, err
	}
	return remote.Get(target, remote.WithContext(ctx), remote.WithTransport(transport),
		remote.WithAuth(e.authenticator(ask.auth)), remote.WithUserAgent("kubelab-podling"),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}),
		remote.WithRetryBackoff(remote.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Steps: 2}))
}

// transport sends requests by the endpoint's own scheme, and tells a mirror
// whose it is, as containerd does.
func (e endpoint) transport(s *Sources) (http.RoundTripper, error) {
	config, err := e.tlsConfig()
	if err != nil {
		return nil, err
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.DialContext, base.Proxy = s.dial, s.proxy
	base.TLSHandshakeTimeout = dialTimeout
	base.ResponseHeaderTimeout = 60 * time.Second
	base.IdleConnTimeout = 5 * time.Second
	if config != nil {
		base.TLSClientConfig = config
	}
	return endpointTransport{e, base}, nil
}

type endpointTransport struct {
	endpoint
	base http.RoundTripper
}

func (t endpointTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == t.host {
		r = r.Clone(r.Context())
		r.URL.Scheme = t.scheme
		if rest, ok := strings.CutPrefix(r.URL.Path, "/v2/"); ok && rest != "" && t.api != "" {
			r.URL.Path, r.URL.RawPath = t.api+"/"+rest, ""
		}
		for name, values := range t.header {
			r.Header[name] = values
		}
		if t.mirrorOf != "" {
			query := r.URL.Query()
			query.Set("ns", t.mirrorOf)
			r.URL.RawQuery = query.Encode()
		}
	}
	return t.base.RoundTrip(r)
}

// authenticator prefers the endpoint's own login to the pull's.
func (e endpoint) authenticator(auth *Auth) authn.Authenticator {
	if a := e.config.Auth; a != nil {
		return login(Auth{Username: a.Username, Password: a.Password, Auth: a.Auth, IdentityToken: a.IdentityToken})
	}
	if auth != nil {
		return login(*auth)
	}
	return authn.Anonymous
}

func login(a Auth) authn.Authenticator {
	if a.Username == "" && a.Auth != "" {
		if plain, err := base64.StdEncoding.DecodeString(a.Auth); err == nil {
			a.Username, a.Password, _ = strings.Cut(strings.TrimRight(string(plain), "\x00"), ":")
		}
	}
	return authn.FromConfig(authn.AuthConfig{Username: a.Username, Password: a.Password,
		IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken})
}

// ErrNotFound marks that a registry knows no such image.
var ErrNotFound = errors.New("not found")

// ErrDenied marks that a registry wants another login.
var ErrDenied = errors.New("pull access denied, repository does not exist or may require authorization")

// explain makes one error of the endpoints' answers: containerd's words, then
// each registry's own.
func explain(ref reference.Named, failures []error) error {
	var words []string
	var notFound, denied bool
	for _, err := range failures {
		words = append(words, err.Error())
		var answer *transport.Error
		if errors.As(err, &answer) {
			switch answer.StatusCode {
			case http.StatusNotFound:
				notFound = true
			case http.StatusUnauthorized, http.StatusForbidden:
				denied = true
			}
		}
	}
	said := strings.Join(words, "; ")
	switch {
	case denied:
		return fmt.Errorf("%w: server message: %s", ErrDenied, said)
	case notFound:
		return fmt.Errorf("%s: %w (%s)", ref, ErrNotFound, said)
	case len(failures) == 1:
		return failures[0]
	}
	return errors.New(said)
}
