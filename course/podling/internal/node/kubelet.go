package node

import (
	"context"
	"fmt"
	"time"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	"k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/util/oom"
	"k8s.io/kubernetes/pkg/volume/util/hostutil"
	"k8s.io/mount-utils"

	"kubelab.dev/podling/internal/addr"
)

// kubelet runs upstream's kubelet with the parts replaced that want
// privileges: mounts, cgroups, oom scores and cAdvisor.
func (n *Node) kubelet(ctx context.Context) error {
	server, err := n.kubeletServer()
	if err != nil {
		return err
	}
	if err := allowMissingKmsg(); err != nil {
		return err
	}
	deps, err := n.kubeletDependencies(ctx, server)
	if err != nil {
		return err
	}
	return kubeletapp.Run(ctx, server, deps, utilfeature.DefaultFeatureGate)
}

func (n *Node) kubeletDependencies(ctx context.Context, server *options.KubeletServer) (*kubelet.Dependencies, error) {
	deps, err := kubeletapp.UnsecuredDependencies(ctx, server, utilfeature.DefaultFeatureGate)
	if err != nil {
		return nil, err
	}
	deps.ContainerManager = cm.NewStubContainerManager()
	deps.CAdvisorInterface = machine{root: n.dir()}
	deps.Mounter = mount.NewFakeMounter(nil)
	deps.HostUtil = hostUtil{hostutil.NewHostUtil()}
	deps.Subpather = subpather{}
	deps.OOMAdjuster = oom.NewFakeOOMAdjuster()
	deps.OSInterface = movedLogs{RealOS: kubecontainer.RealOS{}, dir: n.dir("logs", "containers")}
	return deps, nil
}

func (n *Node) kubeletServer() (*options.KubeletServer, error) {
	flags := options.NewKubeletFlags()
	flags.KubeConfig = n.cluster.Path("pki", fmt.Sprintf("node-%d.kubeconfig", n.index))
	flags.RootDirectory = n.dir("kubelet")
	flags.CertDirectory = n.dir("kubelet", "pki")
	flags.HostnameOverride = n.name()
	flags.CloudProvider = "external" // see register
	// The kubelet keeps one ended container of each, for its last words, and takes
	// one that was made and does not run yet for an ended one, too.
	flags.MinimumGCAge.Duration = time.Minute
	config, err := options.NewKubeletConfiguration()
	if err != nil {
		return nil, err
	}
	n.configure(config)
	return &options.KubeletServer{KubeletFlags: *flags, KubeletConfiguration: *config}, nil
}

func (n *Node) configure(c *kubeletconfig.KubeletConfiguration) {
	c.Address = n.cluster.NodeLoopback(n.index)
	c.Port = 10250
	c.ReadOnlyPort = 0
	c.HealthzPort = 0
	c.TLSCertFile = n.cluster.Path("pki", fmt.Sprintf("kubelet-%d.crt", n.index))
	c.TLSPrivateKeyFile = n.cluster.Path("pki", fmt.Sprintf("kubelet-%d.key", n.index))
	c.Authentication.X509.ClientCAFile = n.cluster.Path("pki", "ca.crt")
	c.Authentication.Anonymous.Enabled = false
	c.Authentication.Webhook.Enabled = true
	c.Authorization.Mode = kubeletconfig.KubeletAuthorizationModeWebhook

	c.ContainerRuntimeEndpoint = "unix://" + n.socket()
	c.ImageServiceEndpoint = ""
	c.ClusterDNS = []string{addr.DNSService.String()}
	c.ClusterDomain = "cluster.local"
	c.PodLogsDir = n.dir("logs", "pods")
	c.VolumePluginDir = n.dir("kubelet", "plugins-exec")
	c.SerializeImagePulls = false
	c.NodeStatusUpdateFrequency.Duration = 10 * time.Second

	// What the kubelet would do to the machine as root.
	c.FeatureGates = map[string]bool{"KubeletInUserNamespace": true, "PodAndContainerStatsFromCRI": true}
	c.CgroupsPerQOS = false
	c.EnforceNodeAllocatable = []string{}
	c.FailCgroupV1 = false
	c.FailSwapOn = false
	c.LocalStorageCapacityIsolation = false
	c.MakeIPTablesUtilChains = false
	c.EvictionHard = map[string]string{} // a full laptop disk must not evict a lesson's pods
	c.ImageGCHighThresholdPercent = 100  // nor delete its images
}
