package uplink_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestLeaveAndReturn has the machine sleep and wake: the server is told before Leave
// returns, nobody connects meanwhile, and somebody does as soon as it is awake.
func TestLeaveAndReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		m := begin(t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		m.Leave(t.Context(), wire.ByeSleep)
		synctest.Wait()
		if g := s.Sessions()[0].Goodbye(); g != wire.ByeSleep || m.connected() {
			t.Fatalf("goodbye %q, connected: %v", g, m.connected())
		}
		time.Sleep(time.Minute)
		if n := len(s.Sessions()); n != 1 {
			t.Fatalf("it has connected %d times while it sleeps", n)
		}
		m.Return()
		if d := eventually(t, time.Minute, "back", m.connected); d > time.Second {
			t.Errorf("it took %v to come back", d)
		}
		// A sleep that does not happen keeps nobody away for long.
		m.Leave(t.Context(), wire.ByeShutdown)
		eventually(t, 3*time.Minute, "back by itself", m.connected)
		if g := s.Sessions()[1].Goodbye(); g != wire.ByeShutdown {
			t.Errorf("goodbye %q", g)
		}
		s.Behave(uplinktest.Behaviour{Status: 503})
		s.Drop()
		synctest.Wait()
		m.Leave(t.Context(), wire.ByeSleep) // nobody to say it to: it does not wait
	})
}

// TestCauseOfTheEndIsTold: whoever ends Run may say why.
func TestCauseOfTheEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		m := beginWith(ctx, t, s, nil)
		eventually(t, time.Minute, "connected", m.connected)
		cancel(uplink.LeavingError(wire.ByeShutdown))
		synctest.Wait()
		if g := s.Sessions()[0].Goodbye(); g != wire.ByeShutdown {
			t.Errorf("goodbye %q", g)
		}
	})
}

// TestHungMeasurementIsNoLostConnection has the machine's readings hang: the session
// holds, by frames without readings.
func TestHungMeasurementIsNoLostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		hang, free := make(chan struct{}), make(chan struct{})
		m := begin(t, s, func(c *uplink.Config) {
			sample := c.Sample
			c.Sample = func(now time.Time) diagnostics.Sample {
				select {
				case <-hang:
					<-free
				default:
				}
				return sample(now)
			}
		})
		eventually(t, time.Minute, "connected", m.connected)
		time.Sleep(2 * time.Minute)
		close(hang)
		t.Cleanup(func() { close(free) })
		time.Sleep(20 * time.Second)
		before := len(s.Frames())
		time.Sleep(10 * time.Minute)
		frames := s.Frames()[before:]
		if n := len(s.Sessions()); n != 1 || !m.connected() {
			t.Errorf("%d sessions, connected: %v", n, m.connected())
		}
		if len(frames) < 6 || len(frames) > 7 {
			t.Errorf("%d frames in ten minutes", len(frames))
		}
		for _, f := range frames {
			if len(f.Samples) != 1 || !f.Samples[0].Empty() {
				t.Errorf("a frame has %+v", f.Samples)
			}
		}
	})
}
