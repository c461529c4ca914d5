package notify

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

const maxShown = 200

// Messages lists what is on its way, was given up, or was sent lately.
func (k *Keeper) Messages(ctx context.Context, actor auth.Actor, state State) ([]Row, error) {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return nil, err
	}
	if !slices.Contains([]State{Waiting, Sent, Dead}, state) {
		return nil, fault.Field("state", "A message is waiting, sent or dead.")
	}
	return k.o.Store.Rows(ctx, RowQuery{State: state, Limit: maxShown})
}

// Again has what a message should have told, that was given up, told after all. What it
// says may be over by now, or not the whole of it: unless it may have arrived, and so
// has to go under its own name, a new one is made of what is true now.
func (k *Keeper) Again(ctx context.Context, actor auth.Actor, id string) error {
	return k.decide(ctx, actor, id, audit.MessageAgain, func(tx Tx, r Row, newer bool) (func(), error) {
		if _, busy := k.waiting[r.Channel][r.Group]; busy {
			return nil, fault.New(fault.Conflict, "Something newer of the same alerts is on its way to this channel. Try again when it has arrived.")
		}
		if r.Unsure || r.Note.Letter {
			return k.resend(tx, r, newer)
		}
		was := k.told[r.Channel][r.Group]
		is, news := untold(was, r.Note)
		if !news {
			return nil, fault.New(fault.Conflict, "What this message says is over, or was told since. There is nothing left to tell: take it out.")
		}
		if err := saveTold(tx, r.Channel, r.Group, was, is, false); err != nil {
			return nil, err
		}
		return func() { k.remember(r.Channel, r.Group, is, false) }, tx.DeleteRow(id)
	})
}

// resend puts a message on its way once more, under the same name, unless it would say
// what is not so any more.
func (k *Keeper) resend(tx Tx, r Row, newer bool) (func(), error) {
	if newer || k.o.Now().Sub(r.Created) > keepSent {
		return nil, fault.New(fault.Conflict, "There is something newer of the same alerts, or the message is older than a week. It would say what is not so any more: take it out.")
	}
	now := k.o.Now().Truncate(time.Millisecond)
	r.State, r.Since, r.Next, r.Done = Waiting, now, now, time.Time{}
	return func() {
		k.wait(r)
		k.nudge(r.Channel)
	}, tx.SaveRow(r)
}

// newer reports whether there is something newer of the same alerts, arrived or not.
func (k *Keeper) newer(ctx context.Context, r Row) (bool, error) {
	for _, state := range []State{Sent, Dead} {
		list, err := k.o.Store.Rows(ctx, RowQuery{Channel: r.Channel, Group: r.Group, State: state})
		if err != nil || slices.ContainsFunc(list, func(o Row) bool { return o.ID > r.ID }) {
			return true, err
		}
	}
	return false, nil
}

// untold is what a channel was told of a group without what a message should have
// told. news reports whether any of that is still to be told.
func untold(was Told, n Note) (is Told, news bool) {
	is = Told{Labels: was.Labels, Alerts: maps.Clone(was.Alerts)} // the zero time: it is told at once
	for _, l := range n.Alerts {
		m, there := is.Alerts[l.ID]
		switch {
		case !there || !m.Line.Fired.Equal(l.Fired):
		case m.Late:
			m.Late, news = false, true
			is.Alerts[l.ID] = m
		case !m.Sent && m.Old != nil:
			is.Alerts[l.ID], news = Mark{Line: *m.Old, Sent: true}, true
		case !m.Sent:
			delete(is.Alerts, l.ID)
			news = true
		}
	}
	return is, news
}

// Drop takes a message that was given up out of the list.
func (k *Keeper) Drop(ctx context.Context, actor auth.Actor, id string) error {
	return k.decide(ctx, actor, id, audit.MessageDropped, func(tx Tx, _ Row, _ bool) (func(), error) { return func() {}, tx.DeleteRow(id) })
}

// decide does something with a message that was given up. after is done once that is
// stored.
func (k *Keeper) decide(ctx context.Context, actor auth.Actor, id string, action audit.Action, do func(tx Tx, r Row, newer bool) (after func(), err error)) error {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r, err := k.o.Store.Row(ctx, id)
	if err != nil {
		return err
	}
	c := k.channels[r.Channel]
	if c == nil || r.State != Dead {
		return fault.New(fault.Conflict, "This message is not among those that were given up any more.")
	}
	newer, err := k.newer(ctx, r)
	if err != nil {
		return err
	}
	var after func()
	err = k.update(ctx, func(tx Tx) error {
		if after, err = do(tx, r, newer); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, action, c, map[string]any{"message": id, "title": r.Note.Title()}))
	})
	if err == nil {
		after()
	}
	return err
}

// Try sends a test at once, and says what came back.
func (k *Keeper) Try(ctx context.Context, actor auth.Actor, id string) (said string, err error) {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return "", err
	}
	c, err := k.get(id)
	if err != nil {
		return "", err
	}
	now := k.o.Now().Truncate(time.Millisecond)
	n := Note{ID: ulid.MustNewDefault(now).String(), Event: Test, Group: "test-" + c.ID, Labels: map[string]string{}, At: now, Alerts: []Line{{
		ID: "DeskbellTest", Rule: "DeskbellTest", Severity: alert.Info, Labels: map[string]string{"severity": string(alert.Info)}, Fired: now, New: true,
		Summary: "This is a test of the channel “" + c.Name + "”, sent by " + actor.Name + ". Nothing is wrong.",
	}}}
	if err := k.update(ctx, func(tx Tx) error { return tx.Audit(k.entry(actor, audit.ChannelTested, &c, nil)) }); err != nil {
		return "", err
	}
	said, err = k.send(ctx, c, n)
	if err != nil {
		f := failure(err)
		k.o.Log.Warn("the test of a channel failed", "channel", c.ID, "name", c.Name, "err", f)
		return "", fault.Wrap(f, fault.Unavailable, f.Sentence)
	}
	return said, nil
}
