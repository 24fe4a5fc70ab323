package crictl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/subset"
)

func (c *client) pull() *cobra.Command {
	var login string
	command := &cobra.Command{Use: "pull NAME[:TAG|@DIGEST]", Short: "Pull an image from a registry",
		Args: subset.Arguments(1, "NAME[:TAG|@DIGEST]"),
		RunE: func(command *cobra.Command, args []string) error {
			request := &runtimeapi.PullImageRequest{Image: &runtimeapi.ImageSpec{Image: args[0]}}
			if user, password, ok := strings.Cut(login, ":"); ok {
				request.Auth = &runtimeapi.AuthConfig{Username: user, Password: password}
			}
			done, err := c.image.PullImage(command.Context(), request)
			if err != nil {
				return plain("pulling image", err)
			}
			fmt.Printf("Image is up to date for %s\n", done.ImageRef)
			return nil
		}}
	command.Flags().StringVar(&login, "creds", "", "USERNAME:PASSWORD of the registry")
	return command
}

func (c *client) images() *cobra.Command {
	var digests bool
	command := c.listing(&cobra.Command{Use: "images [REPOSITORY[:TAG]]", Aliases: []string{"image", "img"}, Short: "List images",
		RunE: func(command *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), callTimeout)
			defer cancel()
			request := &runtimeapi.ListImagesRequest{}
			if len(args) > 0 {
				request.Filter = &runtimeapi.ImageFilter{Image: &runtimeapi.ImageSpec{Image: args[0]}}
			}
			list, err := c.image.ListImages(ctx, request)
			if err != nil {
				return plain("listing images", err)
			}
			if done, err := c.whole(list); done {
				return err
			}
			if c.quiet {
				for _, image := range list.Images {
					fmt.Println(image.Id)
				}
				return nil
			}
			return c.imageTable(list.Images, digests)
		}})
	command.Flags().BoolVar(&digests, "digests", false, "show digests")
	return command
}

func (c *client) imageTable(images []*runtimeapi.Image, digests bool) error {
	header := []string{"IMAGE", "TAG", "IMAGE ID", "SIZE"}
	if digests {
		header = []string{"IMAGE", "TAG", "DIGEST", "IMAGE ID", "SIZE"}
	}
	w := table(header...)
	for _, image := range images {
		size := units.HumanSizeWithPrecision(float64(image.Size), 3)
		name, digest := "<none>", "<none>"
		if len(image.RepoDigests) > 0 {
			name, digest, _ = strings.Cut(image.RepoDigests[0], "@")
		}
		tags := image.RepoTags
		if len(tags) == 0 {
			tags = []string{name + ":<none>"}
		}
		for _, full := range tags {
			at := strings.LastIndexByte(full, ':')
			cells := []string{full[:at], full[at+1:], c.short(image.Id), size}
			if digests {
				cells = []string{full[:at], full[at+1:], c.short(digest), c.short(image.Id), size}
			}
			row(w, cells...)
		}
	}
	return w.Flush()
}

// find gives an image by name, or by the beginning of its id.
func (c *client) find(ctx context.Context, text string) (*runtimeapi.Image, error) {
	found, err := c.image.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: &runtimeapi.ImageSpec{Image: text}})
	if err != nil || found.Image != nil {
		return found.GetImage(), err
	}
	list, err := c.image.ListImages(ctx, &runtimeapi.ListImagesRequest{})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, image := range list.Images {
		ids = append(ids, strings.TrimPrefix(image.Id, "sha256:"))
	}
	id, err := oneOf("image", strings.TrimPrefix(text, "sha256:"), ids)
	if err != nil {
		return nil, nil
	}
	for _, image := range list.Images {
		if image.Id == "sha256:"+id {
			return image, nil
		}
	}
	return nil, nil
}

func (c *client) rmi() *cobra.Command {
	var all, prune bool
	command := &cobra.Command{Use: "rmi IMAGE…", Short: "Remove images",
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			if all || prune {
				chosen, err := c.all(ctx, prune)
				if err != nil {
					return err
				}
				args = chosen
			} else if len(args) == 0 {
				return errors.New("crictl rmi IMAGE…: too few arguments")
			}
			failed := false
			for _, text := range args {
				if err := c.remove(ctx, text); err != nil {
					fmt.Fprintf(os.Stderr, "E: %v\n", err)
					failed = true
				}
			}
			if failed {
				return errors.New("unable to remove the image(s)")
			}
			return nil
		}}
	command.Flags().BoolVarP(&all, "all", "a", false, "remove all images")
	command.Flags().BoolVarP(&prune, "prune", "q", false, "remove all unused images")
	return command
}

func (c *client) remove(ctx context.Context, text string) error {
	image, err := c.find(ctx, text)
	if err != nil {
		return plain("image status", err)
	}
	if image == nil {
		return fmt.Errorf("no such image %s", text)
	}
	_, err = c.image.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: &runtimeapi.ImageSpec{Image: image.Id}})
	if err != nil {
		return plain("remove image", err)
	}
	names := image.RepoTags
	if len(names) == 0 {
		names = []string{image.Id}
	}
	for _, name := range names {
		fmt.Printf("Deleted: %s\n", name)
	}
	return nil
}

// all are the ids of all images, or of those that no container uses.
func (c *client) all(ctx context.Context, unused bool) (ids []string, err error) {
	list, err := c.image.ListImages(ctx, &runtimeapi.ListImagesRequest{})
	if err != nil {
		return nil, plain("listing images", err)
	}
	used := map[string]bool{}
	if unused {
		containers, err := c.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
		if err != nil {
			return nil, plain("list containers", err)
		}
		for _, one := range containers.Containers {
			used[one.ImageRef], used[one.Image.GetImage()] = true, true
		}
	}
	for _, image := range list.Images {
		if !used[image.Id] {
			ids = append(ids, image.Id)
		}
	}
	return ids, nil
}

func (c *client) inspecti() *cobra.Command {
	return c.inspecting("inspecti IMAGE…", "Show the status of images", func(ctx context.Context, text string) (any, map[string]string, error) {
		image, err := c.find(ctx, text)
		if err != nil {
			return nil, nil, plain("image status", err)
		}
		if image == nil {
			return nil, nil, fmt.Errorf("no such image %q present", text)
		}
		full, err := c.image.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: &runtimeapi.ImageSpec{Image: image.Id}, Verbose: true})
		if err != nil {
			return nil, nil, plain("image status", err)
		}
		return full.Image, full.Info, nil
	})
}

// inspecting makes a command that shows status and info of each argument.
func (c *client) inspecting(use, short string, ask func(context.Context, string) (any, map[string]string, error)) *cobra.Command {
	_, arguments, _ := strings.Cut(use, " ")
	command := &cobra.Command{Use: use, Short: short, Args: subset.Arguments(1, arguments),
		RunE: func(command *cobra.Command, args []string) error {
			for _, text := range args {
				message, info, err := ask(command.Context(), text)
				if err != nil {
					return err
				}
				status, err := asJSON(message)
				if err != nil {
					return err
				}
				text, err := indent(inspected{status, parsed(info)})
				if err != nil {
					return err
				}
				if err := c.print(text); err != nil {
					return err
				}
			}
			return nil
		}}
	command.Flags().StringP("output", "o", "json", "output format, one of: json|yaml")
	return command
}

type inspected struct {
	Status json.RawMessage `json:"status"`
	Info   map[string]any  `json:"info"`
}

// parsed turns texts that are JSON into what they say.
func parsed(info map[string]string) map[string]any {
	all := map[string]any{}
	for key, text := range info {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		all[key] = value
	}
	return all
}
