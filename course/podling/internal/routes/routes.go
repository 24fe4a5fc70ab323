// Package routes keeps a node's routes to the other nodes' pods: what kindnet
// does where a node image has it.
package routes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"kubelab.dev/podling/internal/kube"
)

// node is what a route needs of one.
type node struct {
	Metadata struct{ Name string }
	Spec     struct{ PodCIDR string }
	Status   struct {
		Addresses []struct{ Type, Address string }
	}
}

func (n node) address() string {
	for _, a := range n.Status.Addresses {
		if a.Type == "InternalIP" {
			return a.Address
		}
	}
	return ""
}

// Keep follows the nodes until ctx is done; own is the name of this one.
func Keep(ctx context.Context, client *kube.Client, own string, logf func(string, ...any)) error {
	there := map[string]string{} // podCIDR by node
	put := func(n node) {
		if n.Metadata.Name == own || n.Spec.PodCIDR == "" || n.address() == "" {
			return
		}
		if err := ip("route", "replace", n.Spec.PodCIDR, "via", n.address()); err != nil {
			logf("%v", err)
			return
		}
		there[n.Metadata.Name] = n.Spec.PodCIDR
	}
	for ctx.Err() == nil {
		err := kube.Follow(ctx, client, "/api/v1/nodes", func(all []node) {
			for _, n := range all {
				put(n)
			}
		}, func(event kube.Event[node]) {
			if event.Type != "DELETED" {
				put(event.Object)
			} else if route, ok := there[event.Object.Metadata.Name]; ok {
				delete(there, event.Object.Metadata.Name)
				if err := ip("route", "delete", route); err != nil {
					logf("%v", err)
				}
			}
		})
		if err != nil && ctx.Err() == nil {
			logf("nodes: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second): // the apiserver restarts, or this node has no rights yet
		}
	}
	return nil
}

// OwnNetwork is the network of the nodes, and the interface that this one has
// in it: that of its default route.
func OwnNetwork() (netip.Prefix, string, error) {
	said, err := exec.Command("ip", "-4", "route", "show", "default").Output()
	if err != nil {
		return netip.Prefix{}, "", fmt.Errorf("the default route: %w", err)
	}
	words := strings.Fields(string(said))
	for i, word := range words {
		if word == "dev" && i+1 < len(words) {
			return networkOf(words[i+1])
		}
	}
	return netip.Prefix{}, "", errors.New("this node has no default route")
}

func networkOf(device string) (netip.Prefix, string, error) {
	link, err := net.InterfaceByName(device)
	if err != nil {
		return netip.Prefix{}, "", err
	}
	addresses, err := link.Addrs()
	if err != nil {
		return netip.Prefix{}, "", err
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Bits() < 32 {
			return p.Masked(), device, nil
		}
	}
	return netip.Prefix{}, "", fmt.Errorf("%s has no IPv4 address", device)
}

func ip(args ...string) error {
	if said, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}
