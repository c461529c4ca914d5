package oncall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/watch"
)

const (
	lookEvery = 5 * time.Second
	// gather is within which time what is due goes along, so that many alerts are one
	// message.
	gather   = 30 * time.Second
	maxLines = 100
)

// Run looks at what nobody has answered until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := k.Look(ctx); err != nil && ctx.Err() == nil {
				k.o.Log.Error("who has to be told of alerts that nobody answers was not stored; it is tried again", "err", err)
			}
		}
	}
}

// Look takes the steps that are due, and tells of shifts that have begun. What was told
// and that it was are stored together, so that it is told once.
func (k *Keeper) Look(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.policies)+len(k.rotas)+len(k.progress) == 0 {
		return nil
	}
	items, known := k.o.Standing()
	if !known {
		return nil // after a start nothing is over only because nobody has looked yet
	}
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	firing := make(map[string]*watch.Item, len(items))
	for n := range items {
		if items[n].Alert.Counts() == alert.Firing {
			firing[items[n].ID] = &items[n]
		}
	}
	if err := k.forget(ctx, firing); err != nil {
		return err
	}
	for _, p := range k.policies {
		if err := k.advance(ctx, p, firing, now); err != nil {
			return err
		}
	}
	return k.handOver(ctx, firing, now)
}

func answered(i *watch.Item) bool { return i.Care.Acked() || i.Care.OwnerID != "" }

// forget takes out the progress with alerts that are over, and of policies that are gone.
func (k *Keeper) forget(ctx context.Context, firing map[string]*watch.Item) error {
	var gone []string
	for id, x := range k.progress {
		i, p := firing[x.Alert], k.policies[x.Policy]
		if i == nil || p == nil || !i.Alert.FiredAt.Equal(x.Fired) || !p.fits(i) {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	err := k.update(ctx, func(tx Tx) error {
		for _, id := range gone {
			if err := tx.DeleteOnCall(OfProgress, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for _, id := range gone {
			delete(k.progress, id)
		}
	}
	return err
}

// due is a step that is to be taken for some alerts.
type due struct{ round, step int }

// advance brings a policy forward. The caller holds mu.
func (k *Keeper) advance(ctx context.Context, p *Policy, firing map[string]*watch.Item, now time.Time) error {
	changed := map[string]Progress{}
	steps := map[due][]Progress{}
	for id, i := range firing {
		if !p.fits(i) {
			continue
		}
		x, there := k.progress[p.ID+"/"+id]
		held := len(i.Holds) > 0
		if !there {
			if !held && !answered(i) {
				x = Progress{Policy: p.ID, Alert: id, Fired: i.Alert.FiredAt, Next: now.Add(p.Steps[0].After)}
				changed[x.id()] = x
			}
			continue
		}
		next, is := x.seen(p, held, answered(i), now)
		if next != x {
			changed[x.id()] = next
		}
		at := due{x.Round, x.Step}
		if is {
			steps[at] = append([]Progress{next}, steps[at]...)
		} else if next == x && !x.Done && !x.Stopped && !held && !now.Add(gather).Before(x.Next) {
			steps[at] = append(steps[at], next)
		}
	}
	if err := k.keep(ctx, changed); err != nil {
		return err
	}
	for at, list := range steps {
		if now.Before(list[0].Next) {
			continue // none is due yet
		}
		if err := k.take(ctx, p, at, list, firing, now); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) keep(ctx context.Context, changed map[string]Progress) error {
	if len(changed) == 0 {
		return nil
	}
	err := k.update(ctx, func(tx Tx) error { return saveProgress(tx, changed) })
	if err == nil {
		for id, x := range changed {
			k.progress[id] = x
		}
	}
	return err
}

func saveProgress(tx Tx, changed map[string]Progress) error {
	for id, x := range changed {
		if err := save(tx, OfProgress, id, x); err != nil {
			return err
		}
	}
	return nil
}

// take takes one step for some alerts. The caller holds mu.
func (k *Keeper) take(ctx context.Context, p *Policy, at due, list []Progress, firing map[string]*watch.Item, now time.Time) error {
	slices.SortFunc(list, func(a, b Progress) int { return cmp.Compare(a.Alert, b.Alert) })
	items := make([]*watch.Item, len(list))
	for n, x := range list {
		items[n] = firing[x.Alert]
	}
	slices.SortFunc(items, func(a, b *watch.Item) int {
		return cmp.Or(a.Severity.Rank()-b.Severity.Rank(), a.Alert.FiredAt.Compare(b.Alert.FiredAt), cmp.Compare(a.ID, b.ID))
	})
	step := p.Steps[at.step]
	lead := "You are called by “" + p.Name + "”."
	if at.step > 0 || at.round > 0 {
		lead = "Nobody has answered yet. " + lead
	}
	call := call{policy: p, subject: subject(items), lead: lead + " Acknowledge what you take on: until then, the next is told.", items: items}
	who, nobody := k.target(ctx, step, now)
	call.to = who
	if step.Kind == ToChannel {
		nobody = call.channel(k, step.Target)
	} else if nobody == "" {
		call.person(k)
	}
	if call.to.ID != "" {
		// The notice first: told again after a crash it is the same.
		if err := k.o.Tell(ctx, call.notice(now, fmt.Sprintf("escalation.%s.%s.%d.%d.%d", p.ID, list[0].Alert, list[0].Fired.UnixMilli(), at.round, at.step))); err != nil {
			return err
		}
	}
	changed := map[string]Progress{}
	for _, x := range list {
		next := x.after(p, now)
		if nobody != "" && !next.Done && next.Step > 0 {
			next.Next = now // nobody is there who could answer
		}
		changed[x.id()] = next
	}
	words := call.how
	if nobody != "" {
		words = nobody
	}
	if at.step > 0 || at.round > 0 {
		words = "Nobody answered. " + words
	}
	words += fmt.Sprintf(" Step %d of “%s”.", at.step+1, p.Name)
	return k.commit(ctx, call, words, changed, now)
}

// subject says what somebody is called for, in a line.
func subject(items []*watch.Item) string {
	words := "On call: " + items[0].Summary
	if n := len(items); n > 1 {
		words += fmt.Sprintf(" And %d more.", n-1)
	}
	return words
}

// commit stores what is told together with that it is.
func (k *Keeper) commit(ctx context.Context, c call, words string, changed map[string]Progress, now time.Time) error {
	err := k.update(ctx, func(tx Tx) error {
		if err := saveProgress(tx, changed); err != nil {
			return err
		}
		for _, r := range c.rows {
			if err := tx.SaveRow(r); err != nil {
				return err
			}
		}
		return tx.AddAlertLog(c.entries(words, now))
	})
	if err != nil {
		return err
	}
	for id, x := range changed {
		k.progress[id] = x
	}
	k.o.Queued(c.rows)
	return nil
}

// target is the person whom a step leads to, or why there is none.
func (k *Keeper) target(ctx context.Context, s Step, now time.Time) (p person, nobody string) {
	id := s.Target
	switch s.Kind {
	case ToChannel:
		return person{}, ""
	case ToRota:
		r := k.rotas[s.Target]
		if r == nil {
			return person{}, "The rota is gone."
		}
		on := r.At(now, k.overrides)
		if on.Gap() {
			return person{}, "Nobody is on call by “" + r.Name + "”."
		}
		id = on.Person.ID
	}
	return k.person(ctx, id)
}

// person is somebody who is told.
type person struct{ ID, Name, Email string }

func (k *Keeper) person(ctx context.Context, id string) (person, string) {
	found, err := k.o.Person(ctx, id)
	if err != nil || !found.Role.Valid() || found.Disabled {
		return person{}, "Who should be told is not of the staff any more."
	}
	return person{found.ID, found.Name, found.Email}, ""
}

// call is what somebody is told.
type call struct {
	policy  *Policy
	subject string
	lead    string
	items   []*watch.Item
	to      person
	name    string // of a channel
	how     string
	rows    []notify.Row
}

func (c *call) note() notify.Note {
	return notify.LetterOf(c.subject, c.lead, c.items, maxLines)
}

// person has the person get a mail, as far as there is a channel for it.
func (c *call) person(k *Keeper) {
	c.how = "In the console."
	if c.policy == nil || c.policy.Mail == "" || c.to.Email == "" {
		return
	}
	n := c.note()
	n.To = []string{c.to.Email}
	if r, ok := k.o.Letter(c.policy.Mail, n); ok {
		c.how, c.rows = "By mail and in the console.", append(c.rows, r)
	} else {
		c.how = "In the console only: the channel for mail is off or gone."
	}
}

// channel has a channel be told.
func (c *call) channel(k *Keeper, id string) (nobody string) {
	r, ok := k.o.Letter(id, c.note())
	if !ok {
		return "The channel is off or gone."
	}
	c.rows = append(c.rows, r)
	for _, x := range k.o.Channels() {
		if x.ID == id {
			c.name = x.Name
		}
	}
	c.how = "By the channel."
	return ""
}

func (c *call) notice(now time.Time, cause string) notice.Notice {
	text := c.lead
	if n := len(c.items); n > 0 {
		text = c.items[0].Summary
		if n > 1 {
			text = fmt.Sprintf("%s And %d more.", text, n-1)
		}
	}
	return notice.Notice{Person: c.to.ID, Kind: notice.OnCall, Title: c.subject, Text: text, Link: "/noc/alerts", At: now, Cause: cause}
}

func (c *call) entries(words string, now time.Time) []watch.Entry {
	out := make([]watch.Entry, 0, len(c.items))
	for _, i := range c.items {
		out = append(out, watch.Entry{
			At: now, Alert: i.ID, Rule: i.Rule, Severity: i.Severity, Endpoint: i.Endpoint(), Site: i.Site(), Did: watch.Told, Summary: i.Summary, Value: i.Alert.Value, To: cmp.Or(c.to.Name, c.name), Note: words,
		})
	}
	return out
}
