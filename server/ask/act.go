package ask

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Act has something done on a machine: a process ended, a service restarted. It is
// written down before it is sent, is done once or not at all, never waits for a
// machine that is away, and the machine's own policy has the last word.
func (a *Asker) Act(ctx context.Context, actor auth.Actor, r Request) (Ask, error) {
	if err := auth.Authorise(actor, auth.EndpointsAct, auth.Object{Endpoint: r.Endpoint}); err != nil {
		return Ask{}, err
	}
	if !r.Kind.Acts() {
		return Ask{}, fault.Field("kind", "There is nothing of that name that could be done on a machine.")
	}
	if r.Kind.Script() && !r.reviewed {
		return Ask{}, fault.Field("kind", "A script is run from the library of scripts, by its name and version.")
	}
	if r.Kind == wire.ActFetchFile && r.Ticket == "" {
		return Ask{}, fault.Field("ticket", "A file is fetched for a ticket: it is kept there.")
	}
	if err := a.admitFetch(r.Kind); err != nil {
		return Ask{}, err
	}
	if r.Kind.Terminal() && r.Ticket == "" {
		return Ask{}, fault.Field("ticket", "A terminal is opened for a ticket: whoever rang is asked, and reads why.")
	}
	if r.Kind == wire.ActScreen && r.Ticket == "" {
		return Ask{}, fault.Field("ticket", "A screen is looked at for a ticket: whoever rang is asked, and reads why.")
	}
	if r.Wait != 0 {
		return Ask{}, fault.Field("wait", "What is done on a machine is done now or not at all: who orders it looks at the result.")
	}
	return a.order(ctx, actor, r)
}

// RunScript has a script run that the library of scripts has found approved.
func (a *Asker) RunScript(ctx context.Context, actor auth.Actor, endpoint, ticketID string, p wire.RunScriptParams) (Ask, error) {
	params, err := json.Marshal(p)
	if err != nil {
		return Ask{}, err
	}
	kind := wire.ActRunScript
	if p.Script.Root {
		kind = wire.ActRunRootScript
	} else if ticketID == "" {
		return Ask{}, fault.Field("ticket", "A script with the requester's rights is run for a ticket: whoever rang is asked.")
	}
	return a.Act(ctx, actor, Request{Endpoint: endpoint, Ticket: ticketID, Kind: kind, Params: params, reviewed: true})
}

// told is what the audit log says of an order's parameters: of a script which one it
// is, and with what values.
func told(k wire.AskKind, params json.RawMessage) any {
	var p wire.RunScriptParams
	if !k.Script() || json.Unmarshal(params, &p) != nil {
		return params
	}
	return map[string]any{"script": p.ID, "name": p.Name, "version": p.Version, "sha256": p.SHA256, "values": p.Values}
}

func auditOf(k wire.AskKind) audit.Action {
	if k.Acts() {
		return audit.EndpointActed
	}
	return audit.EndpointAsked
}

// lost ends what was running when the machine fell silent. What a diagnostic would
// have said is lost; what an order has done, nobody here knows.
func (a *Asker) lost(ctx context.Context, id, sentence string) {
	a.mu.Lock()
	r, ok := a.running[id]
	a.mu.Unlock()
	if ok && r.ask.Kind.Terminal() {
		a.end(ctx, id, Failed, fault.Unavailable, sentence+" The terminal and all that ran in it end there as well.")
		return
	}
	if ok && (!r.ask.Kind.Withdrawable() || r.ask.Kind.Script()) {
		a.end(ctx, id, Unknown, fault.Unknown, sentence+" It may have done what it was told, or not: look before you do it again.")
		return
	}
	a.end(ctx, id, Failed, fault.Unavailable, sentence)
}

// abandoned ends a terminal that nobody looks at.
func (a *Asker) abandoned(id string) {
	a.mu.Lock()
	r, ok := a.running[id]
	a.mu.Unlock()
	if ok {
		a.line.Cancel(r.ask.Endpoint, id)
		a.end(context.Background(), id, Cancelled, "", "The page of the terminal was closed.")
	}
}

// recordEnd writes into the ticket's history and the audit log what became of an
// order.
func (a *Asker) recordEnd(tx Tx, q Ask) error {
	if q.Ticket != "" {
		before, err := tx.Ticket(q.Ticket)
		if err != nil {
			return err
		}
		by := ticket.Actor{Person: ticket.Person{ID: q.AskerID, Name: q.AskerName}, Side: ticket.Staff}
		after, events, err := ticket.Apply(before, ticket.RecordAsk{Ask: q.ID, What: string(q.Kind) + " " + string(q.State)}, by, q.EndedAt)
		if err != nil {
			return err
		}
		if err := tx.Save(before, after, events); err != nil {
			return err
		}
	}
	return tx.Audit(audit.Entry{
		At: q.EndedAt, Actor: audit.Actor{Kind: string(auth.Endpoint), ID: q.Endpoint}, Action: audit.EndpointAnswered, Object: "endpoint:" + q.Endpoint,
		Detail: map[string]any{"ask": q.ID, "kind": q.Kind, "state": q.State, "code": q.Code, "ticket": q.Number},
	})
}
