package ask_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
)

func (b *bench) act() ask.Ask {
	b.t.Helper()
	q, err := b.Act(b.t.Context(), anna, ask.Request{Endpoint: b.id, Kind: wire.ActRestartService, Params: json.RawMessage(`{"name":"cups"}`)})
	if err != nil {
		b.t.Fatal(err)
	}
	return q
}

// logged is what the audit log says of an endpoint, the newest first.
func (b *bench) logged() (out []audit.Action) {
	b.t.Helper()
	log, err := b.db.AuditLog(b.t.Context(), "endpoint:"+b.id, 0, 20)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range log {
		out = append(out, e.Action)
	}
	return out
}

func TestOrdersAndWhatBecameOfThemAreWrittenDown(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := b.act()
		if got := b.logged(); len(got) != 2 || got[0] != audit.EndpointActed {
			t.Errorf("before anything is sent the audit log has %v", got)
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Data: json.RawMessage(`{"says":"Done."}`)})
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: 1, Done: true})
		b.want(q.ID, ask.Done, "")
		if got := b.logged(); len(got) != 3 || got[0] != audit.EndpointAnswered {
			t.Errorf("the audit log has %v", got)
		}
		refused := b.act()
		b.Answer(t.Context(), b.id, refused.ID, wire.Answer{Done: true, Code: fault.Forbidden, Sentence: "The machine does not allow it."})
		b.want(refused.ID, ask.Failed, fault.Forbidden)
		unknown := b.act()
		b.Answer(t.Context(), b.id, unknown.ID, wire.Answer{Done: true, Code: fault.Unknown, Sentence: "Nobody knows."})
		b.want(unknown.ID, ask.Unknown, fault.Unknown)
	})
}

// A machine that falls silent may have done what it was told: that is said, and
// the order is neither called failed nor sent again.
func TestSilenceAfterAnOrderIsUnknown(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		gone := b.act()
		b.Disconnected(t.Context(), b.id)
		if q := b.want(gone.ID, ask.Unknown, fault.Unknown); !strings.Contains(q.Sentence, "look before you do it again") {
			t.Errorf("it says %q", q.Sentence)
		}
		slow := b.act()
		time.Sleep(2 * time.Minute)
		b.want(slow.ID, ask.Unknown, fault.Unknown)
		if err := b.Connected(t.Context(), b.id); err != nil || len(b.line.asked) != 2 {
			t.Errorf("it was sent again: %v, %v", b.line.asked, err)
		}
	})
}

func TestOrdersThatAreRefused(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		maria := auth.Actor{Kind: auth.Requester, Person: "p2", Name: "Maria", Endpoint: b.id, UID: "1000"}
		viewer := anna
		viewer.Role = auth.Operator
		right := ask.Request{Endpoint: b.id, Kind: wire.ActEndProcess, Params: json.RawMessage(`{}`)}
		diagnostic, later := right, right
		diagnostic.Kind, later.Wait = wire.AskLog, time.Hour
		for name, c := range map[string]struct {
			by   auth.Actor
			r    ask.Request
			want fault.Code
		}{
			"a requester": {maria, right, fault.Forbidden}, "nobody": {auth.Actor{}, right, fault.Unauthenticated}, "whoever only watches": {viewer, right, fault.Forbidden},
			"a diagnostic": {anna, diagnostic, fault.Invalid}, "for later": {anna, later, fault.Invalid},
		} {
			if _, err := b.Act(t.Context(), c.by, c.r); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if _, err := b.Ask(t.Context(), anna, right); !fault.Is(err, fault.Invalid) {
			t.Errorf("an order as a question: %v", err)
		}
		if len(b.line.asked) != 0 {
			t.Errorf("the machine was told %v", b.line.asked)
		}
		b.line.up = false
		b.want(b.act().ID, ask.Failed, fault.Unavailable)
		b.line.up = true
		q := b.act()
		if err := b.Cancel(t.Context(), anna, q.ID); !fault.Is(err, fault.Conflict) || len(b.line.cancelled) != 0 {
			t.Errorf("stopped half way: %v, %v", err, b.line.cancelled)
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Done: true})
	})
}

// What a terminal showed is read by those who may open one, and by nobody who may
// only ask.
func TestRecordingsAreForThoseWhoAct(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		message := desk.Message{ID: "01JD0000000000000000000000", Endpoint: b.id, UID: "1000", Login: "maria"}
		rung, err := desk.New(b.db.Desk(), rulebook.Empty, time.Now).Ring(t.Context(), message, desk.Draft{Title: "It is slow"})
		if err != nil {
			t.Fatal(err)
		}
		q, err := b.Act(t.Context(), anna, ask.Request{Endpoint: b.id, Ticket: rung.Ticket, Kind: wire.ActTerminal, Params: json.RawMessage(`{"cols":80,"rows":24}`)})
		if err != nil {
			t.Fatal(err)
		}
		viewer := anna
		viewer.Role = auth.Operator
		see := func(when string) {
			t.Helper()
			if got, err := b.Get(t.Context(), anna, q.ID); err != nil || len(got.Answer) == 0 {
				t.Errorf("%s: whoever may act reads %v, %v", when, got.Answer, err)
			}
			if got, err := b.Get(t.Context(), viewer, q.ID); err != nil || len(got.Answer) != 0 || got.Kind != wire.ActTerminal {
				t.Errorf("%s: whoever may only ask reads %s of %s, %v", when, got.Answer, got.Kind, err)
			}
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Data: json.RawMessage(`{"state":"open","as":"maria"}`)})
		if err := b.TerminalFrame(t.Context(), b.id, wire.AppendTerminal(nil, q.ID, wire.TerminalData, []byte("secret$ "))); err != nil {
			t.Fatal(err)
		}
		see("while it is open")
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: 1, Done: true})
		see("once it has ended")
	})
}
