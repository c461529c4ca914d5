package server

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
)

// TestHangs: what an endpoint hangs on comes from what it has told, and anew when that
// has changed. Addresses that are used at other sites too are those of its own; what is on
// the machine itself is none.
func TestHangs(t *testing.T) {
	h := &hangs{index: contrast.NewIndex()}
	says := func() []string {
		out := []string{}
		for _, p := range h.on("a", "Berlin") {
			out = append(out, fmt.Sprint(p))
		}
		return out
	}
	if d := cmp.Diff([]string{"the site Berlin", "all sites"}, says()); d != "" {
		t.Errorf("before it has told anything: %s", d)
	}
	facts := []stock.Fact{
		{Kind: stock.AccessPoint, Name: "6e70-0d27-cd53"},
		{Kind: stock.Gateway, Name: "10.0.1.1"}, {Kind: stock.Subnet, Name: "10.0.1.0/24"}, {Kind: stock.Resolver, Name: "10.0.0.53"}, {Kind: stock.Resolver, Name: "9.9.9.9"},
		{Kind: stock.Resolver, Name: "127.0.0.53"}, {Kind: stock.Tunnel, Name: "wg"}, {Kind: stock.Network, Name: "proxy", Value: "http://proxy:3128"}, {Kind: stock.Network, Name: "wired link"},
		{Kind: stock.Software, Name: "vim", Value: "9"},
	}
	h.index.Set("a", "1", time.Now(), facts)
	if d := cmp.Diff([]string{
		"the access point 6e70-0d27-cd53 in Berlin", "the gateway 10.0.1.1 in Berlin", "the subnet 10.0.1.0/24 in Berlin", "the VPN “wg”", "the proxy http://proxy:3128", "the site Berlin", "all sites", "the DNS server 9.9.9.9", "the DNS server 10.0.0.53 in Berlin",
	}, says()); d != "" {
		t.Error(d)
	}
	h.index.Set("a", "2", time.Now(), facts[:2])
	if d := cmp.Diff([]string{"the access point 6e70-0d27-cd53 in Berlin", "the gateway 10.0.1.1 in Berlin", "the site Berlin", "all sites"}, says()); d != "" {
		t.Errorf("after a change: %s", d)
	}
}
