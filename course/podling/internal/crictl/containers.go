package crictl

import (
	"context"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func (c *client) ps() *cobra.Command {
	var all, latest bool
	var name, state, pod, image string
	command := c.listing(&cobra.Command{Use: "ps", Short: "List containers",
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), callTimeout)
			defer cancel()
			list, err := c.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
			if err != nil {
				return plain("listing containers", err)
			}
			named, err := regexp.Compile(name)
			if err != nil {
				return err
			}
			var imageID string
			if image != "" {
				if found, err := c.find(ctx, image); err == nil && found != nil {
					imageID = found.Id
				}
			}
			kept := list.Containers[:0]
			for _, one := range list.Containers {
				wanted := all || latest || state != "" || one.State == runtimeapi.ContainerState_CONTAINER_RUNNING
				wanted = wanted && named.MatchString(one.Metadata.GetName()) && strings.HasPrefix(one.PodSandboxId, pod)
				wanted = wanted && (state == "" || strings.EqualFold(containerState(one.State), state))
				if wanted && (image == "" || imageID != "" && one.ImageId == imageID || one.ImageRef == imageID && imageID != "") {
					kept = append(kept, one)
				}
			}
			sort.SliceStable(kept, func(i, j int) bool { return kept[i].CreatedAt > kept[j].CreatedAt })
			if latest && len(kept) > 1 {
				kept = kept[:1]
			}
			list.Containers = kept
			if done, err := c.whole(list); done {
				return err
			}
			return c.containerTable(ctx, kept)
		}})
	f := command.Flags()
	f.BoolVarP(&all, "all", "a", false, "show all containers, not only running ones")
	f.BoolVarP(&latest, "latest", "l", false, "show the container that was created last")
	f.StringVar(&name, "name", "", "only containers with names that fit this regular expression")
	f.StringVarP(&state, "state", "s", "", "only containers in this state: created, running, exited or unknown")
	f.StringVarP(&pod, "pod", "p", "", "only containers of the pod with this id")
	f.StringVar(&image, "image", "", "only containers of this image")
	return command
}

func (c *client) containerTable(ctx context.Context, containers []*runtimeapi.Container) error {
	if c.quiet {
		for _, one := range containers {
			fmt.Println(one.Id)
		}
		return nil
	}
	pods := map[string]*runtimeapi.PodSandbox{}
	list, err := c.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})
	if err != nil {
		return plain("listing pod sandboxes", err)
	}
	for _, pod := range list.Items {
		pods[pod.Id] = pod
	}
	w := table("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE")
	for _, one := range containers {
		pod := pods[one.PodSandboxId]
		row(w, c.short(one.Id), c.shortImage(one.Image.GetImage()), ago(one.CreatedAt), containerState(one.State), one.Metadata.GetName(),
			strconv.FormatUint(uint64(one.Metadata.GetAttempt()), 10), c.short(one.PodSandboxId),
			pod.GetMetadata().GetName(), pod.GetMetadata().GetNamespace())
	}
	return w.Flush()
}

// shortImage cuts an id; a name stays whole.
func (c *client) shortImage(image string) string {
	if strings.HasPrefix(image, "sha256:") {
		return c.short(image)
	}
	return image
}

func containerState(s runtimeapi.ContainerState) string {
	text := strings.TrimPrefix(s.String(), "CONTAINER_")
	return text[:1] + strings.ToLower(text[1:])
}

func (c *client) pods() *cobra.Command {
	var name, namespace, state string
	command := c.listing(&cobra.Command{Use: "pods", Short: "List pods",
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), callTimeout)
			defer cancel()
			list, err := c.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})
			if err != nil {
				return plain("listing pod sandboxes", err)
			}
			named, err := regexp.Compile(name)
			if err != nil {
				return err
			}
			kept := list.Items[:0]
			for _, pod := range list.Items {
				if named.MatchString(pod.Metadata.GetName()) && (namespace == "" || pod.Metadata.GetNamespace() == namespace) &&
					(state == "" || strings.EqualFold(podState(pod.State), state)) {
					kept = append(kept, pod)
				}
			}
			list.Items = kept
			sort.SliceStable(kept, func(i, j int) bool { return kept[i].CreatedAt > kept[j].CreatedAt })
			if done, err := c.whole(list); done {
				return err
			}
			if c.quiet {
				for _, pod := range kept {
					fmt.Println(pod.Id)
				}
				return nil
			}
			w := table("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME")
			for _, pod := range kept {
				handler := pod.RuntimeHandler
				if handler == "" {
					handler = "(default)"
				}
				row(w, c.short(pod.Id), ago(pod.CreatedAt), podState(pod.State), pod.Metadata.GetName(), pod.Metadata.GetNamespace(),
					strconv.FormatUint(uint64(pod.Metadata.GetAttempt()), 10), handler)
			}
			return w.Flush()
		}})
	command.Flags().StringVar(&name, "name", "", "only pods with names that fit this regular expression")
	command.Flags().StringVar(&namespace, "namespace", "", "only pods of this namespace")
	command.Flags().StringVarP(&state, "state", "s", "", "only pods in this state: ready or notready")
	return command
}

func podState(s runtimeapi.PodSandboxState) string {
	if s == runtimeapi.PodSandboxState_SANDBOX_READY {
		return "Ready"
	}
	return "NotReady"
}

func (c *client) inspect() *cobra.Command {
	return c.inspecting("inspect CONTAINER…", "Show the status of containers", func(ctx context.Context, text string) (any, map[string]string, error) {
		id, err := c.container(ctx, text)
		if err != nil {
			return nil, nil, err
		}
		found, err := c.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id, Verbose: true})
		if err != nil {
			return nil, nil, plain("getting the status of the container", err)
		}
		return found.Status, found.Info, nil
	})
}

func (c *client) inspectp() *cobra.Command {
	return c.inspecting("inspectp POD…", "Show the status of pods", func(ctx context.Context, text string) (any, map[string]string, error) {
		id, err := c.pod(ctx, text)
		if err != nil {
			return nil, nil, err
		}
		found, err := c.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
		if err != nil {
			return nil, nil, plain("getting the status of the pod", err)
		}
		return found.Status, found.Info, nil
	})
}

func (c *client) info() *cobra.Command {
	command := &cobra.Command{Use: "info", Short: "Show the runtime's state",
		RunE: func(command *cobra.Command, _ []string) error {
			found, err := c.Status(command.Context(), &runtimeapi.StatusRequest{Verbose: true})
			if err != nil {
				return plain("getting the status of the runtime", err)
			}
			status, err := asJSON(found.Status)
			if err != nil {
				return err
			}
			text, err := indent(inspected{status, parsed(found.Info)})
			if err != nil {
				return err
			}
			return c.print(text)
		}}
	command.Flags().StringP("output", "o", "json", "output format, one of: json|yaml")
	return command
}

func (c *client) version() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Show the runtime's version",
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), callTimeout)
			defer cancel()
			v, err := c.Version(ctx, &runtimeapi.VersionRequest{})
			if err != nil {
				return plain("getting the runtime version", err)
			}
			fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
				v.Version, v.RuntimeName, v.RuntimeVersion, v.RuntimeApiVersion)
			return nil
		}}
}
