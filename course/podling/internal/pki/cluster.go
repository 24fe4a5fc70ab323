package pki

import (
	"encoding/base64"
	"fmt"
	"os"

	"kubelab.dev/podling/internal/addr"
	"kubelab.dev/podling/internal/spec"
)

// WriteCluster makes all keys of a cluster in STATE/pki, its kubeconfigs
// there, and those for people, the administrator's and the student's, in STATE.
func WriteCluster(c *spec.Cluster) error {
	dir := c.Path("pki")
	ca, err := NewCA(dir, "ca")
	if err != nil {
		return err
	}
	if err := SigningKey(dir, "sa"); err != nil {
		return err
	}
	if err := writeServers(c, ca, dir); err != nil {
		return err
	}
	if err := writeFrontProxy(dir); err != nil {
		return err
	}
	return writeClients(c, ca, dir)
}

func writeServers(c *spec.Cluster, ca *CA, dir string) error {
	_, err := ca.Server(dir, "apiserver", "kubernetes", "kubernetes.default",
		"kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost",
		addr.APIService.String(), c.NodeAddress(0), c.NodeLoopback(0), c.NodeName(0))
	if err != nil {
		return err
	}
	if _, err := ca.Server(dir, "control-plane", "localhost", c.NodeLoopback(0)); err != nil {
		return err
	}
	for i := range c.Nodes {
		_, err := ca.Server(dir, fmt.Sprintf("kubelet-%d", i),
			c.NodeName(i), c.NodeAddress(i), c.NodeLoopback(i))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFrontProxy makes the authority for extension API servers apart from
// the cluster's: its certificates may name any user.
func writeFrontProxy(dir string) error {
	ca, err := NewCA(dir, "front-proxy-ca")
	if err != nil {
		return err
	}
	_, err = ca.Client(dir, "front-proxy-client", "front-proxy-client")
	return err
}

func writeClients(c *spec.Cluster, ca *CA, dir string) error {
	if _, err := ca.Client(dir, "apiserver-kubelet-client", "kube-apiserver-kubelet-client", "system:masters"); err != nil {
		return err
	}
	clients := map[string][]string{ // file: user, groups
		"admin":              {"kubernetes-admin", "system:masters"},
		"controller-manager": {"system:kube-controller-manager"},
		"scheduler":          {"system:kube-scheduler"},
		"net":                {"system:kube-proxy"},
		"student":            {"student", "kubelab:students"},
	}
	places := map[string]string{"admin": c.Kubeconfig(), "student": c.StudentKubeconfig()}
	for i := range c.Nodes {
		clients[fmt.Sprintf("node-%d", i)] = []string{"system:node:" + c.NodeName(i), "system:nodes"}
	}
	for file, who := range clients {
		pair, err := ca.Client(dir, file, who[0], who[1:]...)
		if err != nil {
			return err
		}
		path, ok := places[file]
		if !ok {
			path = c.Path("pki", file+".kubeconfig")
		}
		if err := writeKubeconfig(c, path, who[0], ca, pair); err != nil {
			return err
		}
	}
	return nil
}

// writeKubeconfig writes YAML by hand: one fixed shape, and the keeper stays
// free of Kubernetes libraries, which cost memory in every process.
func writeKubeconfig(c *spec.Cluster, path, user string, ca *CA, pair Pair) error {
	b64 := base64.StdEncoding.EncodeToString
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: %[1]s
  cluster:
    server: %[2]s
    certificate-authority-data: %[3]s
users:
- name: %[4]q
  user:
    client-certificate-data: %[5]s
    client-key-data: %[6]s
contexts:
- name: %[1]s
  context:
    cluster: %[1]s
    user: %[4]q
current-context: %[1]s
`, c.Name, c.APIServer(), b64(ca.PEM), user, b64(pair.Cert), b64(pair.Key))
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
		return err
	}
	// net waits for its file to appear: it must be whole when it does.
	return os.Rename(temporary, path)
}
