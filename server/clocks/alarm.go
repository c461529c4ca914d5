package clocks

import (
	"context"
	"errors"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// The pace of alarms, and when one is too late to be told of by itself.
const (
	lookEvery  = time.Second
	alarmBatch = 50
	late       = 2 * time.Minute
	burst      = 3 // more alarms than these at once for one person, policy and team are one notice
)

// RunAlarms does what policies say when shares of targets are used, until ctx ends.
//
// Each share has its effect once: it is recorded in the transaction of the effect.
// After the server was down, or the rules have changed, many may have been passed at
// once. What they do to tickets is done then, but nobody is told of each: there is one
// notice for each policy and team.
func (k *Keeper) RunAlarms(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := k.Alarms(ctx); err != nil && ctx.Err() == nil {
			k.o.Log.Error("escalations were not carried out, and will be", "err", err)
			if !sleep(ctx, retry) {
				return nil
			}
		}
	}
}

// Alarms does all that is due now.
func (k *Keeper) Alarms(ctx context.Context) error {
	now := k.o.Now()
	for {
		due, err := k.o.Store.AnyAlarm(ctx, now)
		if err != nil || !due {
			return err
		}
		if err := k.ring(ctx, now); err != nil {
			return err
		}
		if !sleep(ctx, rest) {
			return ctx.Err()
		}
	}
}

// ring carries out the alarms of some tickets as one write. now is when the drain of
// alarms began, which makes summaries of several writes one.
func (k *Keeper) ring(ctx context.Context, now time.Time) error {
	s := k.current()
	operators, err := k.o.Store.StaffOf(ctx, auth.Operator)
	if err != nil {
		return err
	}
	var told []telling
	var newest map[string]notice.Notice
	err = k.write.Update(ctx, func(tx desk.Tx) error {
		told = nil
		ids, err := tx.DueAlarms(now, alarmBatch)
		if err != nil {
			return err
		}
		for _, id := range ids {
			more, err := k.ringOne(tx, s, id, operators, now)
			if err != nil {
				return err
			}
			told = append(told, more...)
		}
		newest, err = k.notify(tx, s, told, now)
		return err
	})
	if err == nil {
		k.publish(ctx, newest)
	}
	return err
}

// ringOne carries out the alarms of a ticket and returns who is told of what.
func (k *Keeper) ringOne(tx desk.Tx, s *set, id string, operators []string, now time.Time) ([]telling, error) {
	t, err := tx.Ticket(id)
	if err != nil {
		return nil, err
	}
	l, ok, err := tx.Line(id)
	if err != nil || !ok {
		return nil, err
	}
	var told []telling
	for _, a := range s.rules.Alarms(l.Line) {
		if a.At.After(now) {
			break
		}
		fresh, err := tx.Alarm(id, a, now)
		if err != nil {
			return nil, err
		}
		if !fresh || a.Inherited {
			continue
		}
		for _, p := range s.people(t, a.Do, operators) {
			told = append(told, telling{person: p, ticket: t, alarm: a, late: now.Sub(a.At) > late})
		}
		if t, err = k.act(tx, s, t, a, now); err != nil {
			return nil, err
		}
	}
	// What was done has changed the line, maybe.
	if l, _, err = tx.Line(id); err != nil {
		return nil, err
	}
	alarmed, err := tx.Alarmed(id)
	if err != nil {
		return nil, err
	}
	return told, tx.PutClocks(id, k.standing(s, l.Line, t.Version, alarmed, now))
}

// act does to the ticket what an escalation says. What the ticket's state does not
// allow, or what it has already, is left out.
func (k *Keeper) act(tx desk.Tx, s *set, t ticket.Ticket, a sla.Alarm, now time.Time) (ticket.Ticket, error) {
	why := s.sentence(a)
	var commands []ticket.Command
	if a.Do.Raise && t.Priority > 1 {
		commands = append(commands, ticket.Override{Priority: t.Priority - 1, Reason: why})
	}
	if a.Do.NOC && !t.NOC {
		commands = append(commands, ticket.Escalate{NOC: true, Message: k.newID(), Tried: why})
	}
	if a.Do.Team != "" && a.Do.Team != t.Team {
		commands = append(commands, ticket.Delegate{Team: a.Do.Team, Message: k.newID(), Body: why})
	}
	for _, c := range commands {
		after, events, err := ticket.Apply(t, c, system, now)
		var f *fault.Error
		if errors.As(err, &f) {
			k.o.Log.Warn("an escalation was left out", "ticket", t.Number, "why", f.Sentence)
			continue
		}
		if err != nil {
			return t, err
		}
		for i := range events {
			events[i].Automatic = true // we tell of it ourselves, of many at once as one
		}
		if err := tx.Save(t, after, events); err != nil {
			return t, err
		}
		t = after
	}
	return t, nil
}

var system = ticket.Actor{Person: ticket.Person{Name: "Deskbell"}, Side: ticket.System}

func (k *Keeper) newID() string { return ulid.MustNewDefault(k.o.Now()).String() }
