package fix

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
)

// cable lays a pair of links with addresses and routes, in a network of the
// test's own.
func cable(t *testing.T) {
	t.Helper()
	for _, l := range []string{
		"link set lo up", "link add near0 type veth peer name far0", "link set near0 up", "link set far0 up",
		"addr add 192.0.2.10/24 dev near0", "-6 addr add 2001:db8::10/64 dev near0 nodad",
		"route add default via 192.0.2.1 dev near0", "route add 198.51.100.0/24 via 192.0.2.1 dev near0 metric 7", "-6 route add default via 2001:db8::1 dev near0",
	} {
		probetest.Run(t, "ip", strings.Fields(l)...)
	}
}

// set is what is set on the link, as an independent program tells it.
func set(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, l := range []string{"-4 route show dev near0", "-6 route show dev near0 default", "-o addr show dev near0 scope global"} {
		for line := range strings.Lines(probetest.Run(t, "ip", strings.Fields(l)...)) {
			line, _, _ = strings.Cut(line, `\`)
			all = append(all, strings.Join(strings.Fields(strings.ReplaceAll(line, "linkdown", "")), " "))
		}
	}
	slices.Sort(all)
	return all
}

// A real link is switched off and on, and everything that was set on it is there
// again.
func TestCycleLink(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET) {
		return
	}
	cable(t)
	before := set(t)
	if len(before) < 6 {
		t.Fatalf("too little is set for this to show anything: %q", before)
	}
	step := CycleLink{Link: "near0"}
	plan, err := step.Plan(t.Context())
	if err != nil || plan.Count != 3 {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	were := transitions(t)
	done, err := step.Do(t.Context(), plan)
	if err != nil || strings.Contains(done.Says, "could not") {
		t.Fatalf("done %+v, %v", done, err)
	}
	if after := set(t); !slices.Equal(after, before) {
		t.Errorf("set before\n%s\nand after\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if now := transitions(t); now != were+2 {
		t.Errorf("%d transitions, then %d: the link was never off", were, now)
	}
}

// transitions is how often the link's other end has lost or found its carrier.
func transitions(t *testing.T) int {
	t.Helper()
	f := strings.Fields(probetest.Run(t, "ip", "-s", "-s", "link", "show", "far0"))
	n, err := strconv.Atoi(f[len(f)-1])
	if err != nil || !slices.Contains(f, "transns") {
		t.Fatalf("no transitions in %q", f)
	}
	return n
}

// Stopped in the middle, the link is on again, with all that was set on it.
func TestCycleIsStopped(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET) {
		return
	}
	cable(t)
	before := set(t)
	step := CycleLink{Link: "near0"}
	plan, err := step.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := step.Do(ctx, plan); err == nil {
		t.Error("it went on")
	}
	link, err := net.InterfaceByName("near0")
	if err != nil || link.Flags&net.FlagUp == 0 {
		t.Fatalf("the link is off: %v %v", link, err)
	}
	if after := set(t); !slices.Equal(after, before) {
		t.Errorf("set before\n%q\nand after\n%q", before, after)
	}
}

func TestLinksThatStay(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET) {
		return
	}
	cable(t)
	probetest.Run(t, "ip", "link", "add", "off0", "type", "veth", "peer", "name", "off1")
	for name, code := range map[string]fault.Code{"lo": fault.Forbidden, "gone0": fault.Stale, "": fault.Stale, "-a": fault.Stale, "off0": fault.Conflict} {
		if _, err := (CycleLink{Link: name}).Plan(t.Context()); !fault.Is(err, code) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := (CycleLink{Link: "near0"}).Do(t.Context(), Plan{Mark: "999"}); !fault.Is(err, fault.Stale) {
		t.Errorf("another link than planned: %v", err)
	}
}
