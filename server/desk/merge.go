package desk

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// MaxMerge is how many tickets are merged at once.
const MaxMerge = 100

// Merge makes tickets go on as another one: all of them or none. Their requesters
// go on seeing their own ticket, with what the staff says on the other one. seen
// are the versions of what the actor looked at, by id; those that are not in it do
// not matter.
func (d *Desk) Merge(ctx context.Context, actor auth.Actor, into string, from []string, seen map[string]int64) (ticket.Ticket, error) {
	var after ticket.Ticket
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return after, err
	}
	err := d.store.Update(ctx, func(tx Tx) (err error) {
		for id, v := range seen {
			t, err := tx.Ticket(id)
			if err == nil && stale(t, v) {
				err = errStale(t)
			}
			if err != nil {
				return err
			}
		}
		after, err = d.merge(tx, actorOf(actor), into, from)
		return err
	})
	return after, err
}

func (d *Desk) merge(tx Tx, by ticket.Actor, into string, from []string) (ticket.Ticket, error) {
	from = slices.Compact(slices.Sorted(slices.Values(from)))
	if len(from) == 0 || len(from) > MaxMerge {
		return ticket.Ticket{}, fault.Field("from", "Choose 1 to 100 tickets to merge.")
	}
	// In one order, so that of two merges neither waits for the other's ticket.
	all := map[string]ticket.Ticket{}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append([]string{into}, from...)))) {
		t, err := tx.Ticket(id)
		if err != nil {
			return t, fault.Field("from", "One of the tickets does not exist. Nothing was merged.")
		}
		all[id] = t
	}
	target, now := all[into], d.now()
	after, absorbed := target, []ticket.Event(nil)
	var err error
	step := func(t ticket.Ticket, c ticket.Command) (ticket.Ticket, []ticket.Event, error) {
		t, events, err := ticket.Apply(t, c, by, now)
		if err != nil {
			err = fault.Wrap(err, fault.CodeOf(err), fmt.Sprintf("Nothing was merged. Ticket %d: %s", t.Number, fault.Sentence(err)))
		}
		return t, events, err
	}
	absorb := func(c ticket.Command) error {
		t, events, err := step(after, c)
		after, absorbed = t, append(absorbed, events...)
		return err
	}
	for _, id := range from {
		t := all[id]
		ended, events, err := step(t, ticket.MergeInto{Into: ticket.Reference{ID: target.ID, Number: target.Number}})
		if err != nil {
			return target, err
		}
		if err := absorb(ticket.Absorb{From: ticket.Reference{ID: t.ID, Number: t.Number}, Requester: t.Requester, Also: t.Also}); err != nil {
			return target, err
		}
		if err := absorb(ticket.Watch{Who: t.Watchers}); err != nil && !fault.Is(err, fault.Invalid) {
			return target, err
		}
		if err := tx.Save(t, ended, events); err != nil {
			return target, err
		}
		if after.Parent.ID == t.ID {
			if err := absorb(ticket.SetParent{Parent: t.Parent}); err != nil {
				return target, err
			}
		}
	}
	if err = tx.Save(target, after, absorbed); err != nil {
		return target, err
	}
	return after, d.adopt(tx, by, now, after, from)
}

// adopt puts the children of merged tickets under the one that goes on.
func (d *Desk) adopt(tx Tx, by ticket.Actor, now time.Time, into ticket.Ticket, from []string) error {
	own, err := tx.Children(into.ID, MaxChildren)
	if err != nil {
		return err
	}
	room := MaxChildren - len(own)
	for _, id := range from {
		children, err := tx.Children(id, MaxChildren)
		if err != nil {
			return err
		}
		for _, child := range children {
			if child == into.ID || slices.Contains(from, child) {
				continue
			}
			if room--; room < 0 {
				return fault.Newf(fault.Conflict, "Nothing was merged: ticket %d would have more than %d children.", into.Number, MaxChildren)
			}
			before, err := tx.Ticket(child)
			if err != nil {
				return err
			}
			if into.Parent.ID == child { // it was above the one that it would be under
				continue
			}
			after, events, err := ticket.Apply(before, ticket.SetParent{Parent: ticket.Reference{ID: into.ID, Number: into.Number}}, by, now)
			if fault.Is(err, fault.Conflict) {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.Save(before, after, events); err != nil {
				return err
			}
		}
	}
	return nil
}

// Split makes a new ticket of a message, with its attachments, for whoever wrote it.
// A note stays where it is: its words are among staff.
func (d *Desk) Split(ctx context.Context, actor auth.Actor, id, message, title string, seen int64) (ticket.Ticket, error) {
	var made ticket.Ticket
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return made, err
	}
	err := d.store.Update(ctx, func(tx Tx) error {
		t, err := tx.Ticket(id)
		if err != nil {
			return err
		}
		if stale(t, seen) {
			return errStale(t)
		}
		history, err := tx.Events(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(history, func(e ticket.Event) bool { return message != "" && e.Message == message && e.Says() })
		switch {
		case i < 0:
			return fault.New(fault.NotFound, "The ticket has no such message.")
		case history[i].Type != ticket.Replied:
			return fault.Field("message", "Only an answer becomes a ticket: whoever it is for reads it there.")
		case slices.ContainsFunc(history, func(e ticket.Event) bool { return e.Type == ticket.Split && e.Message == message }):
			return fault.New(fault.Conflict, "This message has been made into a ticket already.")
		}
		made, err = d.split(tx, actorOf(actor), t, history[i], title)
		return err
	})
	return made, err
}

func (d *Desk) split(tx Tx, by ticket.Actor, t ticket.Ticket, said ticket.Event, title string) (ticket.Ticket, error) {
	now := d.now()
	if title == "" {
		title = firstLine(said.Body)
	}
	open := ticket.Open{
		Kind: t.Kind, Title: title, Body: said.Body, Requester: t.Requester, Endpoint: t.Endpoint, Site: t.Site, Attachments: slices.Clone(said.Attachments),
		Impact: t.Impact, Urgency: t.Urgency, Matrix: d.matrix(), Relation: ticket.SplitFrom, Other: ticket.Reference{ID: t.ID, Number: t.Number},
	}
	if said.Actor.Side == ticket.Requester && said.Actor.ID != t.Requester.ID { // of a merged ticket: the machine is another one's
		open.Requester, open.Endpoint, open.Site = said.Actor.Person, "", ""
	}
	made, events, err := ticket.Apply(ticket.Ticket{ID: d.newID()}, open, by, now)
	if err != nil {
		return made, err
	}
	d.called(ticket.Ticket{}, events)
	if err := tx.Insert(&made, events); err != nil {
		return made, err
	}
	after, events, err := ticket.Apply(t, ticket.SplitOff{Message: said.Message, Into: ticket.Reference{ID: made.ID, Number: made.Number}}, by, now)
	if err != nil {
		return made, err
	}
	return made, tx.Save(t, after, events)
}

// firstLine makes a title of somebody's words.
func firstLine(s string) string {
	for i, r := range s {
		if r == '\n' || r == '\t' {
			s = s[:i]
			break
		}
	}
	for utf8.RuneCountInString(s) > 80 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "" {
		return "A part of another ticket"
	}
	return s
}
