package report

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Reporter keeps facts beside the tickets and makes figures of them.
type Reporter struct {
	store Store
	more  More
	now   func() time.Time
	log   *slog.Logger

	one    chan struct{} // one report is made at a time: the desk goes first
	mu     sync.Mutex
	cache  map[string]cached
	caught time.Time // the facts go up to here
	behind bool
}

// Store is what the reporter needs kept.
type Store interface {
	// Mark returns what the last SaveFacts has left.
	Mark(ctx context.Context) (string, error)
	// Touched returns tickets with events after a place in the feed, and the place
	// after these events; the same place when there are none.
	Touched(ctx context.Context, after string, limit int) (tickets []string, next string, err error)
	// Histories returns the events of tickets, in order, by the ticket's id.
	Histories(ctx context.Context, tickets []string) (map[string][]ticket.Event, error)
	// SaveFacts stores facts in place of older ones and leaves a mark, together; it
	// does nothing when the mark is not the one before any more.
	SaveFacts(ctx context.Context, before, mark string, list []Facts) error

	// Facts yields the facts of which a moment lies within a time.
	Facts(ctx context.Context, from, to time.Time, yield func(Facts)) error
	// OpenAt yields the facts of tickets that were open at a moment.
	OpenAt(ctx context.Context, at time.Time, yield func(Facts)) error
	// Spans yields when tickets were open, as far as it reaches into a time.
	Spans(ctx context.Context, from, to time.Time, yield func(Facts, Span)) error
	// Names returns the names of sites and of the staff by their ids.
	Names(ctx context.Context) (map[string]string, error)
}

// More is what other parts of the desk know. Any of it may be nil.
type More struct {
	// Hours returns a team's open hours.
	Hours func(team string) Open
	// Promises yields what was owed and came to its end in a time, with the ticket.
	Promises func(ctx context.Context, from, to time.Time, yield func(Promise)) error
	// Deflections yields when articles were said to have helped, and at which site.
	Deflections func(ctx context.Context, from, to time.Time, yield func(at time.Time, site string)) error
	// Mended yields when employees said whether it works after a fix on their own
	// machine, at which site, and whether a ticket was spared.
	Mended func(ctx context.Context, from, to time.Time, yield func(at time.Time, site string, spared bool)) error
	// Names returns the names of teams and categories by their ids.
	Names func() map[string]string
	// Below returns a category with all those below it.
	Below func(category string) []string
}

type cached struct {
	at     time.Time
	answer any
}

// Within bounds a report; while one is made the next waits as long at most.
const (
	within = 30 * time.Second
	keep   = 30 * time.Second // an answer is given again for so long
	hold   = 64               // answers that are kept
)

// New returns a reporter over a store.
func New(store Store, more More, now func() time.Time, log *slog.Logger) *Reporter {
	return &Reporter{store: store, more: more, now: now, log: log, one: make(chan struct{}, 1), cache: map[string]cached{}}
}

// AsOf is up to when the figures count. Behind says that older changes still wait to
// be counted, as after an upgrade.
type AsOf struct {
	At     time.Time
	Behind bool
}

// Report is figures with the moment they are of.
type Report struct {
	Figures
	AsOf AsOf
}

// tree fills in what is below the category.
func (r *Reporter) tree(q Query) Query {
	if q.Below = nil; q.Category != "" && r.more.Below != nil {
		q.Below = r.more.Below(q.Category)
	}
	return q
}

// MaxSpan is the longest time of one report.
const MaxSpan = 5 * 366 * 24 * time.Hour

func (q Query) check() error {
	if !q.To.After(q.From) {
		return fault.Field("to", "The time ends before it begins. Choose an end after the beginning.")
	}
	if q.To.Sub(q.From) > MaxSpan {
		return fault.Field("from", "A report covers five years at most. Choose a shorter time.")
	}
	for _, by := range Bys() {
		if q.By == by {
			return nil
		}
	}
	return fault.Field("by", "Figures are told apart by team, site, category, technician, day, week or month.")
}

// Figures makes figures.
func (r *Reporter) Figures(ctx context.Context, actor auth.Actor, q Query) (Report, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return Report{}, err
	}
	if err := q.check(); err != nil {
		return Report{}, err
	}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	q = r.tree(q)
	return once(ctx, r, key("figures", q, time.Time{}), func(ctx context.Context, asOf AsOf) (Report, error) {
		t := NewTally(q, r.more.Hours)
		if err := r.store.Facts(ctx, q.From, q.To, t.Add); err != nil {
			return Report{}, err
		}
		if r.more.Promises != nil {
			if err := r.more.Promises(ctx, q.From, q.To, t.AddPromise); err != nil {
				return Report{}, err
			}
		}
		if r.more.Deflections != nil {
			if err := r.more.Deflections(ctx, q.From, q.To, t.AddDeflection); err != nil {
				return Report{}, err
			}
		}
		if r.more.Mended != nil {
			if err := r.more.Mended(ctx, q.From, q.To, t.AddMended); err != nil {
				return Report{}, err
			}
		}
		name, err := r.name(ctx, q.By)
		return Report{t.Figures(name), asOf}, err
	})
}

// BacklogReport is a backlog with the moment of its facts.
type BacklogReport struct {
	Backlog
	AsOf AsOf
}

// Backlog counts what was open at a moment; the zero moment is now.
func (r *Reporter) Backlog(ctx context.Context, actor auth.Actor, at time.Time, q Query) (BacklogReport, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return BacklogReport{}, err
	}
	if now := r.now(); at.IsZero() || at.After(now) {
		at = now
	}
	q = r.tree(q)
	return once(ctx, r, key("backlog", q, at.Truncate(keep)), func(ctx context.Context, asOf AsOf) (BacklogReport, error) {
		t := NewBacklogTally(at, q)
		if err := r.store.OpenAt(ctx, at, t.Add); err != nil {
			return BacklogReport{}, err
		}
		name, err := r.name(ctx, q.By)
		return BacklogReport{t.Backlog(name), asOf}, err
	})
}

// TrendReport is how many tickets were open at the end of each day, week or month.
type TrendReport struct {
	Starts []string
	Open   []int
	AsOf   AsOf
}

// Trend counts what was open over time.
func (r *Reporter) Trend(ctx context.Context, actor auth.Actor, q Query) (TrendReport, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return TrendReport{}, err
	}
	if err := q.check(); err != nil {
		return TrendReport{}, err
	}
	if now := r.now(); q.To.After(now) { // nobody knows what will be open
		q.To = now
	}
	q = r.tree(q)
	return once(ctx, r, key("trend", q, time.Time{}), func(ctx context.Context, asOf AsOf) (TrendReport, error) {
		t := NewTrend(q)
		if err := r.store.Spans(ctx, q.From, t.End(), t.Add); err != nil {
			return TrendReport{}, err
		}
		starts, open := t.Counts()
		return TrendReport{starts, open, asOf}, nil
	})
}

// name returns how groups are called.
func (r *Reporter) name(ctx context.Context, by By) (func(string) string, error) {
	if by == Whole || by == ByDay || by == ByWeek || by == ByMonth {
		return nil, nil
	}
	names, err := r.store.Names(ctx)
	if err != nil {
		return nil, err
	}
	if r.more.Names != nil {
		for k, v := range r.more.Names() {
			names[k] = v
		}
	}
	none := map[By]string{ByTeam: "No team", BySite: "No site", ByCategory: "No category", ByTechnician: "Nobody"}[by]
	return func(key string) string {
		switch {
		case key == "":
			return none
		case names[key] != "":
			return names[key]
		}
		return key
	}, nil
}

func key(what string, q Query, at time.Time) string {
	zone := ""
	if q.Zone != nil {
		zone = q.Zone.String()
	}
	return what + "\x00" + q.From.String() + "\x00" + q.To.String() + "\x00" + string(q.By) + "\x00" + q.Team + "\x00" + q.Site + "\x00" +
		q.Category + "\x00" + strings.Join(q.Below, " ") + "\x00" + q.Technician + "\x00" + zone + "\x00" + at.String()
}

// once makes a report, or gives the one that was made a moment ago. One is made at
// a time and in bounded time, so that no report takes the desk's machine away.
func once[T any](ctx context.Context, r *Reporter, key string, make func(context.Context, AsOf) (T, error)) (T, error) {
	var zero T
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case r.one <- struct{}{}:
		defer func() { <-r.one }()
	case <-ctx.Done():
		return zero, slow(ctx.Err())
	}
	r.mu.Lock()
	c, ok := r.cache[key]
	r.mu.Unlock()
	if answer, fits := c.answer.(T); ok && fits && r.now().Sub(c.at) < keep {
		return answer, nil
	}
	answer, err := make(ctx, r.asOf())
	if err != nil {
		if ctx.Err() != nil {
			return zero, slow(ctx.Err())
		}
		return zero, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cache) >= hold {
		clear(r.cache)
	}
	r.cache[key] = cached{r.now(), answer}
	return answer, nil
}

func slow(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "The figures take longer than 30 seconds and were given up, so that the help desk stays quick. Choose a shorter time, or try again later.")
}

func (r *Reporter) asOf() AsOf {
	r.mu.Lock()
	defer r.mu.Unlock()
	return AsOf{At: r.caught, Behind: r.behind || r.caught.IsZero()}
}
