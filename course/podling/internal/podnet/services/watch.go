package services

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// pollInterval is short: a cluster is to be up within seconds, and its pods
// ask for Services at once.
const pollInterval = 50 * time.Millisecond

// Watch keeps the table at the cluster's state until ctx is done. The
// kubeconfig may come later, and the apiserver may come and go. If ever an
// apiserver cannot be followed, the table stays at what was last known.
func (t *Table) Watch(ctx context.Context, kubeconfig string, log *slog.Logger) error {
	config, err := waitForServer(ctx, kubeconfig)
	if err != nil {
		return err
	}
	core, err := client(config, corev1.SchemeGroupVersion, "/api")
	if err != nil {
		return err
	}
	discovery, err := client(config, discoveryv1.SchemeGroupVersion, "/apis")
	if err != nil {
		return err
	}
	stores := []*store{t.serviceStore(), t.sliceStore(), t.nodeStore()}
	follow(ctx, core, "services", &corev1.Service{}, stores[0])
	follow(ctx, discovery, "endpointslices", &discoveryv1.EndpointSlice{}, stores[1])
	follow(ctx, core, "nodes", &corev1.Node{}, stores[2])
	for _, s := range stores {
		select {
		case <-s.filled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	log.Info("the cluster's Services are known")
	t.MarkSynced()
	<-ctx.Done()
	return ctx.Err()
}

// MarkSynced says that the table holds a cluster's whole state.
func (t *Table) MarkSynced() { close(t.synced) }

// Synced is closed once the table holds a cluster's whole state.
func (t *Table) Synced() <-chan struct{} { return t.synced }

func waitForServer(ctx context.Context, kubeconfig string) (*rest.Config, error) {
	var config *rest.Config
	var probe *http.Client
	var read time.Time // the kubeconfig's time when it was last read
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		st, err := os.Stat(kubeconfig)
		if err != nil {
			return false, nil
		}
		if probe == nil || !st.ModTime().Equal(read) {
			c, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return false, nil // half written
			}
			h, err := rest.HTTPClientFor(c)
			if err != nil {
				return false, nil // its certificates are not there yet
			}
			config, probe, read = c, h, st.ModTime()
		}
		return answers(ctx, probe, config.Host+"/readyz"), nil
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the apiserver named in %s: %w", kubeconfig, err)
	}
	return config, nil
}

func answers(ctx context.Context, h *http.Client, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	r, err := h.Do(q)
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}

func client(config *rest.Config, group schema.GroupVersion, root string) (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, discoveryv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	metav1.AddToGroupVersion(scheme, group)
	c := rest.CopyConfig(config)
	c.APIPath, c.GroupVersion = root, &group
	c.ContentType = runtime.ContentTypeProtobuf // half the work of JSON
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c.QPS = -1
	c.UserAgent = "podling-net"
	r, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("make a client of the apiserver: %w", err)
	}
	return r, nil
}

// follow keeps s at the state of one resource. The store keeps our own few
// fields, not the objects.
func follow(ctx context.Context, c *rest.RESTClient, resource string, example runtime.Object, s *store) {
	lw := cache.NewListWatchFromClient(c, resource, metav1.NamespaceAll, fields.Everything())
	r := cache.NewReflectorWithOptions(lw, example, s, cache.ReflectorOptions{
		Name: "podling-" + resource,
		// An apiserver that restarts is back within seconds.
		Backoff: &wait.Backoff{Duration: pollInterval, Factor: 2, Jitter: 0.2, Steps: 6, Cap: time.Second},
	})
	go r.RunWithContext(ctx)
}

// addresses parses what can be parsed.
func addresses(all []string) []netip.Addr {
	var out []netip.Addr
	for _, s := range all {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			out = append(out, a)
		}
	}
	return out
}
