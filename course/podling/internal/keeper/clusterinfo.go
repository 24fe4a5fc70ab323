package keeper

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"kubelab.dev/podling/internal/spec"
)

// infoRole is kubeadm's name for the right to read cluster-info.
const infoRole = "kubeadm:bootstrap-signer-clusterinfo"

// publishInfo makes what kubeadm makes: the ConfigMap cluster-info in
// kube-public, readable by anyone, which says where the cluster is and whom to
// trust. Nothing changes it later.
func publishInfo(ctx context.Context, a *apiClient, c *spec.Cluster) error {
	ca, err := os.ReadFile(c.Path("pki", "ca.crt"))
	if err != nil {
		return err
	}
	config := fmt.Sprintf(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: %s
    server: %s
  name: ""
contexts: null
current-context: ""
kind: Config
users: null
`, base64.StdEncoding.EncodeToString(ca), c.APIServer())
	meta := func(name string) map[string]any { return map[string]any{"name": name, "namespace": "kube-public"} }
	const rbac = "rbac.authorization.k8s.io"
	objects := []struct {
		path string
		body map[string]any
	}{
		{"/api/v1/namespaces/kube-public/configmaps", map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("cluster-info"),
			"data": map[string]string{"kubeconfig": config},
		}},
		{"/apis/" + rbac + "/v1/namespaces/kube-public/roles", map[string]any{
			"apiVersion": rbac + "/v1", "kind": "Role", "metadata": meta(infoRole),
			"rules": []any{map[string]any{"apiGroups": []string{""}, "resources": []string{"configmaps"},
				"resourceNames": []string{"cluster-info"}, "verbs": []string{"get"}}},
		}},
		{"/apis/" + rbac + "/v1/namespaces/kube-public/rolebindings", map[string]any{
			"apiVersion": rbac + "/v1", "kind": "RoleBinding", "metadata": meta(infoRole),
			"roleRef":  map[string]string{"apiGroup": rbac, "kind": "Role", "name": infoRole},
			"subjects": []any{map[string]string{"apiGroup": rbac, "kind": "User", "name": "system:anonymous"}},
		}},
	}
	for _, o := range objects {
		if err := createSoon(ctx, a, o.path, o.body); err != nil {
			return fmt.Errorf("publish cluster-info: %w", err)
		}
	}
	return nil
}

// createSoon tries until the namespace is there, which the apiserver makes
// about now.
func createSoon(ctx context.Context, a *apiClient, path string, body map[string]any) error {
	for {
		err := a.Send(ctx, http.MethodPost, path, "application/json", body)
		if err == nil || !strings.Contains(err.Error(), "404") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
