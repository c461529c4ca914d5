package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// Origin is the label that says who has sent a series that is not of Deskbell's own
// making. Nobody who sends can choose it.
const Origin = "origin"

// Series is one that somebody else has measured. Its labels are each there once, the name
// of the metric and an Origin among them.
type Series struct {
	Labels  []Label
	Samples []Sample

	ordered labels.Labels
}

// Label is one label of it.
type Label struct{ Name, Value string }

// order makes of the labels what the database wants.
func (x *Series) order() {
	b := labels.NewScratchBuilder(len(x.Labels))
	for _, l := range x.Labels {
		b.Add(l.Name, l.Value)
	}
	b.Sort()
	x.ordered = b.Labels()
}

// Sample is one value of it.
type Sample struct {
	At    int64 // Unix time in milliseconds
	Value float64
}

// Taken is what became of series of others.
type Taken struct {
	Refused int    // samples that are not stored, for good
	First   string // why the first was not, a sentence; empty: all are
}

func (t *Taken) refuse(why string) {
	if t.Refused++; t.First == "" {
		t.First = why
	}
}

// foreign is a write that waits for Run.
type foreign struct {
	series []Series
	taken  Taken
	err    error
	done   chan struct{} // closed when it is decided
}

const (
	// maxForeign is how many writes wait for Run; more are told to come again.
	maxForeign = 16
	// foreignWithin is how long one waits at most.
	foreignWithin = 20 * time.Second
)

var (
	errHalted = fault.New(fault.Unavailable, "The disk of the Deskbell server is full: nothing is stored until there is room. Send it again later.")
	errBusy   = fault.New(fault.Unavailable, "The Deskbell server cannot keep up with what is sent to it. Send it again later.")
)

// Write stores series of others, and returns when they are stored: what is refused for
// good is left out, and named. An error of fault.Unavailable may be over the next time.
// It keeps the slice.
func (s *Store) Write(ctx context.Context, list []Series) (Taken, error) {
	select {
	case <-s.opened:
	default:
		return Taken{}, s.notOpen()
	}
	if s.Halted() != nil {
		return Taken{}, errHalted
	}
	for i := range list {
		list[i].order()
	}
	f := &foreign{series: list, done: make(chan struct{})}
	select {
	case s.foreign <- f:
	default:
		return Taken{}, errBusy
	}
	wait := time.NewTimer(foreignWithin)
	defer wait.Stop()
	select {
	case <-f.done:
		return f.taken, f.err
	case <-ctx.Done():
		return Taken{}, ctx.Err()
	case <-wait.C:
		return Taken{}, errBusy
	}
}

// takeForeign decides on a write and on all that wait behind it.
func (s *Store) takeForeign(ctx context.Context, f *foreign) {
	for f != nil {
		s.edge = s.options.Now().Add(ahead).UnixMilli()
		switch {
		case s.Halted() != nil:
			f.err = errHalted
		case s.queue != nil:
			f.err = s.foreignAway(f)
		default:
			f.err = s.writeForeign(ctx, f)
		}
		if durable.NoSpace(f.err) {
			s.stop(true)
			f.err = errHalted
		}
		if f.err != nil && errors.Is(f.err, errHalted) {
			for i := range f.series {
				s.stats.count(noRoom, len(f.series[i].Samples))
			}
		}
		close(f.done)
		select {
		case f = <-s.foreign:
		default:
			f = nil
		}
	}
}

// writeForeign appends series in one transaction.
func (s *Store) writeForeign(ctx context.Context, f *foreign) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	app := s.db.Appender(ctx)
	for i := range f.series {
		if err := s.appendForeign(app, &f.series[i], &f.taken); err != nil {
			return errors.Join(err, app.Rollback())
		}
	}
	return app.Commit()
}

func (s *Store) appendForeign(app storage.Appender, x *Series, t *Taken) error {
	var ref storage.SeriesRef
	for _, v := range x.Samples {
		if v.At > s.edge {
			s.stats.count(future, 1)
			t.refuse(named(x, "is dated later than the server's clock allows"))
			continue
		}
		if ref == 0 && !s.admitForeign(app, x.ordered) {
			s.stats.count(tooMany, len(x.Samples))
			t.refuse(named(x, tooManySeries))
			t.Refused += len(x.Samples) - 1
			return nil
		}
		r, err := app.Append(ref, x.ordered, v.At, v.Value)
		if r != 0 {
			ref = r
		}
		switch {
		case errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrTooOldSample):
			s.stats.count(tooOld, 1)
			t.refuse(named(x, "has a value that is older than 25 hours"))
		case errors.Is(err, storage.ErrDuplicateSampleForTimestamp), errors.Is(err, storage.ErrOutOfOrderSample):
			t.refuse(named(x, "has another value at this time already"))
		case err != nil:
			return err
		}
	}
	return nil
}

const tooManySeries = "is one too many: its metric or its sender has as many series as may be kept"

// admitForeign reports whether a series may be appended to. Its sender has as many as
// one metric may have: there is no end to the names of metrics.
func (s *Store) admitForeign(app storage.Appender, l labels.Labels) bool {
	return s.sent.admit(s.db.Head(), app, l, s.options.MaxSeries) && s.many.admit(s.db.Head(), app, l, s.options.MaxSeries)
}

// foreignAway has series wait for another store.
func (s *Store) foreignAway(f *foreign) error {
	r := request{}
	for i := range f.series {
		x := &f.series[i]
		for _, v := range x.Samples {
			switch {
			case v.At > s.edge:
				s.stats.count(future, 1)
				f.taken.refuse(named(x, "is dated later than the server's clock allows"))
			case !s.seenFrom.admit(x.ordered, s.options.MaxSeries) || !s.seen.admit(x.ordered, s.options.MaxSeries):
				s.stats.count(tooMany, 1)
				f.taken.refuse(named(x, tooManySeries))
			default:
				r.add(x.ordered, v.At, v.Value)
			}
		}
	}
	if len(r.series) == 0 {
		return nil
	}
	return s.queue.add(r.encode())
}

// named says of which series something is said.
func named(x *Series, what string) string {
	return "The series “" + x.ordered.Get(model.MetricNameLabel) + "” " + what + "."
}
