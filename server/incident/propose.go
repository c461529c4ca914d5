package incident

import (
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
)

const (
	maxCauses = 5
	newsFrom  = 7 * 24 * time.Hour // a change before it began may be its cause
)

// weigh makes of what the detector found proposals, news of those that there are, or
// something that is only watched.
func (k *Keeper) weigh(ctx context.Context, now time.Time, found []correlate.Candidate, rung []Rung, signs []correlate.Failure) ([]Watched, error) {
	if len(found) == 0 {
		return nil, nil
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	known, err := k.Store.Incidents(ctx, Query{Since: now.Add(-lookBack)}) // as they are now
	if err != nil {
		return nil, err
	}
	silenced, err := k.Store.Incidents(ctx, Query{States: []State{Dismissed}, Since: now.Add(-mostDismissed)})
	if err != nil {
		return nil, err
	}
	var watched []Watched
	for _, c := range found {
		same, members, err := k.same(ctx, known, c)
		switch {
		case err != nil:
			return nil, err
		case same != nil && same.State == Proposed && c.Proposed:
			err = k.renew(ctx, now, *same, members, c, rung, signs)
		case same != nil && same.State == Open:
			err = k.add(ctx, now, *same, members, c.Tickets)
		case same != nil: // it is watched as a proposal
		case !c.Proposed || k.probing.holds(now, c):
			watched = append(watched, k.watched(c))
		case !dismissed(silenced, c, now):
			err = k.propose(ctx, now, c, rung, signs)
		}
		if err != nil {
			return nil, err
		}
	}
	return watched, nil
}

// same finds the incident that a candidate is: a proposal that shares most of the
// tickets, or an open incident at the same place or of the same service.
func (k *Keeper) same(ctx context.Context, known []Incident, c correlate.Candidate) (*Incident, []Member, error) {
	cell := cellOf(c.Cell)
	for n := range known {
		i := &known[n]
		if !i.State.Going() {
			continue
		}
		members, err := k.Store.Members(ctx, i.ID)
		if err != nil {
			return nil, nil, err
		}
		shared, has := 0, 0
		for _, m := range members {
			if !m.Out {
				has++
				if slices.Contains(c.Tickets, m.Ticket) {
					shared++
				}
			}
		}
		if i.State == Proposed && (cell == i.Cell || shared > 0 && 2*shared >= min(has, len(c.Tickets))) || i.State == Open && i.near(cell) {
			return i, members, nil
		}
	}
	return nil, nil, nil
}

// near reports whether a cell that stands out beside an open incident is of it.
func (i *Incident) near(c Cell) bool {
	if i.Cell == (Cell{}) {
		return false
	}
	return c == i.Cell || c.Kind != "" && c.Part() == i.Cell.Part() || c.Kind == "" && i.Cell.Kind == "" && c.About == i.Cell.About || slices.Contains(i.Also, c)
}

// dismissed reports whether somebody has said of the same that it is no outage.
func dismissed(list []Incident, c correlate.Candidate, now time.Time) bool {
	cell := cellOf(c.Cell)
	return slices.ContainsFunc(list, func(i Incident) bool {
		return i.Until.After(now) && (cell == i.Cell || slices.Contains(i.Also, cell))
	})
}

func (k *Keeper) propose(ctx context.Context, now time.Time, c correlate.Candidate, rung []Rung, signs []correlate.Failure) error {
	i := Incident{ID: ulid.MustNewDefault(now).String(), Version: 1, Edition: 1, State: Proposed, CreatedAt: now, NewsAt: now}
	if err := k.judge(ctx, &i, c, rung, signs); err != nil {
		return err
	}
	err := k.Store.Update(ctx, func(tx Tx) error {
		if err := tx.Insert(&i); err != nil {
			return err
		}
		for _, t := range c.Tickets {
			if err := tx.Put(Member{Incident: i.ID, Ticket: t, How: Found, At: now}); err != nil {
				return err
			}
		}
		if err := tx.Add(i.ID, Line{At: now, Did: DidPropose, Text: i.Title, N: len(c.Tickets)}); err != nil {
			return err
		}
		return k.probed(tx, now, &i, nil)
	})
	if err != nil {
		return err
	}
	k.Log.Warn("this looks like an outage", "incident", i.Number, "what", i.Title, "tickets", len(c.Tickets), "people", c.People, "confidence", i.Confidence)
	k.tell(i.ID)
	return nil
}

// renew brings a proposal up to date, where there is news of it.
func (k *Keeper) renew(ctx context.Context, now time.Time, i Incident, members []Member, c correlate.Candidate, rung []Rung, signs []correlate.Failure) error {
	fresh := fresh(members, c.Tickets)
	moved := cellOf(c.Cell) != i.Cell
	if len(fresh) == 0 && !moved && c.Evidence.In <= i.Evidence.In && !newer(c.Looks, i.Probes) && (c.Down == "" || c.Down == i.Down) {
		return nil
	}
	was, before := i.Title, i.Probes
	since := i.Since
	if err := k.judge(ctx, &i, c, rung, signs); err != nil {
		return err
	}
	if since.Before(i.Since) { // the window has moved on; the outage has not
		i.Since = since
	}
	i.Version++
	if len(fresh) > 0 {
		i.NewsAt = now
	}
	err := k.Store.Update(ctx, func(tx Tx) error {
		if err := tx.Save(i); err != nil {
			return err
		}
		if i.Title != was {
			if err := tx.Add(i.ID, Line{At: now, Did: DidMove, Text: i.Title}); err != nil {
				return err
			}
		}
		if err := k.probed(tx, now, &i, before); err != nil {
			return err
		}
		return put(tx, now, i.ID, fresh, Found)
	})
	if err == nil {
		k.tell(i.ID)
	}
	return err
}

// add makes tickets part of an incident.
func (k *Keeper) add(ctx context.Context, now time.Time, i Incident, members []Member, tickets []string) error {
	list := fresh(members, tickets)
	if len(list) == 0 || len(members)+len(list) > maxMember {
		return nil
	}
	i.Version, i.NewsAt = i.Version+1, now
	err := k.Store.Update(ctx, func(tx Tx) error {
		if err := tx.Save(i); err != nil {
			return err
		}
		return put(tx, now, i.ID, list, Joined)
	})
	if err == nil {
		k.tell(i.ID)
	}
	return err
}

func put(tx Tx, now time.Time, incident string, tickets []string, how How) error {
	if len(tickets) == 0 {
		return nil
	}
	for _, t := range tickets {
		if err := tx.Put(Member{Incident: incident, Ticket: t, How: how, At: now}); err != nil {
			return err
		}
	}
	return tx.Add(incident, Line{At: now, Did: DidJoin, N: len(tickets)})
}

// fresh are the tickets that no member is, nor was before somebody took it out.
func fresh(members []Member, tickets []string) (out []string) {
	for _, t := range tickets {
		if !slices.ContainsFunc(members, func(m Member) bool { return m.Ticket == t }) {
			out = append(out, t)
		}
	}
	return out
}

// judge writes down what spoke for an outage, and why it may be.
func (k *Keeper) judge(ctx context.Context, i *Incident, c correlate.Candidate, rung []Rung, signs []correlate.Failure) error {
	i.Cell, i.Also, i.Since, i.Confidence = cellOf(c.Cell), nil, c.Since.UTC(), c.Confidence
	for _, a := range c.Also {
		i.Also = append(i.Also, cellOf(a))
	}
	i.Rate = Rate{Minutes: int(c.Window.Minutes()), People: c.People, Expected: c.Expected, P: c.P}
	i.Evidence, i.Down = Evidence{}, c.Down
	if probes := probesOf(c.Looks); len(probes) > 0 {
		i.Probes = probes
	}
	if e := c.Evidence; e.Code != "" {
		i.Evidence = Evidence{Code: e.Code, In: e.In, Of: e.Of, Out: e.Out, OutOf: e.OutOf, P: e.P}
	}
	if !i.Titled {
		i.Title = clip(oneLine(k.Words(i.Cell)), maxTitle)
	}
	var err error
	i.Causes, err = k.why(ctx, c, rung, signs)
	return err
}

// why compares those that suffer with all others.
func (k *Keeper) why(ctx context.Context, c correlate.Candidate, rung []Rung, signs []correlate.Failure) ([]Cause, error) {
	var s correlate.Suffering
	affected := map[string]bool{}
	for _, r := range rung {
		if slices.Contains(c.Tickets, r.ID) {
			s.Tickets = append(s.Tickets, r.Ticket)
			if r.Machine != "" {
				affected[r.Machine] = true
			}
		}
	}
	for _, f := range signs {
		if c.Evidence.Code != "" && f.Code == c.Evidence.Code && c.Since.Sub(f.Since) <= time.Hour {
			affected[f.Machine] = true
		}
	}
	for m := range k.fleet.sites {
		if affected[m] {
			s.Machines = append(s.Machines, m)
		} else {
			s.Others = append(s.Others, m)
		}
	}
	news, err := k.News(ctx, c.Since.Add(-newsFrom), c.Since.Add(time.Minute))
	if err != nil {
		return nil, err
	}
	s.News = news
	var out []Cause
	for _, x := range k.d.Why(k.Index, s, maxCauses) {
		out = append(out, causeOf(x.Lead))
	}
	return out, nil
}

func causeOf(l contrast.Lead) Cause {
	f := l.Facts[0]
	return Cause{
		Kind: f.Kind, Name: f.Name, Value: f.Value, Any: f.Any, In: f.A, Of: f.OfA, Out: f.B, OutOf: f.OfB, Q: l.Q, New: l.New, From: l.From, More: l.More + len(l.Facts) - 1,
	}
}

func (k *Keeper) watched(c correlate.Candidate) Watched {
	cell := cellOf(c.Cell)
	return Watched{Cell: cell, Title: k.Words(cell), Since: c.Since, Tickets: len(c.Tickets), People: c.People, Confidence: c.Confidence}
}

// lapse ends proposals about which nobody has said anything, and to which nothing came.
func (k *Keeper) lapse(ctx context.Context, now time.Time, going []Incident) error {
	for _, i := range going {
		if i.State != Proposed || now.Sub(i.NewsAt) < lapseAfter {
			continue
		}
		err := k.change(ctx, nobody, i.ID, 0, "", func(tx Tx, i *Incident) error {
			if i.State != Proposed {
				return errAsItIs
			}
			i.State, i.EndedAt = Lapsed, now
			return tx.Add(i.ID, Line{At: now, Did: DidLapse})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
