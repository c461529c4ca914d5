// Package baseline says what is usual at an hour of the week: of a few series that are of
// sites, groups and services, never of each endpoint, it notes beside each what it was
// around this hour in the weeks before.
package baseline

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// What is said beside a series, as series whose names end so.
const (
	Usual  = "_usual"        // the median
	Spread = "_usual_spread" // how far the values usually lie from it
)

const (
	weeks   = 4         // that are looked back on
	least   = 3         // of them, of which something has to be known
	around  = time.Hour // before and after the same moment
	step    = 10 * time.Minute
	every   = 2 * time.Minute // less than the time after which a value is no longer current
	maxSets = 5000            // of labels, of one series
)

// Engine answers PromQL.
type Engine interface {
	Matrix(ctx context.Context, expr string, from, to time.Time, step time.Duration) (model.Matrix, error)
}

// Options are what a Keeper needs.
type Options struct {
	Engine Engine
	Prefix string   // of the names of series
	Series []string // without it
	// Put notes a value of a series, with labels as pairs of a name and a value.
	Put  func(series string, at time.Time, v float64, pairs ...string)
	Zone func() *time.Location // by which people live
	// Sites are the time zones of sites that have one of their own, by their names, which
	// stand in the label “site”; nil: none has.
	Sites func() map[string]*time.Location
	Now   func() time.Time
	Log   *slog.Logger
}

// Keeper notes what is usual.
type Keeper struct{ o Options }

// New returns a Keeper.
func New(o Options) *Keeper { return &Keeper{o} }

// Run notes what is usual now, again and again, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, s := range k.o.Series {
			if err := k.note(ctx, s, k.o.Now()); err != nil && ctx.Err() == nil {
				k.o.Log.Warn("what is usual of a series could not be said; it is tried again", "series", s, "err", err)
			}
		}
	}
}

// set is what one set of labels was in the weeks before.
type set struct {
	labels model.Metric
	weeks  int // of which something is known
	values []float64
}

func (k *Keeper) note(ctx context.Context, series string, now time.Time) error {
	sets := map[model.Fingerprint]*set{}
	r := k.rounds(now)
	for _, at := range r.moments {
		m, err := k.o.Engine.Matrix(ctx, k.o.Prefix+series, at.Add(-around), at.Add(around), step)
		if err != nil {
			return err
		}
		for _, x := range m {
			if !r.counts(x.Metric, at) {
				continue
			}
			print := x.Metric.Fingerprint()
			if sets[print] == nil {
				if len(sets) >= maxSets {
					continue
				}
				sets[print] = &set{labels: x.Metric}
			}
			sets[print].take(x.Values)
		}
	}
	for _, s := range sets {
		if s.weeks < least {
			continue // of too little nothing is usual
		}
		usual, spread := robust(s.values)
		var pairs []string
		for name, value := range s.labels {
			if name != model.MetricNameLabel {
				pairs = append(pairs, string(name), string(value))
			}
		}
		k.o.Put(series+Usual, now, usual, pairs...)
		k.o.Put(series+Spread, now, spread, pairs...)
	}
	return nil
}

// rounds are the moments in the weeks before that are looked at, and which of them count
// for whom: where clocks were changed in between, that depends on the site's time zone.
type rounds struct {
	moments []time.Time
	desk    map[int64]bool
	sites   map[string]map[int64]bool // of those with a zone of their own
}

func (k *Keeper) rounds(now time.Time) rounds {
	r := rounds{desk: map[int64]bool{}, sites: map[string]map[int64]bool{}}
	seen, zones := map[int64]bool{}, map[*time.Location]map[int64]bool{}
	in := func(zone *time.Location) map[int64]bool {
		if zones[zone] == nil {
			zones[zone] = map[int64]bool{}
			for _, at := range before(now.In(zone)) {
				zones[zone][at.UnixMilli()] = true
				if !seen[at.UnixMilli()] {
					seen[at.UnixMilli()] = true
					r.moments = append(r.moments, at)
				}
			}
		}
		return zones[zone]
	}
	r.desk = in(k.o.Zone())
	if k.o.Sites != nil {
		for name, zone := range k.o.Sites() {
			r.sites[name] = in(zone)
		}
	}
	return r
}

// counts reports whether a moment is the same hour of the week for whom a series is of.
func (r *rounds) counts(m model.Metric, at time.Time) bool {
	if own, is := r.sites[string(m["site"])]; is {
		return own[at.UnixMilli()]
	}
	return r.desk[at.UnixMilli()]
}

// take adds a week, of which at least half has to be known.
func (s *set) take(list []model.SamplePair) {
	if len(list) <= int(around/step) {
		return
	}
	s.weeks++
	for _, v := range list {
		if !math.IsNaN(float64(v.Value)) {
			s.values = append(s.values, float64(v.Value))
		}
	}
}

// before are the same moments of the weeks before by the clocks of now's time zone: nine
// o'clock on Monday is that too when the clocks were changed in between.
func before(now time.Time) []time.Time {
	out := make([]time.Time, weeks)
	for i := range out {
		out[i] = now.AddDate(0, 0, -7*(i+1))
	}
	return out
}

// robust is the median of values and how far they usually lie from it: the median of the
// distances, as a standard deviation would be. An outage in one of the weeks moves neither by
// much.
func robust(values []float64) (usual, spread float64) {
	usual = median(values)
	far := make([]float64, len(values))
	for i, v := range values {
		far[i] = math.Abs(v - usual)
	}
	return usual, 1.4826 * median(far)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}
