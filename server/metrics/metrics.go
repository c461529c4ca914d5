// Package metrics keeps the time series of every endpoint, in Prometheus's own
// TSDB inside the server. Everything else sees the types here, so that a
// Prometheus-compatible store can take its place.
//
// Telemetry may be lost where tickets may not: samples are gathered for a moment
// and appended together, so a crash costs at most that moment.
package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/deskbell/deskbell/diagnostics"
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

// How likely an endpoint is there at this hour of the week, and while it is away, how
// unusual that is: how likely it was there in the least likely hour since it went; 0
// while it is there. There are none while too little is known of the endpoint.
const (
	ExpectedSeries = Prefix + "endpoint_expected"
	MissedSeries   = Prefix + "endpoint_missed"
)

// Options say where and how long series are kept.
type Options struct {
	Dir       string
	Retention time.Duration // 0: 30 days
	MaxBytes  int64         // 0: no bound but Retention
	Reserve   int64         // of the disk stays free, in bytes; 0: as usual, less: none
	MaxSeries int           // of one metric; 0: as usual
	Registry  prometheus.Registerer
	// Heard is told of the endpoints whose values have just been stored, from one
	// goroutine; it must not wait. nil: nobody is told.
	Heard func(endpoints []string)
	Now   func() time.Time // nil: time.Now; what is dated far beyond it is refused
	Away  *Away            // another store, in place of the embedded one; nil: none
}

// Store is the embedded time series database. It opens in the background, since
// after a crash it reads its log again: tickets do not wait for telemetry.
type Store struct {
	options Options
	log     *slog.Logger
	opened  chan struct{} // closed when db is there

	use   sync.RWMutex // held while db is read; for writing, while it is opened anew
	db    *tsdb.DB
	down  bool                           // it is closed, since it could not write what it had to
	refs  map[string][]storage.SeriesRef // Run's own: by endpoint and column the database's short names, with which an append looks nothing up
	many  counts                         // Run's own
	sent  counts                         // Run's own: by who has sent them
	edge  int64                          // Run's own: what is later, in Unix milliseconds, is refused
	stats stats

	newest *newest

	// Where another store is in use, these are, and db is not.
	queue    *queue
	asking   v1.API
	answers  way
	seen     seen // Run's own
	seenFrom seen // Run's own: by who has sent them

	foreign chan *foreign // what others send, for Run

	mu      sync.Mutex
	pending []batch
	spare   []batch // what pending becomes when it is taken, so that it need not grow anew
	dropped uint64
	halt    *Halt // why nothing is stored; nil: it is
	wake    chan struct{}
}

const (
	// gather is how long samples wait for others, to be appended with one write.
	gather = 250 * time.Millisecond
	// maxPending bounds what waits when the disk does not keep up; the oldest go.
	maxPending = 100_000
	// lateness is how far back samples may lie: what endpoints recorded in a day
	// without a connection, and some time to send it.
	lateness = 25 * time.Hour
	// ahead is how far beyond the server's clock a sample may lie.
	ahead = 10 * time.Minute
	// lookEvery is how often the room on the disk is looked at.
	lookEvery = time.Second
)

// New returns a store that Run will open.
func New(o Options, log *slog.Logger) *Store {
	if o.Retention == 0 {
		o.Retention = 30 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxSeries == 0 {
		o.MaxSeries = usualSeries
	}
	s := &Store{options: o, log: log, opened: make(chan struct{}), refs: map[string][]storage.SeriesRef{}, newest: newNewest(), wake: make(chan struct{}, 1)}
	s.foreign, s.sent.label, s.seenFrom.label = make(chan *foreign, maxForeign), Origin, Origin
	if o.Registry != nil {
		o.Registry.MustRegister(&s.stats)
	}
	if o.Away != nil {
		s.useAway()
	}
	return s
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

// Expected notes how likely an endpoint is there at a moment, and how unusual it is that
// it is away.
func (s *Store) Expected(endpoint string, at time.Time, expected, missed float64) {
	s.put(batch{endpoint: endpoint, at: at, usual: true, expected: float32(expected), missed: float32(missed), score: -1})
}

// Put notes one value of a series that is no endpoint's. Its name is without Prefix, and
// its labels are pairs of a name and a value.
func (s *Store) Put(name string, at time.Time, value float64, pairs ...string) {
	s.put(batch{labels: labels.FromStrings(append(pairs, model.MetricNameLabel, Prefix+name)...), at: at, value: value})
}

// Run opens the database and appends what has gathered until ctx ends; then it
// writes the rest and closes. A full disk ends neither.
func (s *Store) Run(ctx context.Context) error {
	if s.queue != nil {
		return s.runAway(ctx)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for s.db == nil {
		if err := s.openWithRoom(); err != nil {
			return err
		}
		if s.db == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-look.C:
				if err := s.flush(ctx); err != nil { // alerts come all the same
					return err
				}
			}
		}
	}
	if err := s.fill(ctx, s.options.Now()); err != nil && ctx.Err() == nil {
		s.log.Warn("rules take longer for the next five minutes", "err", err)
	}
	for {
		select {
		case <-ctx.Done():
			err := s.flush(context.WithoutCancel(ctx))
			s.shut()
			return err
		case <-look.C:
			s.look()
			continue
		case f := <-s.foreign:
			s.takeForeign(ctx, f)
			continue
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
