package server_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestSpeedOfAShapedLine measures a line that the kernel holds to 20 Mbit/s down and 6
// up, with a queue of 200 ms before each end.
func TestSpeedOfAShapedLine(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET|syscall.CLONE_NEWNS) {
		return
	}
	for line := range strings.Lines(`mount --make-rprivate /
mount -t tmpfs none /run
ip link set lo up
ip netns add office
ip link add here type veth peer name there
ip link set there netns office
ip addr add 10.9.0.1/24 dev here
ip link set here up
ip -n office addr add 10.9.0.2/24 dev there
ip -n office link set lo up
ip -n office link set there up
tc qdisc add dev here root tbf rate 20mbit burst 16kb latency 200ms
tc -n office qdisc add dev there root tbf rate 6mbit burst 16kb latency 200ms`) {
		words := strings.Fields(line)
		probetest.Run(t, words[0], words[1:]...)
	}
	s := servertest.Start(t, func(o *server.Options) { o.Listen = "10.9.0.1:0" })
	office, err := os.Open("/run/netns/office")
	if err != nil {
		t.Fatal(err)
	}
	defer office.Close()
	e := s.Enrolment("Berlin", 1)
	dialer, err := uplink.NewDialer(uplink.Options{URL: s.TLS, ServerKey: e.Key, Pin: e.Pin, Agent: "servertest", NetDial: from(office)})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	machine := &servertest.Machine{Key: key, Dialer: dialer}
	enrolled, _, err := dialer.Enrol(t.Context(), e.Token, key, wire.Machine{Hostname: "PC-17", OS: "linux", Arch: "amd64", Agent: "servertest"}, "")
	if err != nil {
		t.Fatal(err)
	}
	machine.ID = enrolled.Endpoint
	m := withDialer(t, s, machine, true)
	// A machine that is busy with other things reads late, and what has waited meanwhile looks
	// like a faster line: then it is measured anew. A wrong way of measuring is wrong each time.
	for tries := 3; ; tries-- {
		d := m.until(t, m.ask(t, 2).ID, ended)
		if d.State != ask.Done {
			t.Fatalf("%+v", d)
		}
		p := d.part(t)
		t.Logf("%+v down %+v up %+v", p.Idle, *p.Down, *p.Up)
		faults := slices.Concat(faultsOf("down", p.Down, 20e6, p.Idle), faultsOf("up", p.Up, 6e6, p.Idle))
		if len(faults) == 0 {
			return
		}
		if tries == 1 {
			t.Fatal(strings.Join(faults, "\n"))
		}
	}
}

// faultsOf says what is wrong with what was measured of one way of a line.
func faultsOf(name string, x *wire.SpeedWay, want float64, idle wire.SpeedDelay) (out []string) {
	say := func(format string, args ...any) { out = append(out, name+": "+fmt.Sprintf(format, args...)) }
	if x.BitsPerSecond < 0.8*want || x.BitsPerSecond > 1.2*want {
		say("%.1f Mbit/s, want %.0f", x.BitsPerSecond/1e6, want/1e6)
	}
	// How much longer it takes until the queues are empty is the machine's affair: the rate has to be right.
	if x.Limit != wire.SpeedByTime || x.Took < 1500*time.Millisecond {
		say("%+v", x)
	}
	if x.Busy.Samples < 3 || x.Busy.P50 < 2*idle.P50 || x.Busy.P95 < idle.P95+20*time.Millisecond {
		say("answers take %+v, and %+v on the idle line", x.Busy, idle)
	}
	return out
}

// from dials out of another network: a socket belongs to the one in which it was made.
func from(where *os.File) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		type dialled struct {
			c   net.Conn
			err error
		}
		done := make(chan dialled, 1)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			if err := unix.Setns(int(where.Fd()), unix.CLONE_NEWNET); err != nil {
				done <- dialled{nil, err}
				return
			}
			c, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
			done <- dialled{c, err}
		}()
		d := <-done
		return d.c, d.err
	}
}
