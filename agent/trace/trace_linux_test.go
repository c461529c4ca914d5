package trace

import (
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

const apart = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS

// follow traces quickly and returns the last that was told.
func follow(t *testing.T, o Options) Path {
	t.Helper()
	if o.Gap == 0 {
		o.Gap = 60 * time.Millisecond
	}
	if o.Wait == 0 {
		o.Wait = 400 * time.Millisecond
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	var last Path
	told := 0
	err := Run(t.Context(), o, func(p Path) bool {
		told++
		if p.Round != told {
			t.Errorf("round %d was told as the %dth", p.Round, told)
		}
		last = p
		return true
	})
	if err != nil || told != o.Rounds {
		t.Fatalf("%d rounds: %v", told, err)
	}
	return last
}

func whole(t *testing.T, p Path, want string, rounds int) {
	t.Helper()
	if got := addresses(p); got != want {
		t.Fatalf("the way is %s, want %s", got, want)
	}
	for i, h := range p.Hops {
		if h.Sent != rounds || h.Received != rounds || h.Best <= 0 || h.Best > h.Mean || h.Mean > h.Worst || h.TTL != i+1 || h.Says != "" {
			t.Errorf("hop %d: %+v", i+1, h)
		}
		if h.End != (i == len(p.Hops)-1) {
			t.Errorf("hop %d is the end: %v", i+1, h.End)
		}
	}
}

const way4, way6 = "10.0.1.2 10.0.2.2 10.0.3.2 10.0.4.2", "fd00:1::2 fd00:2::2 fd00:3::2 fd00:4::2"

func TestThreeRouters(t *testing.T) {
	if !probetest.Inside(t, apart) {
		return
	}
	chain(t, false)
	for target, want := range map[netip.Addr]string{end4: way4, end6: way6} {
		p := follow(t, Options{Target: target})
		whole(t, p, want, 3)
		if p.Method != "icmp" {
			t.Errorf("by %s", p.Method)
		}
		// traceroute says the same.
		var theirs []string
		for line := range strings.Lines(run(t, "traceroute -I -n -q 1 -w 1 "+target.String())) {
			if m := regexp.MustCompile(`^\s*\d+\s+(\S+)`).FindStringSubmatch(line); m != nil {
				theirs = append(theirs, m[1])
			}
		}
		if got := strings.Join(theirs, " "); got != want {
			t.Errorf("traceroute says %s, we %s", got, want)
		}
		p = follow(t, Options{Target: target, open: openDatagrams})
		whole(t, p, want, 3)
		if p.Method != "udp" {
			t.Errorf("by %s", p.Method)
		}
	}
	// A far end of this very machine.
	whole(t, follow(t, Options{Target: netip.MustParseAddr("127.0.0.1")}), "127.0.0.1", 3)
	if err := Run(t.Context(), Options{Target: netip.MustParseAddr("192.0.2.1")}, func(Path) bool { return true }); err == nil {
		t.Error("no way at all, and no error")
	}

	t.Run("without rights", func(t *testing.T) {
		runtime.LockOSThread() // the thread, which lacks a right for ever, ends with the test
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			t.Fatal(err)
		}
		p := follow(t, Options{Target: end4})
		whole(t, p, way4, 3)
		if p.Method != "udp" {
			t.Errorf("by %s", p.Method)
		}
	})
	t.Run("a router that says nothing", func(t *testing.T) {
		run(t, "ip -n r2 rule add iif lo to 10.0.1.0/24 blackhole")
		defer run(t, "ip -n r2 rule del iif lo to 10.0.1.0/24 blackhole")
		p := follow(t, Options{Target: end4})
		if got := addresses(p); got != "10.0.1.2 ? 10.0.3.2 10.0.4.2" || p.Hops[1].Sent != 3 || p.Hops[1].Received != 0 || p.Hops[3].Received != 3 {
			t.Errorf("%s: %+v", got, p.Hops)
		}
	})
	t.Run("dead ends", func(t *testing.T) {
		for kind, says := range map[string]string{"blackhole": "", "unreachable": "the host cannot be reached from here", "prohibit": "a filter forbids it"} {
			run(t, "ip -n r3 route add "+kind+" 10.0.4.2")
			for name, by := range map[string]func(netip.Addr) (conn, error){"icmp": openEchoes, "udp": openDatagrams} {
				p := follow(t, Options{Target: end4, open: by})
				want := "10.0.1.2 10.0.2.2 10.0.3.2"
				if says == "" {
					want = "10.0.1.2 10.0.2.2"
				}
				if last := p.Hops[len(p.Hops)-1]; addresses(p) != want || last.Says != says || last.End || last.Received == 0 {
					t.Errorf("%s by %s: %s %+v", kind, name, addresses(p), last)
				}
			}
			run(t, "ip -n r3 route del "+kind+" 10.0.4.2")
		}
		// A host that is off: its router notices after a while, and says so.
		run(t, "ip netns exec r3 sysctl -qw net.ipv4.neigh.right4.retrans_time_ms=250")
		p := follow(t, Options{Target: netip.MustParseAddr("10.0.4.9"), Rounds: 8, Gap: 150 * time.Millisecond})
		if last := p.Hops[len(p.Hops)-1]; addresses(p) != "10.0.1.2 10.0.2.2 10.0.3.2" || last.Says != "the host cannot be reached from here" || last.End {
			t.Errorf("%s %+v", addresses(p), last)
		}
	})
	t.Run("a circle", func(t *testing.T) {
		run(t, "ip -n r3 route add 10.0.4.2 via 10.0.3.1")
		defer run(t, "ip -n r3 route del 10.0.4.2 via 10.0.3.1")
		p := follow(t, Options{Target: end4, Rounds: 1})
		if got := addresses(p); !strings.HasPrefix(got, "10.0.1.2 10.0.2.2 10.0.3.2 10.0.2.2 10.0.3.2 10.0.2.2 ") || len(p.Hops) != allHops {
			t.Errorf("%s", got)
		}
	})
}

func TestALossyLink(t *testing.T) {
	if !probetest.Inside(t, apart) {
		return
	}
	chain(t, true)
	p := follow(t, Options{Target: end4, Rounds: 20, Gap: 80 * time.Millisecond})
	if addresses(p) != way4 {
		t.Fatalf("%s", addresses(p))
	}
	for i, h := range p.Hops {
		lost := h.Sent - h.Received
		if h.Sent != 20 || i == 0 && lost != 0 || i > 0 && (lost < 4 || lost > 8) {
			t.Errorf("hop %d: %d of %d lost", i+1, lost, h.Sent)
		}
	}
}
