package ctr

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kubelab.dev/podling/internal/images"
	"kubelab.dev/podling/internal/subset"
)

const platform = "linux/" + runtime.GOARCH

// record is a line of `ctr images ls`: a name, and the image that it names.
type record struct {
	name string
	images.Image
}

// records are names as containerd has them: its CRI plugin, which works in
// Kubernetes' namespace alone, keeps digests and the image's id beside the tags.
func records(all []images.Image, kubernetes bool) []record {
	var list []record
	for _, image := range all {
		names := slices.Clone(image.RepoTags)
		if kubernetes || len(names) == 0 {
			names = append(append(names, image.RepoDigests...), image.ID)
		}
		for _, name := range names {
			list = append(list, record{name, image})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}

func (c *client) list() *cobra.Command {
	var quiet bool
	command := &cobra.Command{Use: "list [NAME…]", Aliases: []string{"ls"}, Short: "List images known to containerd",
		RunE: func(command *cobra.Command, args []string) error {
			var all []images.Image
			if err := c.get(command.Context(), http.MethodGet, "/images", nil, nil, &all); err != nil {
				return err
			}
			list := records(all, c.namespace == "k8s.io")
			if len(args) > 0 {
				list = slices.DeleteFunc(list, func(r record) bool {
					return !slices.ContainsFunc(args, func(a string) bool {
						return r.name == strings.TrimPrefix(a, "name==") || strings.HasPrefix(a, "name~=") && strings.Contains(r.name, strings.Trim(a[6:], "/\"'"))
					})
				})
			}
			if quiet {
				for _, r := range list {
					fmt.Println(r.name)
				}
				return nil
			}
			w := tabwriter.NewWriter(os.Stdout, 1, 8, 1, ' ', 0)
			fmt.Fprintln(w, "REF\tTYPE\tDIGEST\tSIZE\tPLATFORMS\tLABELS\t")
			for _, r := range list {
				labels := "-"
				if c.namespace == "k8s.io" {
					labels = "io.cri-containerd.image=managed"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", r.name, r.TargetType, r.Target, size(r.Size), platform, labels)
			}
			return w.Flush()
		}}
	command.Flags().BoolVarP(&quiet, "quiet", "q", false, "print only the image refs")
	return command
}

// size is as ctr shows it.
func size(n int64) string {
	value, unit := float64(n), 0
	names := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for value >= 1024 && unit < len(names)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, names[unit])
}

func (c *client) pull() *cobra.Command {
	var wanted, hosts, login string
	var all, plain bool
	command := &cobra.Command{Use: "pull REF", Short: "Pull an image from a remote", Args: subset.Arguments(1, "REF"),
		Long: "Pull an image from a remote. ctr does not read the CRI's configuration of registries: without --hosts-dir it asks the registry itself.",
		RunE: func(command *cobra.Command, args []string) error {
			switch {
			case all:
				return errors.New("this lab's ctr has no pull --all-platforms: a node keeps the images of its own platform, " + platform)
			case plain:
				return errors.New(`this lab's ctr has no pull --plain-http: write server = "http://…" into a hosts.toml, and name its folder by --hosts-dir`)
			case !strings.Contains(args[0], "/"):
				return fmt.Errorf("failed to resolve reference %q: object required (ctr wants the whole name, such as docker.io/library/nginx:1.22)", args[0])
			}
			q := url.Values{"name": {args[0]}, "hosts-dir": {hosts}, "platform": {wanted}}
			if user, password, ok := strings.Cut(login, ":"); ok {
				q.Set("user", user)
				q.Set("password", password)
			}
			began := time.Now()
			var image images.Image
			if err := c.get(command.Context(), http.MethodPost, "/images/pull", q, nil, &image); err != nil {
				return err
			}
			fmt.Printf("%s: resolved\n", args[0])
			fmt.Printf("manifest-%s: done\n", image.Manifest)
			for _, layer := range image.Blobs {
				fmt.Printf("layer-%s: done\n", layer)
			}
			fmt.Printf("config-%s: done\n", image.ID)
			fmt.Printf("elapsed: %.1fs\ttotal: %s\nunpacking %s %s... done\n", time.Since(began).Seconds(), size(image.Size), platform, image.Target)
			return nil
		}}
	f := command.Flags()
	f.StringVar(&wanted, "platform", "", "pull content for this platform")
	f.BoolVar(&all, "all-platforms", false, "not in this lab")
	f.BoolVar(&plain, "plain-http", false, "not in this lab")
	f.StringVar(&hosts, "hosts-dir", "", "a folder of hosts configurations, such as /etc/containerd/certs.d")
	f.StringVarP(&login, "user", "u", "", "USER:PASSWORD of the registry")
	return command
}

func (c *client) importing() *cobra.Command {
	return &cobra.Command{Use: "import FILE|-", Short: "Import images from an OCI or a docker archive", Args: subset.Arguments(1, "FILE|-"),
		RunE: func(command *cobra.Command, args []string) error {
			in := io.ReadCloser(os.Stdin)
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			var all []images.Imported
			if err := c.get(command.Context(), http.MethodPost, "/images/import", nil, in, &all); err != nil {
				return err
			}
			for _, one := range all {
				name := one.Name
				if name == "" {
					name = one.ID
				}
				fmt.Printf("unpacking %s (%s)...done\n", name, one.Target)
			}
			return nil
		}}
}

func (c *client) export() *cobra.Command {
	var wanted string
	var all bool
	command := &cobra.Command{Use: "export FILE|- IMAGE…", Short: "Export images as one archive, which docker reads as well", Args: subset.Arguments(2, "FILE|- IMAGE…"),
		RunE: func(command *cobra.Command, args []string) error {
			if all {
				return errors.New("this lab's ctr has no export --all-platforms: a node keeps the images of its own platform, " + platform)
			}
			body, err := c.ask(command.Context(), http.MethodGet, "/images/export", url.Values{"name": args[1:], "platform": {wanted}}, nil)
			if err != nil {
				return err
			}
			defer body.Close()
			return subset.CopyTo(args[0], body)
		}}
	command.Flags().StringVar(&wanted, "platform", "", "export content of this platform")
	command.Flags().BoolVar(&all, "all-platforms", false, "not in this lab")
	return command
}

func (c *client) remove() *cobra.Command {
	var sync bool
	command := &cobra.Command{Use: "remove REF…", Aliases: []string{"rm", "del", "delete"}, Short: "Remove images by reference", Args: subset.Arguments(1, "REF…"),
		RunE: func(command *cobra.Command, args []string) error {
			failed := false
			for _, name := range args {
				var nothing struct{}
				if err := c.get(command.Context(), http.MethodDelete, "/images", url.Values{"name": {name}}, nil, &nothing); err != nil {
					fmt.Fprintf(os.Stderr, "ctr: unable to delete %s: %v\n", name, err)
					failed = true
					continue
				}
				fmt.Println(name)
			}
			if failed {
				return subset.Exit{Code: 1}
			}
			return nil
		}}
	command.Flags().BoolVar(&sync, "sync", false, "wait until the content is removed, too (here it always is)")
	return command
}

func (c *client) tag() *cobra.Command {
	var force bool
	command := &cobra.Command{Use: "tag SOURCE TARGET…", Short: "Tag an image", Args: subset.Arguments(2, "SOURCE TARGET…"),
		RunE: func(command *cobra.Command, args []string) error {
			for _, target := range args[1:] {
				q := url.Values{"name": {args[0]}, "target": {target}}
				if force {
					q.Set("force", "1")
				}
				var nothing struct{}
				if err := c.get(command.Context(), http.MethodPost, "/images/tag", q, nil, &nothing); err != nil {
					return err
				}
				fmt.Println(target)
			}
			return nil
		}}
	command.Flags().BoolVar(&force, "force", false, "take the name from another image")
	return command
}

func (c *client) listNamespaces() *cobra.Command {
	var quiet bool
	command := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List namespaces",
		RunE: func(command *cobra.Command, _ []string) error {
			var names []string
			if err := c.get(command.Context(), http.MethodGet, "/namespaces", nil, nil, &names); err != nil {
				return err
			}
			w := tabwriter.NewWriter(os.Stdout, 1, 8, 1, ' ', 0)
			if !quiet {
				fmt.Fprintln(w, "NAME\tLABELS\t")
			}
			for _, name := range names {
				fmt.Fprintf(w, "%s\t\t\n", name)
			}
			return w.Flush()
		}}
	command.Flags().BoolVarP(&quiet, "quiet", "q", false, "print only the names")
	return command
}

func (c *client) version() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the client's and the server's versions",
		RunE: func(*cobra.Command, []string) error {
			fmt.Println("ctr of podling, a subset of containerd's: https://github.com/containerd/containerd/tree/main/cmd/ctr")
			return nil
		}}
}
