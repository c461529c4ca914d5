package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/auth"
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
	waits, did := 0, 0
	for _, a := range list {
		if a.Outcome != noEffect {
			continue
		}
		o, err := k.effect(ctx, now, i, a, membersOf(members, a.Who))
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

// membersOf are somebody's tickets that are part of an incident.
func membersOf(list []Member, who string) (out []Member) {
	for _, m := range list {
		if m.RequesterID == who && !m.Out {
			out = append(out, m)
		}
	}
	return out
}

// effect does what follows from somebody's word; noEffect: it is waited.
func (k *Keeper) effect(ctx context.Context, now time.Time, i Incident, a Asked, mine []Member) (Outcome, error) {
	switch a.Answer {
	case NotFixed:
		return k.stillNot(ctx, i, a, mine)
	case IsFixed:
		return k.solveAll(ctx, now, i, a, mine)
	}
	switch {
	case now.Before(i.Ask.Until):
		return noEffect, nil
	case len(mine) == 0:
		return Nothing, nil
	}
	worst := Solved
	for _, m := range mine {
		shows, there := k.Shows(m.Endpoint)
		switch {
		case m.Endpoint == "" || !there && now.Sub(i.Ask.Until) >= patience:
			worst = StaysAs // nobody can look
			continue
		case !there:
			return noEffect, nil // it is looked when it comes back
		}
		fails, wait := k.lookAgain(ctx, now, &i, m.Endpoint)
		if wait {
			return noEffect, nil
		}
		if bad := symptoms(i, m, shows); len(bad) > 0 || fails != "" {
			if err := k.note(ctx, i, m, "bad", "Nobody has answered whether it is fixed, and "+trouble(bad, fails)+". The ticket stays open."); err != nil {
				return noEffect, err
			}
			worst = StaysAs
			continue
		}
		ok, err := k.solve(ctx, i, a, m)
		if err != nil {
			return noEffect, err
		}
		if !ok {
			worst = StaysAs
		}
	}
	return worst, nil
}

// solveAll solves the tickets of somebody for whom it is fixed, where their machine does
// not still show what it was.
func (k *Keeper) solveAll(ctx context.Context, now time.Time, i Incident, a Asked, mine []Member) (Outcome, error) {
	out := Counted
	for _, m := range mine {
		shows := a.Found
		if !a.Looked || a.Endpoint != m.Endpoint { // on a page, or at another machine
			shows, _ = k.Shows(m.Endpoint)
		}
		fails := ""
		if m.State.Open() {
			var wait bool
			if fails, wait = k.lookAgain(ctx, now, &i, m.Endpoint); wait {
				return noEffect, nil
			}
		}
		if bad := symptoms(i, m, shows); (len(bad) > 0 || fails != "") && m.State.Open() { // what has ended, their word only confirms
			if err := k.note(ctx, i, m, "bad", fmt.Sprintf("%s says that it is fixed, and %s. So the ticket stays open.", a.Name, trouble(bad, fails))); err != nil {
				return noEffect, err
			}
			out = StaysAs
			continue
		}
		ok, err := k.solve(ctx, i, a, m)
		if err != nil {
			return noEffect, err
		}
		switch {
		case !ok:
			out = StaysAs
		case out == Counted:
			out = Solved
		}
	}
	return out, nil
}

// solve solves one ticket, with a reply that names the outage; ok is false where the ticket
// does not allow it. What has ended already is left as it is.
func (k *Keeper) solve(ctx context.Context, i Incident, a Asked, m Member) (ok bool, err error) {
	say := tongue.Choose(a.Language)
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
func (k *Keeper) stillNot(ctx context.Context, i Incident, a Asked, mine []Member) (Outcome, error) {
	if len(mine) == 0 {
		if endpoint, uid, ok := strings.Cut(a.Who, "/"); ok {
			_, err := k.Desk.Ring(ctx, ringID(&i, desk.Message{Endpoint: endpoint, UID: uid}), i.stillNot(a.Language))
			return NewOne, err
		}
		d := i.stillNot(a.Language)
		d.Endpoint = a.Endpoint
		_, err := k.Desk.OpenOnce(ctx, a.actor(), desk.Once{Key: "fixed/" + i.ID}, d)
		return NewOne, err
	}
	for _, m := range mine {
		if !m.State.Open() {
			_, err := k.Desk.DoOnce(ctx, a.actor(), k.once(i, m, "reopen"), m.Ticket, 0, ticket.Reopen{Message: ulid.MustNewDefault(k.now()).String(), Body: tongue.Choose(a.Language).Say("fixed.still_not")})
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
		m.Out, m.Labelled = true, true
		err := k.change(ctx, nobody, i.ID, 0, "", func(tx Tx, i *Incident) error {
			if err := tx.Put(m); err != nil {
				return err
			}
			return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidTakeOut, By: Person{ID: a.Who, Name: a.Name}, N: 1})
		})
		if err != nil {
			return noEffect, err
		}
	}
	return TookOut, nil
}

// note writes a note at a ticket, once. One that has ended for good says nothing more.
func (k *Keeper) note(ctx context.Context, i Incident, m Member, what, text string) error {
	c := ticket.Note{Message: ulid.MustNewDefault(k.now()).String(), Body: text}
	_, err := k.Desk.DoOnce(ctx, nobody, k.once(i, m, what), m.Ticket, 0, c)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// once names what is done at a ticket because of an incident.
func (k *Keeper) once(i Incident, m Member, what string) desk.Once {
	return desk.Once{Key: fmt.Sprintf("fixed/%s/%s/%s", i.ID, m.Ticket, what)}
}

// actor is who said it.
func (a *Asked) actor() auth.Actor {
	return auth.Actor{Kind: auth.Requester, Person: a.Who, Name: a.Name, Endpoint: a.Endpoint}
}

// ringID names the ticket of somebody who had none, so that there is one of it.
func ringID(i *Incident, m desk.Message) desk.Message {
	m.ID, m.Body = "fixed-"+i.ID+"-"+m.UID, []byte(i.ID)
	return m
}

// symptoms are what a machine shows of what it was about: what spoke for the outage, and
// what was critical at the machine when its ticket was rung.
func symptoms(i Incident, m Member, shows []string) (out []string) {
	for _, c := range shows {
		if (c == i.Evidence.Code && c != "" || slices.Contains(m.Critical, c)) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// codeWords names codes for the staff.
func codeWords(codes []string) string {
	var out []string
	for _, c := range codes[:min(len(codes), 5)] {
		if title := diagnostics.Title(diagnostics.Code(c)); title.English() != title.ID {
			c = title.English()
		}
		out = append(out, "“"+c+"”")
	}
	return strings.Join(out, ", ")
}
