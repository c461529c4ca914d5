package tray

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/session"
)

// actTime is how long the agent may take to put an act on this machine's disk.
const actTime = 15 * time.Second

// clicked opens what a notification was about, or does what was chosen in it.
func (t *tray) clicked(ctx context.Context, key, choice string) {
	ticket := model.TicketOfNote(key)
	if d, ok := model.DeedOf(choice); ok {
		t.do(ctx, ticket, d)
		return
	}
	if id, ok := model.HitOfChoice(choice); ok {
		t.hit(ctx, id)
		return
	}
	if id, works, ok := model.FixedOfChoice(choice); ok {
		t.fixed(ctx, id, works)
		return
	}
	if model.OutageNote(key) {
		t.show(ctx, session.Request{Show: session.Announcements})
		return
	}
	switch key {
	case model.NoteNoWindow().Key:
		t.open.Browse(ctx, "", false)
		return
	case model.MarkKey:
		t.show(ctx, session.Request{Show: session.Ring})
		return
	case model.ApprovalsKey:
		t.open.Browse(ctx, wire.PageApprovals, false)
		return
	}
	r := session.Request{Show: session.Tickets}
	if key != model.SummaryKey {
		r.Ticket = ticket
	}
	t.show(ctx, r)
}

// do carries out what was chosen in a notification. One click is enough for each;
// what more there is to say is asked for, and may be left out.
func (t *tray) do(ctx context.Context, ticket string, d model.Deed) {
	r, err := t.act(ctx, ticket, d)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		t.log.Warn("what was chosen in a notification had no effect", "act", d.Act, "error", err)
		t.note(ctx, model.NoteNotDone(ticket, model.Sentence(err)))
		return
	}
	switch d.Act {
	case wire.ActConfirm:
		t.note(ctx, model.NoteRate(ticket, r))
	case wire.ActReopen: // what is still wrong is best said at once
		t.show(ctx, session.Request{Show: session.Tickets, Ticket: ticket})
	}
}

// told has the agent remember what the person was told of a known outage, so that no
// tray tells it again. When that fails, one that starts again does.
func (t *tray) told(ctx context.Context, one model.ToldOf) {
	go func() {
		ask, cancel := context.WithTimeout(ctx, actTime)
		defer cancel()
		if err := t.agent.ToldOf(ask, one.ID, one.Revision); err != nil && ctx.Err() == nil {
			t.log.Warn("that somebody was told of an outage is not noted", "error", err)
		}
	}()
}

// hit says that a known outage hits the person too.
func (t *tray) hit(ctx context.Context, id string) {
	ask, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	r, err := t.agent.HitToo(ask, id)
	if err == nil && r.Delivery == local.Refused {
		err = model.Refusal(r)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		t.log.Warn("what was chosen in a notification had no effect", "act", "hit", "error", err)
		t.note(ctx, model.NoteNotHit(id, model.Sentence(err)))
	default:
		t.note(ctx, model.NoteHit(id))
	}
}

// askedOf has the agent remember that the person was asked.
func (t *tray) askedOf(ctx context.Context, id string) {
	go func() {
		ask, cancel := context.WithTimeout(ctx, actTime)
		defer cancel()
		if err := t.agent.AskedOf(ask, id); err != nil && ctx.Err() == nil {
			t.log.Warn("that somebody was asked whether it is fixed is not noted", "error", err)
		}
	}()
}

// fixed says whether an outage that is said to be over is over for the person.
func (t *tray) fixed(ctx context.Context, id string, works bool) {
	ask, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	r, err := t.agent.Fixed(ask, id, local.Fixed{Works: works, Language: string(tongue.Current())})
	if err == nil && r.Delivery == local.Refused {
		err = model.Refusal(r)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		t.log.Warn("what was chosen in a notification had no effect", "act", "fixed", "error", err)
		t.note(ctx, model.NoteNotFixedSaid(id, model.Sentence(err)))
	default:
		t.note(ctx, model.NoteFixedSaid(id, works))
	}
}

// mark marks a moment in the flight recorder, and tells that it is done.
func (t *tray) mark(ctx context.Context, at time.Time) {
	ask, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	_, err := t.agent.Mark(ask, diagnostics.Mark{Kind: local.MarkFroze, At: at})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		t.log.Warn("a moment was not marked", "error", err)
		t.note(ctx, model.NoteNotMarked(model.Sentence(err)))
		return
	}
	t.note(ctx, model.NoteMarked())
}

func (t *tray) act(ctx context.Context, ticket string, d model.Deed) (local.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	r, err := t.agent.Act(ctx, ticket, local.Act{Ref: ulid.Make().String(), Act: d.Act, Rating: d.Rating})
	if err == nil && r.Delivery == local.Refused {
		err = model.Refusal(r)
	}
	if err == nil && d.Message != "" {
		t.agent.Read(ctx, ticket, d.Message) // they have; when it fails the dot stays
	}
	return r, err
}
