package mailing

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/notify"
)

const (
	lookEvery = 15 * time.Second
	// tryAgain is after how long a report that could not be made or sent is tried again,
	// until the next is due.
	tryAgain = 15 * time.Minute
)

// Run sends what is due until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			k.Look(ctx)
		}
	}
}

// Look sends what is due, and sees what became of what was sent.
func (k *Keeper) Look(ctx context.Context) {
	for _, m := range k.inOrder() {
		if ctx.Err() != nil {
			return
		}
		if err := k.follow(ctx, m); err != nil && ctx.Err() == nil {
			k.o.Log.Error("what became of a scheduled report is not known; it is asked again", "report", m.ID, "err", err)
		}
		if p, is := k.due(&m); is {
			k.bring(ctx, m.ID, m.Version, p)
		}
	}
}

// due is the period that is to be sent. After a time in which the server was away that is
// the last one alone.
func (k *Keeper) due(m *Mailing) (Period, bool) {
	if m.Paused || m.Run.Stopped != "" {
		return Period{}, false
	}
	now := k.o.Now()
	at, p := m.When.Last(now)
	done := m.Run.Done[m.Every]
	if done > now.In(m.zone()).Format(time.DateOnly) {
		done = "" // the clock was ahead when that was written
	}
	k.mu.Lock()
	again := k.again[m.ID]
	k.mu.Unlock()
	return p, at.After(m.Since) && done < p.First && !now.Before(again)
}

// bring makes the report and puts it on its way, or says why not.
func (k *Keeper) bring(ctx context.Context, id string, version int, p Period) {
	m, err := k.get(id)
	if err != nil || m.Version != version {
		return // it is looked at anew
	}
	actor, err := k.owner(ctx, &m)
	var l letter
	if err == nil {
		l, err = k.write(ctx, actor, &m, p)
	}
	var to []Recipient
	left := ""
	if err == nil {
		to, left, err = k.now(ctx, m.To)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		k.o.Log.Warn("a scheduled report was not sent", "report", m.ID, "period", p.First, "err", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.all[id]; now == nil || now.Version != version {
		return // it was changed while the report was made
	}
	if err := k.conclude(ctx, m, p, l, to, left, err); err != nil {
		k.again[id] = k.o.Now().Add(time.Minute)
		k.o.Log.Error("a scheduled report was not sent, since that it is cannot be stored; it is tried again", "report", id, "err", err)
	}
}

// conclude stores that a report is sent together with its mails, or why it is not. The
// caller holds mu.
func (k *Keeper) conclude(ctx context.Context, m Mailing, p Period, l letter, to []Recipient, left string, problem error) error {
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	done := map[Every]string{m.Every: p.First}
	for e, first := range m.Run.Done {
		if e != m.Every {
			done[e] = first
		}
	}
	var rows []notify.Row
	var letters []Letter
	for _, r := range to {
		row, ok := k.o.Letter(m.Channel, l.note(r.Address))
		if !ok {
			problem = fault.New(fault.Unavailable, "The channel for mail is off or gone. Choose another, or have an administrator turn it on.")
			break
		}
		rows = append(rows, row)
		letters = append(letters, Letter{ID: row.ID, To: r.Address, State: notify.Waiting})
	}
	entry := audit.Entry{}
	switch {
	case problem == nil:
		m.Run = Run{Done: done, Period: p, Sent: now, Letters: letters, Left: left}
		entry = k.entry(auth.SystemActor("reports"), audit.MailingSent, &m, map[string]any{"period": p.First, "to": addresses(to), "owner": m.Owner.Name})
	case fault.Is(problem, fault.Forbidden):
		m.Run.Stopped = fault.Sentence(problem)
		entry = k.entry(auth.SystemActor("reports"), audit.MailingStopped, &m, map[string]any{"why": m.Run.Stopped, "owner": m.Owner.Name})
	case fault.Is(problem, fault.NotFound):
		m.Run.Done, m.Run.Problem = done, fault.Sentence(problem)
	default:
		k.again[m.ID] = now.Add(tryAgain)
		if m.Run.Problem == fault.Sentence(problem) {
			return nil
		}
		m.Run.Problem = fault.Sentence(problem)
	}
	if problem != nil {
		rows = nil
	}
	if err := k.store(ctx, &m, entry, rows...); err != nil {
		return err
	}
	k.o.Queued(rows)
	return nil
}

// owner is whose right the report is made by; that it is not any more is fault.Forbidden.
func (k *Keeper) owner(ctx context.Context, m *Mailing) (auth.Actor, error) {
	p, err := k.o.Person(ctx, m.Owner.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return auth.Actor{}, err
	}
	actor := auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
	if err != nil || p.Disabled || !p.Role.Valid() || !auth.May(actor, auth.ReportsRead) || !auth.May(actor, auth.ReportsSend) {
		return actor, fault.New(fault.Forbidden, "It is not sent any more: "+m.Owner.Name+", by whose right it was, may not send reports any more. Whoever may saves it anew, and it goes on in their name.")
	}
	return actor, nil
}

// now are the recipients as they are now, and in words who is left out.
func (k *Keeper) now(ctx context.Context, all []Recipient) (to []Recipient, left string, err error) {
	var out []string
	for _, r := range all {
		if r.Person == "" {
			if k.o.Outside() {
				to = append(to, r)
			} else {
				out = append(out, r.Address+" was left out: the settings do not allow addresses outside of the staff any more.")
			}
			continue
		}
		p, err := k.o.Person(ctx, r.Person)
		switch {
		case err != nil && !fault.Is(err, fault.NotFound):
			return nil, "", err
		case err != nil, p.Disabled, p.Email == "", !auth.May(auth.Actor{Kind: auth.Staff, Person: p.ID, Role: p.Role}, auth.ReportsRead):
			out = append(out, r.Name+" was left out: they may not see reports any more.")
		default:
			to = append(to, Recipient{Person: p.ID, Name: p.Name, Address: p.Email})
		}
	}
	left = strings.Join(out, " ")
	if len(to) == 0 {
		return nil, left, fault.New(fault.NotFound, "There is nobody left whom it could be sent to. "+left)
	}
	return to, left, nil
}

// write makes the report, and the mail of it.
func (k *Keeper) write(ctx context.Context, actor auth.Actor, m *Mailing, p Period) (letter, error) {
	zone := m.When.zone()
	q := availability.Query{Kind: m.Kind, ID: m.Of, Zone: zone}
	q.From, q.To = p.Span(zone)
	r, err := k.o.Report(ctx, actor, q)
	if err != nil {
		return letter{}, err
	}
	var table bytes.Buffer
	if err := availability.CSV(&table, r); err != nil {
		return letter{}, err
	}
	return compose(m, p, r, table.Bytes(), k.o.URL())
}

// follow sees what became of mails that were not known to have arrived.
func (k *Keeper) follow(ctx context.Context, m Mailing) error {
	letters, changed := slices.Clone(m.Run.Letters), false
	for i := range letters {
		l := &letters[i]
		if l.State == notify.Sent {
			continue
		}
		row, err := k.o.Message(ctx, l.ID)
		switch {
		case fault.Is(err, fault.NotFound) && l.State == notify.Dead:
			continue // it was taken out of the list
		case fault.Is(err, fault.NotFound):
			row.State, row.Problem = notify.Dead, "The mail was taken out before it was sent."
		case err != nil:
			return err
		}
		if row.State != l.State || row.Problem != l.Problem {
			l.State, l.Problem, changed = row.State, row.Problem, true
		}
	}
	if !changed {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.all[m.ID]
	if now == nil || !now.Run.Sent.Equal(m.Run.Sent) {
		return nil
	}
	next := *now
	next.Run.Letters = letters
	return k.store(ctx, &next, audit.Entry{})
}

// Try sends the last whole period at once, to who asks for it alone, and says where to.
func (k *Keeper) Try(ctx context.Context, actor auth.Actor, id string) (address string, err error) {
	if err := auth.Authorise(actor, auth.ReportsSend, auth.Object{}); err != nil {
		return "", err
	}
	m, err := k.get(id)
	if err != nil {
		return "", err
	}
	p, err := k.o.Person(ctx, actor.Person)
	if err != nil || p.Email == "" {
		return "", fault.New(fault.Conflict, "A trial goes to the address of your account, and it has none.")
	}
	_, period := m.When.Last(k.o.Now())
	l, err := k.write(ctx, actor, &m, period)
	if err != nil {
		return "", err
	}
	l.subject = "Trial: " + l.subject
	row, ok := k.o.Letter(m.Channel, l.note(p.Email))
	if !ok {
		return "", fault.New(fault.Unavailable, "The channel for mail is off or gone. Choose another, or have an administrator turn it on.")
	}
	err = k.update(ctx, func(tx Tx) error {
		if err := tx.SaveRow(row); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.MailingTried, &m, map[string]any{"period": period.First, "to": p.Email}))
	})
	if err != nil {
		return "", err
	}
	k.o.Queued([]notify.Row{row})
	return p.Email, nil
}
