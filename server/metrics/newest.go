package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/deskbell/deskbell/diagnostics"
)

// newest are the newest values of every endpoint's own series. A rule that compares
// them with a number is asked of these, for most rules do nothing else: the query
// engine reads a chunk of each series for it, which takes a thousand times as long.
type newest struct {
	mu     sync.RWMutex
	of     map[string][]value // by endpoint, then by column
	ids    []string           // of the endpoints, by their numbers, which they keep
	rows   [][]value          // by number those of the map
	column map[string]int     // by the name of the series
	names  []string           // of the columns
	since  int64              // since when it knows of everything, in Unix milliseconds; 0: it does not yet
}

type value struct {
	at     int64 // Unix time in milliseconds; 0: there is none
	v      float64
	labels labels.Labels // the series'; the database's own series has them from here, so that they are in memory once
}

// The columns behind those of a sample's metrics.
var (
	scoreColumn    = len(diagnostics.Metrics())
	presenceColumn = scoreColumn + 1
	upColumn       = scoreColumn + 2
	expectedColumn = scoreColumn + 3
	missedColumn   = scoreColumn + 4
	columns        = scoreColumn + 5
)

func newNewest() *newest {
	n := &newest{of: map[string][]value{}, column: map[string]int{ScoreSeries: scoreColumn, PresenceSeries: presenceColumn, UpSeries: upColumn,
		ExpectedSeries: expectedColumn, MissedSeries: missedColumn}}
	for _, m := range diagnostics.Metrics() {
		n.column[Prefix+m.Info().Name] = int(m)
	}
	n.names = make([]string, columns)
	for name, column := range n.column {
		n.names[column] = name
	}
	return n
}

// begin notes that from now on everything is taken in.
func (n *newest) begin(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since == 0 {
		n.since = now.UnixMilli()
	}
}

// take takes in what an endpoint has sent; what is older than what is there is left out,
// and what is dated later than edge: nothing would be newer.
func (n *newest) take(b *batch, edge int64) {
	if !b.labels.IsEmpty() {
		return // no endpoint's
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	row := n.row(b.endpoint)
	set := func(column int, at time.Time, v float64) {
		if t := at.UnixMilli(); t >= row[column].at && t <= edge {
			if row[column].at == 0 {
				row[column].labels = seriesLabels(n.names[column], b.endpoint)
			}
			row[column].at, row[column].v = t, v
		}
	}
	if b.usual {
		set(expectedColumn, b.at, rounded(b.expected))
		set(missedColumn, b.at, rounded(b.missed))
		return
	}
	if b.presence > 0 {
		set(presenceColumn, b.at, float64(b.presence))
		if b.up >= 0 {
			set(upColumn, b.at, float64(b.up))
		}
		return
	}
	for i := range b.samples {
		for column := range scoreColumn {
			if v, ok := b.samples[i].Get(diagnostics.Metric(column)); ok {
				set(column, b.samples[i].At, v)
			}
		}
	}
	if b.score >= 0 && len(b.samples) > 0 {
		set(scoreColumn, b.samples[len(b.samples)-1].At, float64(b.score))
	}
}

// row is an endpoint's, made where there is none. The caller holds the lock.
func (n *newest) row(endpoint string) []value {
	row := n.of[endpoint]
	if row == nil {
		row = make([]value, columns)
		n.of[endpoint] = row
		n.ids, n.rows = append(n.ids, endpoint), append(n.rows, row)
	}
	return row
}

// labels are those of an endpoint's series.
func (n *newest) labels(column int, endpoint string) labels.Labels {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if row := n.of[endpoint]; row != nil && row[column].at > 0 {
		return row[column].labels
	}
	return seriesLabels(n.names[column], endpoint)
}

// Newest tells the newest value of a series of each endpoint, or of some endpoints
// alone, as a selector of PromQL finds it at a moment: none that is older than five
// minutes. Of an endpoint whose clock is ahead it tells it as well. ok is false of a
// series that is not one of the endpoints' own; only the query engine knows of it.
func (e *Engine) Newest(series string, at time.Time, some []string, tell func(endpoint string, v float64)) (ok bool) {
	n := e.store.newest
	column, ok := n.column[series]
	if !ok {
		return false
	}
	from, to := at.Add(-lookback).UnixMilli(), at.Add(lookback).UnixMilli()
	say := func(endpoint string, row []value) {
		if row != nil && row[column].at > from && row[column].at <= to {
			tell(endpoint, row[column].v)
		}
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, endpoint := range some {
		say(endpoint, n.of[endpoint])
	}
	if some == nil {
		for endpoint, row := range n.of {
			say(endpoint, row)
		}
	}
	return true
}

// heard lists whose values are in a batch, each once.
func heard(list []batch) []string {
	var out []string
	for i := range list {
		if list[i].endpoint != "" {
			out = append(out, list[i].endpoint)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
