package availability

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Query says what a report is about.
type Query struct {
	Kind     Kind
	ID       string // of one thing; empty: all of the kind
	From, To time.Time
	Zone     *time.Location // in which days begin; nil: the keeper's
}

// Report says how things did in a time.
type Report struct {
	Query
	Since time.Time // since when anything of the kind is known; zero: nothing is
	Steps []time.Time
	Lines []Line // the least available first
	Total Line   // of all of them together
}

// Line is how one thing did.
type Line struct {
	ID, Name string
	Gone     bool      // it is not there any more
	From, To time.Time // as far of the time as it was there, and is past

	Times  Times
	Count  Count  // of a site: its machines' minutes
	Scores Scores // and their scores
	Worst  Worst  // the hour in which the most of its machines had a problem
	Parts  []Part // between two of Report.Steps

	spans []Span
	begin time.Time // of the first of its hours
}

// Part is a day of it, or in a short report an hour.
type Part struct {
	Times       Times
	Count       Count
	Ill, Scored int64 // of a site: its machines' minutes with a problem, and those with a score
}

// Suffering is how many of its machines had a problem, in percent.
func (p *Part) Suffering() (percentage float64, ok bool) { return percent(p.Ill, p.Scored) }

// Worst is an hour, and how many of the machines had a problem in it.
type Worst struct {
	At      time.Time // zero: there is none
	Percent float64
}

// Percent is how available it was: of a site its machines' time, of a check its own.
func (l *Line) Percent(kind Kind) (p float64, ok bool) {
	if kind == Check {
		return l.Times.Percent()
	}
	return l.Count.Percent()
}

// Percent is how available it was in this part.
func (p *Part) Percent(kind Kind) (float64, bool) {
	if kind == Check {
		return p.Times.Percent()
	}
	return p.Count.Percent()
}

const (
	within   = 30 * time.Second
	longest  = 366 * 24 * time.Hour
	hourly   = 50 * time.Hour // a report that is no longer has hours for parts
	maxParts = 400
)

var errNone = fault.New(fault.NotFound, "Nothing is known of it in this time. Choose another time.")

func (q *Query) check() error {
	switch {
	case !slices.Contains(Kinds(), q.Kind):
		return fault.Field("kind", "A report is about sites, groups or checks.")
	case !q.To.After(q.From):
		return fault.Field("to", "The time ends before it begins. Choose an end after the beginning.")
	case q.To.Sub(q.From) > longest:
		return fault.Field("from", "A report covers a year at most. Choose a shorter time.")
	}
	return nil
}

// steps are the beginnings of the days or hours, and the end of the last.
func (q *Query) steps() []time.Time {
	at := q.From.In(q.Zone)
	out := []time.Time{q.From}
	next := func() time.Time {
		if q.To.Sub(q.From) <= hourly {
			return at.Truncate(time.Hour).Add(time.Hour)
		}
		y, m, d := at.Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, q.Zone)
	}
	for len(out) < maxParts {
		if at = next(); !at.Before(q.To) {
			break
		}
		out = append(out, at)
	}
	return append(out, q.To)
}

// Report makes a report.
func (k *Keeper) Report(ctx context.Context, actor auth.Actor, q Query) (Report, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return Report{}, err
	}
	return k.Make(ctx, q)
}

// Make makes a report for whoever may have it. One is made at a time and in bounded time,
// so that none takes the desk's machine away.
func (k *Keeper) Make(ctx context.Context, q Query) (Report, error) {
	if err := q.check(); err != nil {
		return Report{}, err
	}
	if q.Zone == nil {
		q.Zone = k.Zone()
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case k.one <- struct{}{}:
		defer func() { <-k.one }()
	case <-ctx.Done():
		return Report{}, slow(ctx.Err())
	}
	r, err := k.make(ctx, q)
	if err != nil && ctx.Err() != nil {
		return r, slow(ctx.Err())
	}
	return r, err
}

func slow(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "The report takes longer than 30 seconds and was given up, so that the help desk stays quick. Choose a shorter time, or try again later.")
}

func (k *Keeper) make(ctx context.Context, q Query) (Report, error) {
	r := Report{Query: q, Steps: q.steps()}
	t := tally{r: &r, lines: map[string]*Line{}}
	memory := k.memory(q)
	err := k.o.Store.Hours(ctx, q.Kind, q.ID, q.From.Add(-time.Hour), q.To, func(row Row) error {
		if m, is := memory[at{row.ID, row.Begin.UTC()}]; is { // it knows as much, or more
			t.add(row.ID, m.name, row.Begin, &m.Hour)
			delete(memory, at{row.ID, row.Begin.UTC()})
			return nil
		}
		h, err := Decode(row.Doc)
		if err != nil {
			return err
		}
		t.add(row.ID, row.Name, row.Begin, &h)
		return nil
	})
	if err != nil {
		return r, err
	}
	newest := make([]at, 0, len(memory))
	for m := range memory {
		newest = append(newest, m)
	}
	slices.SortFunc(newest, func(a, b at) int { return a.begin.Compare(b.begin) })
	for _, m := range newest {
		h := memory[m]
		t.add(m.id, h.name, m.begin, &h.Hour)
	}
	k.finish(&t)
	if q.ID != "" && len(r.Lines) == 0 {
		return r, errNone
	}
	return r, nil
}

// at is an hour of something.
type at struct {
	id    string
	begin time.Time
}

// memory copies the hours that are asked for and are in memory.
func (k *Keeper) memory(q Query) map[at]open {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[at]open{}
	for begin, hour := range k.hours {
		if !begin.Before(q.To) || !begin.Add(time.Hour).After(q.From) {
			continue
		}
		for s, h := range hour {
			if s.kind == q.Kind && (q.ID == "" || q.ID == s.id) {
				out[at{s.id, begin}] = *h
			}
		}
	}
	return out
}

// tally adds hours up.
type tally struct {
	r     *Report
	lines map[string]*Line
}

func (t *tally) add(id, name string, begin time.Time, h *Hour) {
	l := t.lines[id]
	if l == nil {
		l = &Line{ID: id, begin: begin, Parts: make([]Part, len(t.r.Steps)-1)}
		t.lines[id] = l
	}
	l.Name = name
	l.spans = h.spans(l.spans, begin)
	var hour Scores
	for i := range h.Quarters {
		from := begin.Add(time.Duration(i) * 15 * time.Minute)
		q := &h.Quarters[i]
		if from.Before(t.r.From) || !from.Before(t.r.To) || q.Count == (Count{}) && q.Scores == (Scores{}) {
			continue
		}
		l.Count = l.Count.Add(q.Count)
		l.Scores.Add(&q.Scores)
		hour.Add(&q.Scores)
		step, is := slices.BinarySearchFunc(t.r.Steps, from, time.Time.Compare)
		if !is {
			step--
		}
		p := &l.Parts[step]
		p.Count = p.Count.Add(q.Count)
		p.Ill, p.Scored = p.Ill+q.Scores.ill(), p.Scored+q.Scores.All()
	}
	if p, ok := hour.Ill(); ok && p > l.Worst.Percent {
		l.Worst = Worst{begin, p}
	}
}

// finish makes lines of what was added up.
func (k *Keeper) finish(t *tally) {
	r := t.r
	now := k.o.Now().UTC().Truncate(time.Minute)
	k.mu.Lock()
	if !k.last.IsZero() && !k.last.Before(now) { // this minute was looked at
		now = k.last.Add(time.Minute)
	}
	for s, first := range k.first {
		if s.kind == r.Kind && (r.Since.IsZero() || first.Before(r.Since)) {
			r.Since = first
		}
	}
	for id, l := range t.lines {
		if len(l.spans) == 0 && l.Count == (Count{}) {
			delete(t.lines, id)
			continue
		}
		s := subject{r.Kind, id}
		l.From, l.To = r.From, earliest(r.To, now)
		first, known := k.first[s]
		if !known {
			first = l.begin
		}
		if r.Since.IsZero() || first.Before(r.Since) {
			r.Since = first
		}
		if first.After(r.From) { // it began within that hour
			l.From = first
			if len(l.spans) > 0 {
				l.From = l.spans[0].From
			}
		}
		name, here := k.here[s]
		if l.Gone = !here && !k.last.IsZero(); l.Gone && len(l.spans) > 0 {
			l.To = earliest(l.To, l.spans[len(l.spans)-1].To)
		}
		if here {
			l.Name = name
		}
	}
	k.mu.Unlock()
	r.Total.Parts = make([]Part, len(r.Steps)-1)
	for _, l := range t.lines {
		l.Times = Of(l.spans, l.From, l.To)
		for i := range l.Parts {
			l.Parts[i].Times = Of(l.spans, latest(r.Steps[i], l.From), earliest(r.Steps[i+1], l.To))
			r.Total.Parts[i].Times = r.Total.Parts[i].Times.Add(l.Parts[i].Times)
			p := &r.Total.Parts[i]
			p.Count = p.Count.Add(l.Parts[i].Count)
			p.Ill, p.Scored = p.Ill+l.Parts[i].Ill, p.Scored+l.Parts[i].Scored
		}
		r.Total.Times, r.Total.Count = r.Total.Times.Add(l.Times), r.Total.Count.Add(l.Count)
		r.Total.Scores.Add(&l.Scores)
		r.Lines = append(r.Lines, *l)
	}
	slices.SortFunc(r.Lines, func(a, b Line) int {
		p, known := a.Percent(r.Kind)
		o, also := b.Percent(r.Kind)
		switch {
		case known != also && known:
			return -1
		case known != also:
			return 1
		}
		return cmp.Or(cmp.Compare(p, o), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
