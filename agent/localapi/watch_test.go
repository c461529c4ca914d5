package localapi_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestCheckup(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	h.prober.step = make(chan struct{})
	var parts []local.Checkup
	done := make(chan error, 1)
	first := make(chan struct{})
	go func() {
		done <- c.Checkup(t.Context(), local.CheckupRequest{}, func(x local.Checkup) {
			if parts = append(parts, x); len(parts) == 1 {
				close(first)
			}
		})
	}()
	h.prober.step <- struct{}{}
	<-first // it streams: the first part is here before the second is read
	if err := h.as(t, "1000").Checkup(t.Context(), local.CheckupRequest{}, func(local.Checkup) {}); !fault.Is(err, fault.TooMany) {
		t.Errorf("a second one at the same time: %v", err)
	}
	h.prober.step <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	last := parts[len(parts)-1]
	if len(parts) != 2 || parts[0].Done || len(parts[0].Pending) != 1 || !last.Done || last.ID != parts[0].ID {
		t.Fatalf("parts %+v", parts)
	}
	if len(last.Findings) == 0 {
		t.Fatal("a full disk is no finding")
	}
	close(h.prober.step)
	for without, findings := range map[diagnostics.SectionName]bool{diagnostics.SectionSystem: true, diagnostics.SectionDisks: false} {
		r, err := c.Ring(t.Context(), local.Draft{Title: "x", Checkup: last.ID, Without: []diagnostics.SectionName{without}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := h.box.Read(r.Ref)
		if err != nil {
			t.Fatal(err)
		}
		var o wire.TicketOpen
		if err := (wire.Envelope{Body: e.Body}).Into(&o); err != nil {
			t.Fatal(err)
		}
		if o.Snapshot == nil || (len(o.Findings) > 0) != findings || o.Account.UID != "1000" || o.Account.Name != "user1000" {
			t.Errorf("without %s: %d findings, account %+v", without, len(o.Findings), o.Account)
		}
		for _, s := range o.Snapshot.Sections() {
			if s.Name == without && s.State != diagnostics.StateRemoved {
				t.Errorf("without %s, and it is %s", without, s.State)
			}
		}
		if without == diagnostics.SectionDisks && bytes.Contains(e.Body, []byte("ext4")) {
			t.Error("a section that was taken out is sent")
		}
	}
}

func TestWatch(t *testing.T) {
	h := open(t)
	h.server.Heartbeat = 20 * time.Millisecond
	c := h.as(t, "1000")
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan local.Status, 1000)
	done := make(chan error, 1)
	go func() { done <- c.Watch(ctx, func(s local.Status) { got <- s }) }()
	if s := <-got; s.Waiting != 0 || !s.Enrolled {
		t.Errorf("first %+v", s)
	}
	other := h.as(t, "1001")
	if _, err := other.Ring(t.Context(), local.Draft{Title: "somebody else's"}); err != nil {
		t.Fatal(err)
	}
	me := h.as(t, "1000")
	for range 5 {
		if _, err := me.Ring(t.Context(), local.Draft{Title: "mine"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.shelf.Put("1000", wire.TicketView{ID: "T1", Version: 1, Unread: 1, Messages: []wire.MessageView{{ID: "M1", Body: "hello"}}}); err != nil {
		t.Fatal(err)
	}
	var last local.Status
	n := 0
	for deadline := time.After(time.Minute); last.Waiting != 5 || last.Unread != 1; n++ {
		select {
		case s := <-got:
			if s.Tickets < last.Tickets {
				t.Errorf("the number falls from %d to %d", last.Tickets, s.Tickets)
			}
			last = s
		case <-deadline:
			t.Fatalf("it stands at %+v", last)
		}
	}
	if n > 7 {
		t.Errorf("%d statuses for six changes", n)
	}
	if len(last.News) != 1 || last.News[0].Text != "hello" {
		t.Errorf("news %+v", last.News)
	}
	select {
	case s := <-got:
		t.Errorf("nothing has changed, and there is %+v", s)
	case <-time.After(100 * time.Millisecond): // five heartbeats
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ended with %v", err)
	}
}

// Those who watch are hung up on when the agent stops.
func TestStopEndsWatches(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	seen := make(chan struct{}, 10)
	done := make(chan error, 1)
	go func() { done <- c.Watch(t.Context(), func(local.Status) { seen <- struct{}{} }) }()
	<-seen
	start := time.Now()
	h.stop()
	<-done
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("it took %v", d)
	}
}
