package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// settle makes of people's words what follows for their tickets. All of it can be begun
// again after a crash: what is done at a ticket has a key and happens once.
func (k *Keeper) settle(ctx context.Context, now time.Time) error {
	ended, err := k.Store.Incidents(ctx, Query{States: []State{Resolved}, Since: now.Add(-askedDays)})
	if err != nil {
		return err
	}
	for _, i := range ended {
		if i.Ask == nil || !i.Ask.DoneAt.IsZero() {
			continue
		}
		if err := k.settleOne(ctx, now, i); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) settleOne(ctx context.Context, now time.Time, i Incident) error {
	list, err := k.Store.Asked(ctx, i.ID)
	if err != nil {
		return err
	}
	members, err := k.Store.Members(ctx, i.ID)
	if err != nil {
		return err
	}
	looks, err := k.Store.Looks(ctx, i.ID)
	if err != nil {
		return err
	}
	waits, did := 0, 0
	for _, a := range list {
		if a.Outcome != noEffect {
			continue
		}
		o, err := k.effect(ctx, now, i, a, membersOf(members, a.Who), looks)
		if err != nil {
			return err
		}
		if o == noEffect {
			waits++
			continue
		}
		did++
		if err := k.Store.Update(ctx, func(tx Tx) error { return tx.Settle(i.ID, a.Who, a.Answer, o) }); err != nil {
			return err
		}
	}
	if did > 0 {
		k.tell(i.ID)
	}
	if waits > 0 {
		return nil
	}
	err = k.change(ctx, nobody, i.ID, 0, "", func(tx Tx, i *Incident) error {
		now, err := tx.Waits(i.ID) // somebody may have spoken meanwhile
		if err != nil || now > 0 || i.Ask == nil {
			return errors.Join(err, errAsItIs)
		}
		i.Ask.DoneAt = i.NewsAt
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidHear, Text: TallyOf(list).Words()})
	})
	if err != nil {
		return err
	}
	k.again.forget(i.ID)
	return k.ReloadQuestions(ctx)
}

// membersOf are somebody's tickets that are part of an incident, or were.
func membersOf(list []Member, who string) (out []Member) {
	for _, m := range list {
		if m.RequesterID == who {
			out = append(out, m)
		}
	}
	return out
}

// effect does what follows from somebody's word; noEffect: it is waited.
func (k *Keeper) effect(ctx context.Context, now time.Time, i Incident, a Asked, all []Member, looks map[string]Relook) (Outcome, error) {
	mine := slices.DeleteFunc(slices.Clone(all), func(m Member) bool { return m.Out })
	switch {
	case a.Answer == NotFixed:
		return k.stillNot(ctx, i, a, mine, all)
	case a.Answer == IsFixed:
		return k.solveAll(ctx, now, i, a, mine, looks)
	case now.Before(i.Ask.Until):
		return noEffect, nil
	case len(mine) == 0:
		return Nothing, nil
	}
	worst, waits := Solved, false
	for _, m := range mine {
		shows, there := k.Shows(m.Endpoint)
		switch {
		case m.Endpoint == "" || !there && now.Sub(i.Ask.Until) >= patience:
			worst = StaysAs // nobody can look
			continue
		case !there:
			waits = true // it is looked when it comes back
			continue
		}
		o, err := k.closeOne(ctx, now, i, a, m, shows, looks)
		if err != nil {
			return noEffect, err
		}
		if waits = waits || o == noEffect; o != Solved && worst != TookOut {
			worst = o
		}
	}
	if waits {
		return noEffect, nil
	}
	return worst, nil
}

// solveAll solves the tickets of somebody for whom it is fixed, where their machine does
// not still show what it was.
func (k *Keeper) solveAll(ctx context.Context, now time.Time, i Incident, a Asked, mine []Member, looks map[string]Relook) (Outcome, error) {
	out, waits := Counted, false
	for _, m := range mine {
		shows := a.Found
		if !a.Looked || a.Endpoint != m.Endpoint { // on a page, or at another machine
			shows, _ = k.Shows(m.Endpoint)
		}
		o, err := k.closeOne(ctx, now, i, a, m, shows, looks)
		if err != nil {
			return noEffect, err
		}
		if waits = waits || o == noEffect; o != Solved && out != TookOut || out == Counted {
			out = o
		}
	}
	if waits {
		return noEffect, nil
	}
	return out, nil
}

// closeOne solves one ticket, unless its machine speaks against it. What has ended already
// their word only confirms.
func (k *Keeper) closeOne(ctx context.Context, now time.Time, i Incident, a Asked, m Member, shows []string, looks map[string]Relook) (Outcome, error) {
	if m.State.Open() {
		switch l, err := k.leaves(ctx, now, i, a, m, shows, looks); {
		case err != nil || l == leaveWaits:
			return noEffect, err
		case l == leaveOpen:
			return StaysAs, nil
		case l == leaveOut:
			return TookOut, nil
		}
	}
	ok, err := k.solve(ctx, i, a, m)
	if err != nil {
		return noEffect, err
	}
	if !ok {
		return StaysAs, nil
	}
	return Solved, nil
}

// solve solves one ticket, with a reply that names the outage; ok is false where the ticket
// does not allow it. What has ended already is left as it is.
func (k *Keeper) solve(ctx context.Context, i Incident, a Asked, m Member) (ok bool, err error) {
	say := k.reads(a.Language)
	text := "fixed.solved_quiet"
	if a.Answer == IsFixed {
		text = "fixed.solved"
	}
	c := ticket.Resolve{Message: ulid.MustNewDefault(k.now()).String(), Solution: say.Say(text, tongue.Name("title", i.Title), tongue.Name("closing", i.Closing)), Code: ticket.Fixed}
	if m.State.Open() {
		_, err = k.Desk.DoOnce(ctx, nobody, k.once(i, m, "solve"), m.Ticket, 0, c)
		switch {
		case fault.Is(err, fault.Invalid): // a field is asked for that nobody has filled in
			return false, k.note(ctx, i, m, "not", "It is fixed, and the ticket could not be solved by itself: "+fault.Sentence(err))
		case fault.Is(err, fault.Conflict):
			return true, nil // it has ended meanwhile, or waits for a yes
		case err != nil:
			return false, err
		}
	}
	if a.Answer != IsFixed {
		return true, nil
	}
	_, err = k.Desk.DoOnce(ctx, a.actor(), k.once(i, m, "confirm"), m.Ticket, 0, ticket.Confirm{})
	if fault.Is(err, fault.Conflict) {
		err = nil // it has been said already
	}
	return true, err
}

// stillNot takes the tickets of somebody for whom it is not fixed out of the incident, and
// opens them again where they had ended. Who has none gets one.
func (k *Keeper) stillNot(ctx context.Context, i Incident, a Asked, mine, all []Member) (Outcome, error) {
	if slices.ContainsFunc(all, func(m Member) bool { return m.Out && m.State.Open() }) && len(mine) == 0 {
		return TookOut, nil // it is open as one of its own already
	}
	if len(mine) == 0 {
		if endpoint, uid, ok := strings.Cut(a.Who, "/"); ok {
			_, err := k.Desk.Ring(ctx, ringID(&i, desk.Message{Endpoint: endpoint, UID: uid}), i.stillNot(k.reads(a.Language)))
			return NewOne, err
		}
		d := i.stillNot(k.reads(a.Language))
		d.Endpoint = a.Endpoint
		_, err := k.Desk.OpenOnce(ctx, a.actor(), desk.Once{Key: "fixed/" + i.ID}, d)
		return NewOne, err
	}
	for _, m := range mine {
		if !m.State.Open() {
			_, err := k.Desk.DoOnce(ctx, a.actor(), k.once(i, m, "reopen"), m.Ticket, 0, ticket.Reopen{Message: ulid.MustNewDefault(k.now()).String(), Body: k.reads(a.Language).Say("fixed.still_not")})
			if err != nil && !fault.Is(err, fault.Conflict) {
				return noEffect, err
			}
		}
		words := fmt.Sprintf("Major incident %d is said to be over, and %s says that it still does not work. The ticket is no part of it any more.", i.Number, a.Name)
		if len(a.Found) > 0 {
			words += " The computer shows " + codeWords(a.Found) + "."
		} else if a.Looked {
			words += " A quick check-up of the computer found nothing."
		}
		if err := k.note(ctx, i, m, "still-not", words); err != nil {
			return noEffect, err
		}
		if err := k.dropped(ctx, i, m, Line{Did: DidTakeOut, By: Person{ID: a.Who, Name: a.Name}, N: 1}); err != nil {
			return noEffect, err
		}
	}
	return TookOut, nil
}
