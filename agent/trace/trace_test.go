package trace

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network answers probes as a test says, each after a while.
type network struct {
	answer func(ttl, seq int) (event, time.Duration, bool)
	sent   []int
	found  chan event
	done   chan struct{}
	unsent error
}

func (n *network) open(netip.Addr) (conn, error) {
	n.found, n.done = make(chan event), make(chan struct{})
	return n, nil
}

func (n *network) method() string { return "test" }

func (n *network) send(ttl, seq int) error {
	n.sent = append(n.sent, ttl)
	if e, after, ok := n.answer(ttl, seq); ok {
		go func() {
			select {
			case <-time.After(after):
			case <-n.done:
				return
			}
			e.at = time.Now()
			select {
			case n.found <- e:
			case <-n.done:
			}
		}()
	}
	return n.unsent
}

func (n *network) receive() (event, error) {
	select {
	case e := <-n.found:
		return e, nil
	case <-n.done:
		return event{}, os.ErrClosed
	}
}

func (n *network) close() { close(n.done) }

func at(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }

// host is a network of routers 10.0.0.1 and so on, with the target at the end.
func host(hops int, trip time.Duration) func(ttl, seq int) (event, time.Duration, bool) {
	return func(ttl, seq int) (event, time.Duration, bool) {
		if ttl >= hops {
			return event{seq: seq, from: at(hops), kind: reached}, trip, true
		}
		return event{seq: seq, from: at(ttl), kind: exceeded}, trip, true
	}
}

func addresses(p Path) string {
	var out []string
	for _, h := range p.Hops {
		one := "?"
		if len(h.Addresses) > 0 {
			one = strings.Trim(fmt.Sprint(h.Addresses), "[]")
		}
		out = append(out, one)
	}
	return strings.Join(out, " ")
}

func play(t *testing.T, n *network, o Options) []Path {
	t.Helper()
	o.open = n.open
	var all []Path
	if err := Run(t.Context(), o, func(p Path) bool {
		all = append(all, p)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRoundsGoOutEachSecondAndStopAtTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: host(3, 5*time.Millisecond)}
		start := time.Now()
		all := play(t, n, Options{Target: at(3), Rounds: 4})
		if got := fmt.Sprint(n.sent); got != "[1 2 3 1 2 3 1 2 3 1 2 3]" {
			t.Errorf("sent %s", got)
		}
		if took := time.Since(start); took < 3*time.Second || took > 3100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		last := all[3]
		if len(all) != 4 || addresses(last) != "10.0.0.1 10.0.0.2 10.0.0.3" || last.Hops[2].Mean != 5*time.Millisecond || last.Hops[2].Received != 4 || !last.Hops[2].End {
			t.Errorf("%+v", last)
		}
		if all[0].Hops[0].Received != 1 || len(all[0].Hops) != 3 {
			t.Error("what was told before has changed afterwards, or came late", all[0])
		}
	})
}

func TestAnAnswerUnderWayIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := play(t, &network{answer: host(3, 1500*time.Millisecond)}, Options{Target: at(3), Rounds: 3})
		for i, p := range all {
			for _, h := range p.Hops {
				if h.Sent != h.Received {
					t.Errorf("round %d: hop %d has lost %d", i+1, h.TTL, h.Sent-h.Received)
				}
			}
		}
		if h := all[2].Hops[2]; h.Received < 3 || h.Best != 1500*time.Millisecond {
			t.Errorf("%+v", h)
		}
	})
}

func TestWhatComesTooLateTwiceOrFromNobodyDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		n.answer = func(ttl, seq int) (event, time.Duration, bool) {
			if ttl == 2 {
				return event{seq: seq, from: at(2), kind: exceeded}, 2500 * time.Millisecond, true // given up by then
			}
			return host(3, time.Millisecond)(ttl, seq)
		}
		last := play(t, n, Options{Target: at(3), Rounds: 5})[4]
		if h := last.Hops[1]; h.Sent != 5 || h.Received != 0 || len(h.Addresses) != 0 {
			t.Errorf("late: %+v", h)
		}
		n.answer = func(_, seq int) (event, time.Duration, bool) {
			return event{seq: seq + 5000, from: at(9), kind: exceeded}, time.Millisecond, true
		}
		if last := play(t, n, Options{Target: at(3), Rounds: 2})[1]; len(last.Hops) != 0 {
			t.Errorf("forged: %+v", last)
		}
		n.answer = func(ttl, _ int) (event, time.Duration, bool) {
			return event{seq: 1, from: at(ttl), kind: exceeded}, time.Millisecond, true
		}
		if last := play(t, n, Options{Target: at(3), Rounds: 2})[1]; len(last.Hops) != 1 || last.Hops[0].Received != 1 {
			t.Errorf("twice: %+v", last)
		}
	})
}

// Routers that quote eight bytes only do not say which probe it was: then one goes
// out at a time.
func TestShortQuotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: func(ttl, seq int) (event, time.Duration, bool) {
			e, after, ok := host(3, 40*time.Millisecond)(ttl, seq)
			if e.kind == exceeded {
				e.seq = -1
			}
			return e, after, ok
		}}
		last := play(t, n, Options{Target: at(3), Rounds: 5})[4]
		if addresses(last) != "10.0.0.1 10.0.0.2 10.0.0.3" || last.Hops[1].Received != 4 || last.Hops[1].Sent != 4 || last.Hops[2].Received != 4 { // of the first round nothing is known
			t.Errorf("%s %+v", addresses(last), last.Hops)
		}
	})
}

func TestTheWayChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		round := 0
		n.answer = func(ttl, seq int) (event, time.Duration, bool) {
			if ttl == 1 {
				round++
			}
			if ttl == 2 && round%2 == 0 {
				return event{seq: seq, from: at(77), kind: exceeded}, time.Millisecond, true
			}
			return host(3+round/4, time.Millisecond)(ttl, seq) // later it becomes longer
		}
		last := play(t, n, Options{Target: at(99), Rounds: 12})[11]
		if got := fmt.Sprint(last.Hops[1].Addresses); got != "[10.0.0.2 10.0.0.77]" {
			t.Errorf("two ways: %s", got)
		}
		ends := 0
		for _, h := range last.Hops {
			if h.End {
				ends++
			}
		}
		if len(last.Hops) < 5 || ends != 1 {
			t.Errorf("%d hops, %d ends", len(last.Hops), ends)
		}
	})
}

func TestItEndsWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: host(3, time.Millisecond)}
		rounds := 0
		if err := Run(t.Context(), Options{Target: at(3), open: n.open}, func(Path) bool { rounds++; return false }); err != nil || rounds != 1 {
			t.Errorf("%d rounds, %v", rounds, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		slow := func(ctx context.Context, _ netip.Addr) string { <-ctx.Done(); return "late" }
		if err := Run(ctx, Options{Target: at(3), open: n.open, Name: slow}, func(Path) bool { return true }); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 1500*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		n.unsent = os.ErrPermission
		if err := Run(t.Context(), Options{Target: at(3), open: n.open}, func(Path) bool { return true }); !errors.Is(err, os.ErrPermission) {
			t.Error(err)
		}
	})
}

func TestNamesHaveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		all := play(t, &network{answer: host(3, time.Millisecond)}, Options{Target: at(3), Rounds: 1, Name: func(ctx context.Context, a netip.Addr) string {
			if a == at(2) {
				<-ctx.Done()
				return ""
			}
			return "host" + a.String()
		}})
		if h := all[0].Hops; h[0].Name != "host10.0.0.1" || h[1].Name != "" || h[2].Name != "host10.0.0.3" || time.Since(start) > 2100*time.Millisecond {
			t.Errorf("%+v after %v", h, time.Since(start))
		}
	})
}

// TestOneFlow: routers that share load by the first bytes of what follows the IP
// header see the same in every probe.
func TestOneFlow(t *testing.T) {
	for _, six := range []bool{false, true} {
		sums := map[uint16]bool{}
		for seq := range 3000 {
			b := echoPacket(six, 0x1234, seq)
			if six { // the system's is over the same bytes, and the addresses
				b[2], b[3] = 0, 0
				sums[checksum(b)] = true
				continue
			}
			if checksum(b) != 0 {
				t.Fatalf("the checksum of %d is wrong", seq)
			}
			sums[uint16(b[2])<<8|uint16(b[3])] = true
		}
		if len(sums) != 1 {
			t.Errorf("%d checksums", len(sums))
		}
	}
}

func FuzzParse(f *testing.F) {
	quote := append([]byte{11, 0, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 1, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9}, echoPacket(false, 7, 41)...)
	f.Add(quote)
	f.Add(append([]byte{3, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 60)...))
	f.Add([]byte{0, 0, 0, 0, 0, 7, 0, 1})
	target, six := netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("fd00::9")
	if e, ok := parse(quote, target, 7); !ok || e.seq != 41 || e.kind != exceeded {
		f.Fatalf("%+v %v", e, ok)
	}
	for what, cut := range map[string][]byte{"another host's": append(append([]byte{}, quote[:27]...), append([]byte{8}, quote[28:]...)...), "a short one": quote[:35]} {
		if _, ok := parse(cut, target, 7); ok {
			f.Errorf("%s counts", what)
		}
	}
	if _, ok := parse(quote, target, 8); ok {
		f.Error("somebody else's echo counts")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, to := range []netip.Addr{target, six} {
			if e, ok := parse(b, to, 7); ok && (e.seq < 0 || e.seq > 0xffff || strings.ContainsAny(e.says, "\n")) {
				t.Errorf("%+v", e)
			}
		}
	})
}
