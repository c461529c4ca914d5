package notify

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// Run tells the channels until ctx ends. Each has a worker of its own, so that one that
// is slow holds up no other.
func (k *Keeper) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	tick, sweep := time.NewTicker(k.o.Every), time.NewTicker(time.Hour)
	defer tick.Stop()
	defer sweep.Stop()
	for {
		k.hire(ctx, &workers)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := k.Round(ctx); err != nil && ctx.Err() == nil {
				k.o.Log.Error("what is to be told of alerts was not stored; it is tried again", "err", err)
			}
		case <-sweep.C:
			before := k.o.Now().Add(-keepSent)
			if err := k.update(ctx, func(tx Tx) error { return tx.SweepRows(before) }); err != nil && ctx.Err() == nil {
				k.o.Log.Error("what was told of alerts was not tidied", "err", err)
			}
		}
	}
}

// Round decides what each channel is told, and stores it. Nothing is sent that is not
// stored.
func (k *Keeper) Round(ctx context.Context) error {
	k.mu.Lock()
	nobody := len(k.channels) == 0
	k.mu.Unlock()
	if nobody {
		return nil // every alert would be copied for it, each second
	}
	s, known := k.o.Standing()
	if !known {
		return nil // after a start nothing is over only because nobody has looked yet
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.loaded {
		return nil
	}
	for id, c := range k.channels {
		if err := k.tell(ctx, id, c, s); err != nil {
			return err
		}
	}
	return nil
}

// tell decides for one channel. The caller holds mu.
func (k *Keeper) tell(ctx context.Context, id string, c *Channel, s Standing) error {
	now := k.o.Now().Truncate(time.Millisecond)
	busy := func(group string) bool { _, is := k.waiting[id][group]; return is }
	steps := Plan(c, k.told[id], busy, s, now)
	var rows []Row
	kept := steps[:0]
	for _, st := range steps {
		if st.Note != nil {
			if len(k.waiting[id])+len(rows) >= maxWaiting {
				continue // it stays to be told
			}
			st.Note.ID = ulid.MustNewDefault(now).String()
			rows = append(rows, Row{ID: st.Note.ID, Channel: id, Group: st.Group, Note: *st.Note, State: Waiting, Created: now, Since: now, Next: now})
		}
		kept = append(kept, st)
	}
	if len(kept) == 0 {
		return nil
	}
	err := k.update(ctx, func(tx Tx) error {
		for _, st := range kept {
			if err := saveTold(tx, id, st.Group, k.told[id][st.Group], st.Told, st.Note != nil); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if err := tx.SaveRow(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, st := range kept {
		k.remember(id, st.Group, st.Told, st.Note != nil)
	}
	for _, r := range rows {
		k.wait(r)
	}
	if len(rows) > 0 {
		k.nudge(id)
	}
	return nil
}

// remember is what saveTold stores, in memory. A group without alerts is forgotten,
// once what is said of it has arrived.
func (k *Keeper) remember(channel, group string, t Told, saying bool) {
	if k.told[channel] == nil {
		k.told[channel] = map[string]Told{}
	}
	if len(t.Alerts) == 0 && !saying {
		delete(k.told[channel], group)
		return
	}
	k.told[channel][group] = t
}

func saveTold(tx Tx, channel, group string, was, is Told, saying bool) error {
	if len(is.Alerts) == 0 && !saying {
		return tx.DeleteTold(channel, group)
	}
	changed, gone := map[string]Mark{}, []string(nil)
	for id, m := range is.Alerts {
		if old, there := was.Alerts[id]; !there || !reflect.DeepEqual(old, m) {
			changed[id] = m
		}
	}
	for id := range was.Alerts {
		if _, there := is.Alerts[id]; !there {
			gone = append(gone, id)
		}
	}
	return tx.SaveTold(channel, group, is, changed, gone)
}

// settle stores what became of a message.
func (k *Keeper) settle(ctx context.Context, r Row) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.channels[r.Channel]
	if c == nil {
		return nil // it was deleted meanwhile, with its messages
	}
	if r.Note.Letter {
		return k.settleLetter(ctx, r)
	}
	was, there := k.told[r.Channel][r.Group]
	is := Told{Labels: r.Note.Labels, At: was.At, Alerts: maps.Clone(was.Alerts)}
	if is.Alerts == nil {
		is.Alerts = map[string]Mark{}
	}
	if r.State == Sent || r.State == Dead && r.Unsure {
		// Who may have heard of a beginning hears of the end.
		arrived(&is, r.Note)
	} else if r.State == Dead && !c.Kind.Feed() {
		late(&is, r.Note)
	}
	over := r.State != Waiting
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveRow(r); err != nil {
			return err
		}
		if !over || !there && len(is.Alerts) == 0 {
			return nil
		}
		return saveTold(tx, r.Channel, r.Group, was, is, false)
	})
	if err != nil || !over {
		return err
	}
	delete(k.waiting[r.Channel], r.Group)
	k.remember(r.Channel, r.Group, is, false)
	return nil
}

// settleLetter is settle of a letter, of which nothing else is remembered. The caller
// holds mu.
func (k *Keeper) settleLetter(ctx context.Context, r Row) error {
	err := k.update(ctx, func(tx Tx) error { return tx.SaveRow(r) })
	if err == nil && r.State != Waiting {
		delete(k.waiting[r.Channel], r.Group)
	}
	return err
}

// late remembers the ends that nobody heard of, so that they go with what is told next.
func late(t *Told, n Note) {
	for _, l := range n.Alerts {
		if _, is := t.Alerts[l.ID]; !is && !l.Fires() {
			t.Alerts[l.ID] = Mark{Line: l, Sent: true, Late: true}
		}
	}
}

// arrived marks what a message has told. That a thing fires is remembered even if it is
// over by now: its end is told then.
func arrived(t *Told, n Note) {
	for _, l := range n.Alerts {
		m, is := t.Alerts[l.ID]
		switch {
		case is && m.Line.Fired.After(l.Fired):
			if m.Old != nil && !l.Fires() && m.Old.Fired.Equal(l.Fired) {
				m.Old = nil
				t.Alerts[l.ID] = m
			}
		case l.Fires():
			if is && m.Line.Fired.Before(l.Fired) {
				m, is = Mark{}, false
			}
			m.Sent, m.Old = true, nil
			if !is {
				l.New = false
				m.Line = l
			}
			t.Alerts[l.ID] = m
		default:
			delete(t.Alerts, l.ID)
		}
	}
	if n.More > 0 { // there was no room to name all
		for id, m := range t.Alerts {
			if !m.Line.Fired.After(n.At) {
				m.Sent, m.Old = true, nil
				t.Alerts[id] = m
			}
		}
	}
}
