package metrics

import (
	"context"
	"slices"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// InfoSeries is 1 for each endpoint, and says in its labels what the endpoint is. It
// is not stored: it shows at any time what the server knows now, so that a new name
// or site also tells of the past. Queries join it to the stored series, which are
// labelled with the endpoint's id alone:
//
//	deskbell_cpu_busy_percent * on (endpoint) group_left (name, site) deskbell_endpoint_info
const InfoSeries = Prefix + "endpoint_info"

// Facts are what InfoSeries says of an endpoint.
type Facts struct {
	Endpoint, Name, Site, OS, Agent string
}

func (f Facts) labels() labels.Labels {
	b := labels.NewScratchBuilder(6)
	for _, l := range []struct{ name, value string }{
		{model.MetricNameLabel, InfoSeries}, {"agent", f.Agent}, {"endpoint", f.Endpoint}, {"name", f.Name}, {"os", f.OS}, {"site", f.Site},
	} {
		if l.value != "" {
			b.Add(l.name, l.value)
		}
	}
	b.Sort()
	return b.Labels()
}

// labelled are the labels of endpoints' facts, which hardly ever change and are asked for
// by every question that goes by sites.
type labelled struct {
	mu   sync.Mutex
	of   map[string]labelledFacts
	last []Facts         // of which all were made
	all  []labels.Labels // nobody changes them
}

type labelledFacts struct {
	facts  Facts
	labels labels.Labels
}

// labels returns the labels of these facts, and forgets those of others.
func (n *labelled) labels(list []Facts) []labels.Labels {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil || len(n.of) > 2*len(list) {
		n.of = make(map[string]labelledFacts, len(list))
	}
	if len(list) > 0 && len(list) == len(n.last) && &list[0] == &n.last[0] {
		return n.all
	}
	out := make([]labels.Labels, len(list))
	for i, f := range list {
		known, ok := n.of[f.Endpoint]
		if !ok || known.facts != f {
			known = labelledFacts{f, f.labels()}
			n.of[f.Endpoint] = known
		}
		out[i] = known.labels
	}
	n.last, n.all = list, out
	return out
}

// made is a series that is not stored.
type made struct {
	labels labels.Labels
	value  float64
	at     int64 // Unix time in milliseconds, where it is one moment's
}

// factsQuerier makes InfoSeries, and what the store says of itself, while they are
// asked for.
type factsQuerier struct {
	facts    func() []Facts
	named    *labelled
	self     []made
	from, to int64 // Unix milliseconds
}

// makes reports whether a metric is one of those that are made here.
func (q *factsQuerier) makes(name string) bool {
	return name == InfoSeries || slices.ContainsFunc(q.self, func(m made) bool { return m.labels.Get(model.MetricNameLabel) == name })
}

// matching returns the series that match.
func (q *factsQuerier) matching(matchers []*labels.Matcher) []made {
	fits := func(l labels.Labels) bool {
		return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(l.Get(m.Name)) })
	}
	var out []made
	for _, m := range q.self {
		if fits(m.labels) {
			out = append(out, m)
		}
	}
	// The usual case is that another metric is asked for.
	if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel && !m.Matches(InfoSeries) }) {
		all := q.named.labels(q.facts())
		out = slices.Grow(out, len(all))
		for _, l := range all {
			if fits(l) {
				out = append(out, made{labels: l, value: 1})
			}
		}
	}
	return out
}

// sorted returns the series that match, in order.
func (q *factsQuerier) sorted(matchers []*labels.Matcher) []made {
	out := q.matching(matchers)
	slices.SortFunc(out, func(a, b made) int { return labels.Compare(a.labels, b.labels) })
	return out
}

// Select implements storage.Querier.
func (q *factsQuerier) Select(_ context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	list := q.matching
	if sorted {
		list = q.sorted
	}
	if isInstant(hints) {
		list := list(matchers)
		for i := range list {
			list[i].at = hints.End
		}
		return newMoments(list)
	}
	s := steady{from: q.from, to: q.to}
	if hints != nil && hints.End > hints.Start {
		s.from, s.to = hints.Start, hints.End
	}
	return &factsSet{series: list(matchers), samples: s, at: -1}
}

// LabelValues implements storage.Querier.
func (q *factsQuerier) LabelValues(_ context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var out []string
	for _, l := range q.matching(matchers) {
		if v := l.labels.Get(name); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil, nil
}

// LabelNames implements storage.Querier.
func (q *factsQuerier) LabelNames(_ context.Context, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var out []string
	for _, l := range q.matching(matchers) {
		l.labels.Range(func(l labels.Label) { out = append(out, l.Name) })
	}
	slices.Sort(out)
	return slices.Compact(out), nil, nil
}

// Close implements storage.Querier.
func (q *factsQuerier) Close() error { return nil }

type factsSet struct {
	series  []made
	samples steady
	at      int
}

func (s *factsSet) Next() bool { s.at++; return s.at < len(s.series) }

func (s *factsSet) At() storage.Series {
	m, samples := s.series[s.at], s.samples
	samples.value = m.value
	return &storage.SeriesEntry{Lset: m.labels, SampleIteratorFn: func(chunkenc.Iterator) chunkenc.Iterator {
		return storage.NewListSeriesIterator(samples)
	}}
}

func (s *factsSet) Err() error                        { return nil }
func (s *factsSet) Warnings() annotations.Annotations { return nil }

// steady is the same value each minute, none of which is in memory.
type steady struct {
	from, to int64
	value    float64
}

const eachMinute = 60_000

// Get implements storage.Samples.
func (s steady) Get(i int) chunks.Sample {
	return moment{min(s.from+int64(i)*eachMinute, s.to), s.value}
}

// Len implements storage.Samples.
func (s steady) Len() int {
	n := (s.to - s.from) / eachMinute
	if s.from+n*eachMinute < s.to {
		n++ // and one at the very end
	}
	return int(n) + 1
}

// moment is a value at a time.
type moment struct {
	t int64
	v float64
}

func (m moment) T() int64                    { return m.t }
func (moment) ST() int64                     { return 0 }
func (m moment) F() float64                  { return m.v }
func (moment) H() *histogram.Histogram       { return nil }
func (moment) FH() *histogram.FloatHistogram { return nil }
func (moment) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (m moment) Copy() chunks.Sample         { return m }
