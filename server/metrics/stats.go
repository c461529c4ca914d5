package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// why is why a value is not stored.
type why int

const (
	future  why = iota // it is dated later than now
	tooOld             // it came too late
	tooMany            // its metric has too many series
	noRoom             // the disk is full
	refused            // another store does not want it
	whys
)

func (w why) String() string {
	return [...]string{"future", "too_old", "too_many_series", "no_room", "refused_elsewhere"}[w]
}

// stats are the store's numbers for /metrics: its own and the database's. A database
// that is opened anew brings new ones.
type stats struct {
	refused [whys]atomic.Uint64
	of      atomic.Pointer[prometheus.Registry]
}

func (s *stats) count(w why, n int) { s.refused[w].Add(uint64(n)) }

var refusedDesc = prometheus.NewDesc("telemetry_refused_values_total", "Values that were not stored, by reason.", []string{"reason"}, nil)

// Describe implements prometheus.Collector: what there is depends on the database.
func (s *stats) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s *stats) Collect(out chan<- prometheus.Metric) {
	for w := range whys {
		out <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(s.refused[w].Load()), w.String())
	}
	if of := s.of.Load(); of != nil {
		of.Collect(out)
	}
}
