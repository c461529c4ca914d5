// Package metrics keeps the time series of every endpoint, in Prometheus's own
// TSDB inside the server. Everything else sees the types here, so that a
// Prometheus-compatible store can take its place.
//
// Telemetry may be lost where tickets may not: samples are gathered for a moment
// and appended together, so a crash costs at most that moment.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// Prefix starts the name of every series.
const Prefix = "deskbell_"

// ScoreSeries is the health score, beside the metrics of a sample.
const ScoreSeries = Prefix + "health_score"

// Whether an endpoint is there, beside the metrics of a sample. UpSeries is 1 while it
// is connected and 0 while it is silent; while it said that it would be away, or while
// nobody knows, there is none. PresenceSeries is the number of its presence, none while
// that is unknown.
const (
	UpSeries       = Prefix + "endpoint_up"
	PresenceSeries = Prefix + "endpoint_presence"
)

// Options say where and how long series are kept.
type Options struct {
	Dir       string
	Retention time.Duration // 0: 30 days
	MaxBytes  int64         // 0: no bound but Retention
	Registry  prometheus.Registerer
	// Heard is told of the endpoints whose values have just been stored, from one
	// goroutine; it must not wait. nil: nobody is told.
	Heard func(endpoints []string)
}

// Store is the embedded time series database. It opens in the background, since
// after a crash it reads its log again: tickets do not wait for telemetry.
type Store struct {
	options Options
	log     *slog.Logger
	opened  chan struct{} // closed when db is there

	db   *tsdb.DB
	refs map[string]*seriesRefs // Run's own

	newest *newest

	mu      sync.Mutex
	pending []batch
	dropped uint64
	wake    chan struct{}
}

type batch struct {
	endpoint string
	samples  []diagnostics.Sample
	score    int32 // -1: none

	presence int8 // 0: none, and then samples
	up       int8 // -1: none
	at       time.Time
}

// seriesRefs are the TSDB's short names of an endpoint's series: with them an
// append looks nothing up.
type seriesRefs struct {
	metrics             []storage.SeriesRef
	score, presence, up storage.SeriesRef
}

const (
	// gather is how long samples wait for others, to be appended with one write.
	gather = 250 * time.Millisecond
	// maxPending bounds what waits when the disk does not keep up; the oldest go.
	maxPending = 100_000
	// lateness is how far back samples may lie: what endpoints recorded while they
	// were offline.
	lateness = 2 * time.Hour
)

// New returns a store that Run will open.
func New(o Options, log *slog.Logger) *Store {
	if o.Retention == 0 {
		o.Retention = 30 * 24 * time.Hour
	}
	return &Store{options: o, log: log, opened: make(chan struct{}), refs: map[string]*seriesRefs{}, newest: newNewest(), wake: make(chan struct{}, 1)}
}

func (s *Store) open() error {
	if err := os.MkdirAll(s.options.Dir, 0o700); err != nil {
		return err
	}
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = s.options.Retention.Milliseconds()
	opts.MaxBytes = s.options.MaxBytes
	opts.OutOfOrderTimeWindow = lateness.Milliseconds()
	opts.IsolationDisabled = true // a chart may show half of what is being appended, and each series needs less
	opts.NoLockfile = true        // the server holds a lock on its whole folder
	opts.StripeSize = 1 << 10     // the default reserves 3 MB for a fleet of any size
	db, err := tsdb.Open(s.options.Dir, slog.New(quiet{s.log.Handler()}), s.options.Registry, opts, nil)
	if err != nil {
		return fmt.Errorf("opening the time series in %s: %w", s.options.Dir, err)
	}
	s.db = db
	close(s.opened)
	return nil
}

// Append takes samples of an endpoint in, oldest first, and the score that goes
// with the last; a negative score is none. It keeps the slice.
func (s *Store) Append(endpoint string, samples []diagnostics.Sample, score int) {
	s.put(batch{endpoint: endpoint, samples: samples, score: int32(score)})
}

// Presence notes where an endpoint is at a moment: the number of its presence, above
// 0, and whether it is up: 1, 0, or -1 for neither.
func (s *Store) Presence(endpoint string, at time.Time, presence, up int) {
	s.put(batch{endpoint: endpoint, presence: int8(presence), up: int8(up), at: at})
}

func (s *Store) put(b batch) {
	s.mu.Lock()
	if len(s.pending) >= maxPending {
		drop := len(s.pending) / 10
		s.pending = slices.Delete(s.pending, 0, drop)
		s.dropped += uint64(drop)
	}
	s.pending = append(s.pending, b)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run opens the database and appends what has gathered until ctx ends; then it
// writes the rest and closes.
func (s *Store) Run(ctx context.Context) error {
	if err := s.open(); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return errors.Join(s.flush(context.WithoutCancel(ctx)), s.db.Close())
		case <-s.wake:
		}
		select {
		case <-ctx.Done():
			continue
		case <-time.After(gather):
		}
		if err := s.flush(ctx); err != nil {
			s.log.Error("telemetry was not stored", "err", err)
		}
	}
}

func (s *Store) flush(ctx context.Context) error {
	s.mu.Lock()
	pending, dropped := s.pending, s.dropped
	s.pending, s.dropped = nil, 0
	s.mu.Unlock()
	if dropped > 0 {
		s.log.Warn("telemetry was dropped: the disk does not keep up", "frames", dropped)
	}
	if len(pending) == 0 {
		return nil
	}
	for i := range pending {
		s.newest.take(&pending[i])
	}
	if s.options.Heard != nil {
		defer func() { s.options.Heard(heard(pending)) }() // alerts come also while the disk is full
	}
	app := s.db.Appender(ctx)
	for i, b := range pending {
		if i%32 == 31 {
			runtime.Gosched() // tickets go before telemetry
		}
		if err := s.append(app, b); err != nil {
			return errors.Join(err, app.Rollback())
		}
	}
	return app.Commit()
}

func (s *Store) append(app storage.Appender, b batch) error {
	refs := s.refs[b.endpoint]
	if refs == nil {
		refs = &seriesRefs{metrics: make([]storage.SeriesRef, len(diagnostics.Metrics()))}
		s.refs[b.endpoint] = refs
	}
	if b.presence > 0 {
		t := b.at.UnixMilli()
		if err := add(app, &refs.presence, PresenceSeries, b.endpoint, t, float64(b.presence)); err != nil || b.up < 0 {
			return err
		}
		return add(app, &refs.up, UpSeries, b.endpoint, t, float64(b.up))
	}
	for i := range b.samples {
		sample := &b.samples[i]
		t := sample.At.UnixMilli()
		for _, m := range diagnostics.Metrics() {
			v, ok := sample.Get(m)
			if !ok {
				continue
			}
			if err := add(app, &refs.metrics[m], Prefix+m.Info().Name, b.endpoint, t, v); err != nil {
				return err
			}
		}
	}
	if b.score < 0 || len(b.samples) == 0 {
		return nil
	}
	return add(app, &refs.score, ScoreSeries, b.endpoint, b.samples[len(b.samples)-1].At.UnixMilli(), float64(b.score))
}

// add appends one value. A value for a moment that has one already, or that is
// too old, is left out: an endpoint that sends twice does no harm.
func add(app storage.Appender, ref *storage.SeriesRef, name, endpoint string, t int64, v float64) error {
	var l labels.Labels
	if *ref == 0 {
		l = seriesLabels(name, endpoint)
	}
	r, err := app.Append(*ref, l, t, v)
	if err != nil && *ref != 0 && !harmless(err) {
		// The head has forgotten a series that was silent for long.
		r, err = app.Append(0, seriesLabels(name, endpoint), t, v)
	}
	if err != nil && !harmless(err) {
		return err
	}
	if r != 0 {
		*ref = r
	}
	return nil
}

func harmless(err error) bool {
	return errors.Is(err, storage.ErrOutOfOrderSample) || errors.Is(err, storage.ErrDuplicateSampleForTimestamp) ||
		errors.Is(err, storage.ErrOutOfBounds) || errors.Is(err, storage.ErrTooOldSample)
}

func seriesLabels(name, endpoint string) labels.Labels {
	return labels.FromStrings(model.MetricNameLabel, name, "endpoint", endpoint)
}

var errOpening = fault.New(fault.Unavailable, "The charts are still being read from disk after a restart. Look again in a moment.")

// Point is one value of a series.
type Point struct {
	At    time.Time
	Value float64
}

// Range returns one series of an endpoint between two moments, thinned so that at
// most max points come: of each step the mean.
func (s *Store) Range(ctx context.Context, endpoint, name string, from, to time.Time, max int) ([]Point, error) {
	if !from.Before(to) || max < 1 {
		return nil, fault.Field("from", "The range ends before it begins.")
	}
	select {
	case <-s.opened:
	default:
		return nil, errOpening
	}
	q, err := s.db.Querier(from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	set := q.Select(ctx, true, nil,
		labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name),
		labels.MustNewMatcher(labels.MatchEqual, "endpoint", endpoint))
	step := to.Sub(from).Milliseconds()/int64(max) + 1
	var out []Point
	for set.Next() {
		out = thin(out, set.At().Iterator(nil), from.UnixMilli(), step)
	}
	return out, set.Err()
}

// thin appends the mean of each step that has values.
func thin(out []Point, it chunkenc.Iterator, from, step int64) []Point {
	var sum float64
	var n, slot int64 = 0, -1
	emit := func() {
		if n > 0 {
			out = append(out, Point{At: time.UnixMilli(from + slot*step).UTC(), Value: sum / float64(n)})
		}
		sum, n = 0, 0
	}
	for it.Next() == chunkenc.ValFloat {
		t, v := it.At()
		if s := (t - from) / step; s != slot {
			emit()
			slot = s
		}
		sum += v
		n++
	}
	emit()
	return out
}
