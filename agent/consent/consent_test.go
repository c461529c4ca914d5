package consent

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

var terminal = Question{Account: "01JQANNA", Who: "Anna Schmidt", Role: "technician", Kind: "terminal", What: "type commands", Ticket: 1042, For: time.Hour}

// house is a keeper with ticket 1042, which mia (1000) rang for.
type house struct {
	*Keeper
	ticket Ticket
}

func newHouse() *house {
	h := &house{ticket: Ticket{Requester: "1000", Title: "The printer prints grey", Open: true}}
	h.Keeper = New(Options{Ticket: func(n int64) (Ticket, bool) { return h.ticket, n == 1042 }})
	return h
}

type outcome struct {
	uid string
	err error
}

// ask begins to ask, and returns once somebody is asked or it is over.
func (h *house) ask(ctx context.Context, q Question) <-chan outcome {
	over := make(chan outcome, 1)
	go func() {
		uid, err := h.Ask(ctx, q, func() {})
		over <- outcome{uid, err}
	}()
	synctest.Wait()
	return over
}

func in(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newHouse()) })
}

func TestYesAndNo(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.Here("1000")()
		defer h.Here("1001")()
		for _, agreed := range []bool{true, false} {
			over := h.ask(t.Context(), terminal)
			p := h.Pending("1000")
			if len(p) != 1 || p[0].Who != "Anna Schmidt" || p[0].Title != "The printer prints grey" || p[0].Ticket != 1042 || p[0].For != time.Hour || p[0].Until.Sub(p[0].AskedAt) != time.Minute {
				t.Fatalf("mia is asked %+v", p)
			}
			// Two people are signed in: only who rang is asked, and nobody answers for them.
			if other := h.Pending("1001"); len(other) != 0 {
				t.Errorf("somebody else is asked %+v", other)
			}
			if err := h.Answer("1001", p[0].ID, local.ConsentAnswer{Yes: true}); !fault.Is(err, fault.NotFound) {
				t.Errorf("somebody else answers: %v", err)
			}
			if err := h.Answer("1000", p[0].ID, local.ConsentAnswer{Yes: agreed}); err != nil {
				t.Fatal(err)
			}
			o := <-over
			if agreed && (o.err != nil || o.uid != "1000") || !agreed && (!fault.Is(o.err, fault.Forbidden) || o.uid != "") {
				t.Errorf("agreed %v: %+v", agreed, o)
			}
			if err := h.Answer("1000", p[0].ID, local.ConsentAnswer{Yes: true}); !fault.Is(err, fault.NotFound) {
				t.Errorf("answered twice: %v", err)
			}
		}
	})
}

func TestSilenceIsNo(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.Here("1000")()
		over := h.ask(t.Context(), terminal)
		time.Sleep(Patience - time.Second)
		synctest.Wait()
		if len(h.Pending("1000")) != 1 {
			t.Fatal("the question is gone early")
		}
		time.Sleep(time.Second)
		if o := <-over; !fault.Is(o.err, fault.Forbidden) || !strings.Contains(fault.Sentence(o.err), "60 seconds") {
			t.Errorf("%+v", o)
		}
		if len(h.Pending("1000")) != 0 {
			t.Error("the question stays")
		}
	})
}

// Nobody to ask is a no at once, with the reason.
func TestNobodyToAsk(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		start := time.Now()
		leave := h.Here("1001")
		for name, c := range map[string]struct {
			number int64
			says   string
		}{"not signed in": {1042, "not signed in"}, "another ticket": {7, "known to have rung"}, "no ticket": {0, "needs a ticket"}} {
			q := terminal
			q.Ticket = c.number
			if _, err := h.Ask(t.Context(), q, func() { t.Error("somebody is asked") }); err == nil || !strings.Contains(fault.Sentence(err), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		leave()
		h.Here("1000")() // came and went
		if _, err := h.Ask(t.Context(), terminal, func() {}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("gone again: %v", err)
		}
		if time.Since(start) != 0 {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}

// A yes is remembered for one technician, one kind and one ticket, and no longer
// than it is open.
func TestRememberedForOneTicketAtMost(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.Here("1000")()
		over := h.ask(t.Context(), terminal)
		if err := h.Answer("1000", h.Pending("1000")[0].ID, local.ConsentAnswer{Yes: true, Remember: true}); err != nil {
			t.Fatal(err)
		}
		<-over
		if o := <-h.ask(t.Context(), terminal); o.err != nil || o.uid != "1000" {
			t.Errorf("asked again: %+v", o)
		}
		married := terminal
		married.Who = "Anna Berg" // the same account, renamed
		if o := <-h.ask(t.Context(), married); o.err != nil || o.uid != "1000" {
			t.Errorf("asked again after a new name: %+v", o)
		}
		namesake, kind := terminal, terminal
		namesake.Account, kind.Kind = "01JQOTHER", wire.ActEndProcess
		for name, q := range map[string]Question{"somebody of the same name": namesake, "another kind": kind} {
			ctx, cancel := context.WithCancel(t.Context())
			over := h.ask(ctx, q)
			if len(h.Pending("1000")) != 1 {
				t.Errorf("%s is not asked for", name)
			}
			cancel()
			<-over
		}
		h.ticket.Open = false
		if o := <-h.ask(t.Context(), terminal); !fault.Is(o.err, fault.Forbidden) {
			t.Errorf("after it was closed: %+v", o)
		}
		h.ticket.Open = true
		h.Forget("1000")
		ctx, cancel := context.WithCancel(t.Context())
		over = h.ask(ctx, terminal)
		if len(h.Pending("1000")) != 1 {
			t.Error("what was taken back still holds")
		}
		cancel()
		<-over
	})
}

// An older server does not say whose account it is: a name alone may be anybody's.
func TestNothingIsRememberedOfANameAlone(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.Here("1000")()
		nameless := terminal
		nameless.Account = ""
		over := h.ask(t.Context(), nameless)
		if err := h.Answer("1000", h.Pending("1000")[0].ID, local.ConsentAnswer{Yes: true, Remember: true}); err != nil {
			t.Fatal(err)
		}
		<-over
		ctx, cancel := context.WithCancel(t.Context())
		over = h.ask(ctx, nameless)
		if len(h.Pending("1000")) != 1 {
			t.Error("a yes to a name is remembered")
		}
		cancel()
		<-over
	})
}

// Nobody gets a yes by asking until somebody is tired of it.
func TestNobodyIsWornDown(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.Here("1000")()
		first := h.ask(t.Context(), terminal)
		if o := <-h.ask(t.Context(), terminal); !fault.Is(o.err, fault.Conflict) {
			t.Errorf("two questions at once: %+v", o)
		}
		h.Answer("1000", h.Pending("1000")[0].ID, local.ConsentAnswer{})
		<-first
		for range often - 1 {
			over := h.ask(t.Context(), terminal)
			h.Answer("1000", h.Pending("1000")[0].ID, local.ConsentAnswer{})
			<-over
		}
		if o := <-h.ask(t.Context(), terminal); !fault.Is(o.err, fault.TooMany) {
			t.Errorf("asked once too often: %+v", o)
		}
		time.Sleep(while)
		ctx, cancel := context.WithCancel(t.Context())
		over := h.ask(ctx, terminal)
		if len(h.Pending("1000")) != 1 {
			t.Error("nobody may ever ask again")
		}
		cancel()
		<-over
	})
}
