package tray_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/traytest"
)

// TestAnOutageIsTold: a known outage is told once, the agent remembers it, one click
// says that it hits the person too, and another shows the window.
func TestAnOutageIsTold(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	a := local.Announcement{Announcement: wire.Announcement{ID: "01A", Revision: 1, Told: 1, Title: "E-mail is slow", Text: "Mails come late.", Advice: "Call where it is urgent.", Since: time.Now()}}
	r.agent.Set(func(s *local.Status) { s.Announcements = []local.Announcement{a} })
	n := traytest.Receive(t, "the outage", r.host.Notes)
	if n.Title != "E-mail is slow" || n.Body != "Call where it is urgent." || fmt.Sprint(n.Actions) != "[default Open hit:01A It hits me too]" {
		t.Fatalf("it says %+v", n)
	}
	heard := func(what string, is func(*localtest.Agent) bool) {
		t.Helper()
		traytest.Until(t, what, func() error {
			ok := false
			r.agent.Asked(func(a *localtest.Agent) { ok = is(a) })
			if !ok {
				return fmt.Errorf("not heard: %s", what)
			}
			return nil
		})
	}
	heard("that they were told", func(a *localtest.Agent) bool { return a.Told["01A"] == 1 })
	if err := r.host.Invoke(n.ID, "hit:01A"); err != nil {
		t.Fatal(err)
	}
	heard("that it hits them", func(a *localtest.Agent) bool { return len(a.Hits) == 1 && a.Hits[0] == "01A" })
	if n := traytest.Receive(t, "that they are counted", r.host.Notes); n.Title != "You are counted" {
		t.Errorf("it says %+v", n)
	}
	traytest.Until(t, "the menu", func() error {
		items, err := tray.Menu()
		if err == nil && !slices.ContainsFunc(items, func(m traytest.MenuItem) bool { return m.Label == "Announcements (1 now)" }) {
			err = fmt.Errorf("the menu has %v", items)
		}
		return err
	})
	if err := r.host.Invoke(n.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show announcements --state "+r.agent.Dir)
	// A word was put right, which is no news; then it is over.
	a.Revision, a.Seen, a.Hit = 2, 1, true
	r.agent.Set(func(s *local.Status) { s.Announcements = []local.Announcement{a} })
	a.Revision, a.Told, a.EndedAt, a.Closing = 3, 3, time.Now(), "Mails come at once again."
	r.agent.Set(func(s *local.Status) { s.Announcements = []local.Announcement{a} })
	if n := traytest.Receive(t, "its end", r.host.Notes); n.Title != "Over: E-mail is slow" || n.Body != "Mails come at once again." {
		t.Errorf("it says %+v", n)
	}
}

// TestItIsAskedWhetherItIsFixed: of what is said to be over it is asked once, the agent
// remembers that, and one click says that it still does not work.
func TestItIsAskedWhetherItIsFixed(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.start(t)
	r.agent.Set(func(s *local.Status) {
		s.Questions = []local.OutageAsked{{OutageQuestion: wire.OutageQuestion{ID: "01Q", UID: "1000", Title: "E-mail is slow", Closing: "Mails come again."}}}
	})
	n := traytest.Receive(t, "the question", r.host.Notes)
	if n.Title != "Is it fixed for you? E-mail is slow" || n.Body != "Mails come again." || fmt.Sprint(n.Actions) != "[default Open works:01Q Yes, it works works-not:01Q Still not]" {
		t.Fatalf("it says %+v", n)
	}
	if err := r.host.Invoke(n.ID, "works-not:01Q"); err != nil {
		t.Fatal(err)
	}
	if n := traytest.Receive(t, "that it is known", r.host.Notes); n.Title != "The help desk knows that it still does not work for you." {
		t.Errorf("it says %+v", n)
	}
	traytest.Until(t, "the answer", func() error {
		var f local.Fixed
		var asked, ok bool
		r.agent.Asked(func(a *localtest.Agent) { f, ok = a.Fixed["01Q"]; asked = a.AskedOf["01Q"] })
		if !ok || f.Works || f.Language != "en" || !asked {
			return fmt.Errorf("the agent heard %+v, %t, asked %t", f, ok, asked)
		}
		return nil
	})
}
