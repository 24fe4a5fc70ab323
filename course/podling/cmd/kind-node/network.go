package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
)

// ownNetwork is the network of the nodes, and the interface that this one has
// in it: that of its default route.
func ownNetwork() (netip.Prefix, string, error) {
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
