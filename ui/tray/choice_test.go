package tray_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/traytest"
)

// solved has the tray tell of a solution, and returns the notification.
func (r *rig) solved(t *testing.T) traytest.Note {
	t.Helper()
	r.agent.SetTickets(sample.Ticket(7, "Mail", "resolved", time.Now()))
	r.agent.Set(func(s *local.Status) {
		s.Unread = 1
		s.News = []local.News{{ID: "m3", Ticket: "T7", Number: 7, Title: "Mail", Author: "Alex Kim", Text: "More memory.", Solved: true}}
	})
	n := traytest.Receive(t, "the solution", r.host.Notes)
	if n.Title != "Alex Kim solved “Mail”" || n.Body != "More memory." {
		t.Errorf("the notification is %+v", n)
	}
	return n
}

// acted waits for the last of the acts on the ticket.
func (r *rig) acted(t *testing.T, n int) (last local.Act) {
	t.Helper()
	traytest.Until(t, "an act", func() error {
		got := 0
		r.agent.Asked(func(a *localtest.Agent) {
			if got = len(a.Acts["T7"]); got == n {
				last = a.Acts["T7"][n-1]
			}
		})
		if got != n {
			return fmt.Errorf("there are %d, not %d", got, n)
		}
		return nil
	})
	return last
}

// TestSatisfactionWithOneClick has an employee who says that it works, and how it
// was, without a window.
func TestSatisfactionWithOneClick(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.start(t)
	n := r.solved(t)
	if fmt.Sprint(n.Actions) != "[default Open confirm m3 It works reopen m3 Not yet]" {
		t.Fatalf("it offers %q", n.Actions)
	}
	if err := r.host.Invoke(n.ID, "confirm m3"); err != nil {
		t.Fatal(err)
	}
	if a := r.acted(t, 1); a.Act != wire.ActConfirm || a.Ref == "" {
		t.Errorf("it did %+v", a)
	}
	rate := traytest.Receive(t, "the question how it was", r.host.Notes)
	if fmt.Sprint(rate.Actions) != "[default Open rate 5 Very good rate 3 Fair rate 1 Bad]" {
		t.Fatalf("it asks %+v", rate)
	}
	r.agent.Asked(func(a *localtest.Agent) {
		if a.Reads["T7"] != "m3" {
			t.Error("the solution is unread still")
		}
	})
	if err := r.host.Invoke(rate.ID, "rate 5"); err != nil {
		t.Fatal(err)
	}
	if a := r.acted(t, 2); a.Act != wire.ActRate || a.Rating != 5 {
		t.Errorf("it did %+v", a)
	}
	// A click beside the buttons leads to all five, and to a word about it.
	if err := r.host.Invoke(rate.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show tickets --state "+r.agent.Dir+" --ticket T7")
}

func TestNotYetWithOneClick(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.start(t)
	n := r.solved(t)
	for range 2 { // a double click
		if err := r.host.Invoke(n.ID, "reopen m3"); err != nil {
			t.Fatal(err)
		}
	}
	if a := r.acted(t, 1); a.Act != wire.ActReopen {
		t.Errorf("it did %+v", a)
	}
	r.called(t, "window --report --show tickets --state "+r.agent.Dir+" --ticket T7")
	r.acted(t, 1)
}

func TestAChoiceThatFails(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.start(t)
	n := r.solved(t)
	r.agent.Fail("POST /v1/tickets/{id}/acts", fault.New(fault.Full, "The disk of this computer is full."))
	if err := r.host.Invoke(n.ID, "confirm m3"); err != nil {
		t.Fatal(err)
	}
	if n := traytest.Receive(t, "the reason", r.host.Notes); n.Title != "That had no effect" || n.Body != "The disk of this computer is full." {
		t.Errorf("it says %+v", n)
	}
}

// TestWithoutButtonsTheWindow has a desktop whose notifications have no buttons.
func TestWithoutButtonsTheWindow(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.host = r.desk.Host(t)
	r.host.WithoutButtons()
	r.start(t)
	n := r.solved(t)
	if len(n.Actions) != 4 {
		t.Errorf("it offers %q", n.Actions)
	}
	if err := r.host.Invoke(n.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show tickets --state "+r.agent.Dir+" --ticket T7")
	r.agent.Asked(func(a *localtest.Agent) {
		if len(a.Acts) > 0 {
			t.Errorf("a click beside the buttons did %+v", a.Acts)
		}
	})
}
