package fix

import (
	"encoding/binary"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// timeServer is a real time server, whose clock is behind ours by skew.
func timeServer(t *testing.T, skew *atomic.Int64) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n < 48 {
				continue
			}
			answer := make([]byte, 48)
			answer[0], answer[1] = 4<<3|4, 2
			copy(answer[24:32], b[40:48])
			at := time.Now().Add(-time.Duration(skew.Load()))
			for _, i := range []int{32, 40} {
				binary.BigEndian.PutUint32(answer[i:], uint32(at.Unix()+2208988800))
				binary.BigEndian.PutUint32(answer[i+4:], uint32(uint64(at.Nanosecond())<<32/1e9))
			}
			c.WriteTo(answer, from)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return c.LocalAddr().String()
}

// The clock of the test's machine is everybody's, so here it is the time server's
// that moves.
func TestSetClock(t *testing.T) {
	var skew atomic.Int64
	skew.Store(int64(3 * time.Hour))
	step := SetClock{Source: timeServer(t, &skew)}
	was := moveClock
	t.Cleanup(func() { moveClock = was })
	moveClock = func(by time.Duration) error {
		skew.Add(int64(by))
		return nil
	}
	plan, err := step.Plan(t.Context())
	if err != nil || !strings.Contains(plan.Says, "put back by") {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	if skew.Load() != int64(3*time.Hour) {
		t.Fatal("the dry run has moved the clock")
	}
	done, err := step.Do(t.Context(), plan)
	if err != nil || time.Duration(skew.Load()).Abs() > time.Second {
		t.Fatalf("done %+v, %v; the clock is off by %v", done, err, time.Duration(skew.Load()))
	}
	if _, err := step.Plan(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("with the clock right: %v", err)
	}
	if _, err := step.Do(t.Context(), plan); !fault.Is(err, fault.Stale) {
		t.Errorf("the same plan again: %v", err)
	}
	if _, err := step.Undo(t.Context(), done); err != nil || (time.Duration(skew.Load())-3*time.Hour).Abs() > time.Second {
		t.Errorf("taken back: %v; the clock is off by %v", err, time.Duration(skew.Load()))
	}
}

func TestNoTimeServer(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := (SetClock{Source: c.LocalAddr().String()}).Plan(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
