package remote

import (
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/check"
)

// TestLineOf judges lines: what may be an outage fails, what is so every day on some
// machines does not, and what could not be read says nothing.
func TestLineOf(t *testing.T) {
	well := func() *diagnostics.Network {
		return &diagnostics.Network{
			Interfaces: []diagnostics.Interface{{Name: "wlan0", Up: true, Carrier: true, Wireless: true, SignalDBm: -50, Addresses: []string{"10.0.4.7/24"}, RxPackets: 100_000}},
			Gateways:   []diagnostics.Gateway{{Address: "10.0.4.1", Interface: "wlan0", Asked: true, How: "echo", Answers: true, RTTms: 1, Sent: 4}},
			Resolvers:  []diagnostics.Resolver{{Address: "10.0.4.1", Answers: true, RCode: "NOERROR", RTTms: 2}},
			Server:     &diagnostics.ServerPath{Connected: true},
			RoutesRead: true,
		}
	}
	for name, c := range map[string]struct {
		does func(*diagnostics.Network)
		want check.Outcome
	}{
		"all is well": {func(*diagnostics.Network) {}, check.OK},
		"no link": {func(n *diagnostics.Network) {
			n.Interfaces[0].Carrier, n.Gateways, n.Server.Connected = false, nil, false
		}, check.Failed},
		"names are down": {func(n *diagnostics.Network) {
			n.Resolvers[0].Answers, n.Resolvers[0].RCode, n.Resolvers[0].Problem = false, "", "no answer in 1.5 s"
		}, check.Failed},
		"far from a radio": {func(n *diagnostics.Network) { n.Interfaces[0].SignalDBm = -80 }, check.OK},
		"errors so far":    {func(n *diagnostics.Network) { n.Interfaces[0].RxErrors = 5_000 }, check.OK},
	} {
		n := well()
		c.does(n)
		s := diagnostics.Snapshot{Version: 1, Network: diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: n}}
		got := lineOf(s)
		if got.Outcome != c.want || got.Says == "" {
			t.Errorf("%s: %s, %q; want %s", name, got.Outcome, got.Says, c.want)
		}
	}
	if got := lineOf(diagnostics.Snapshot{Version: 1}); got.Outcome != check.Unable {
		t.Errorf("what could not be read is %s", got.Outcome)
	}
}
