package metrics

import (
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// isInstant reports whether a selector asks for one value of each series.
func isInstant(hints *storage.SelectHints) bool {
	return hints != nil && hints.Range == 0 && hints.Start <= hints.End && hints.End-hints.Start < lookback.Milliseconds()
}

// maxAheadSeries is of how many series the value before the newest may be needed, until
// all are rather read from the database.
const maxAheadSeries = 200

// instant lists the newest values of a column as series, for a selector that asks for
// one value of each; and the endpoints whose newest value is later than what is asked
// for, of which only the database knows the one before. ok is false when it has to be
// asked for all: since the start of this store not everything was heard of yet, or it
// is the past that is asked for.
func (n *newest) instant(series string, hints *storage.SelectHints) (out []made, later []string, ok bool) {
	column, ok := n.column[series]
	if !ok || !isInstant(hints) {
		return nil, nil, false
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.since == 0 || hints.Start < n.since {
		return nil, nil, false
	}
	out = make([]made, 0, len(n.of))
	for endpoint, row := range n.of {
		switch v := row[column]; {
		case v.at > hints.End:
			if later = append(later, endpoint); len(later) > maxAheadSeries {
				return nil, nil, false
			}
		case v.at >= hints.Start:
			out = append(out, made{labels: v.labels, value: v.v, at: v.at})
		}
	}
	return out, later, true
}

// among is a matcher of some endpoints.
func among(endpoints []string) (*labels.Matcher, error) {
	var names []string
	for _, e := range endpoints {
		names = append(names, regexp.QuoteMeta(e))
	}
	return labels.NewMatcher(labels.MatchRegexp, "endpoint", strings.Join(names, "|"))
}

// moments are series of one value each.
type moments struct {
	list []made
	i    int
}

func newMoments(list []made) *moments { return &moments{list: list, i: -1} }

func (m *moments) Next() bool                        { m.i++; return m.i < len(m.list) }
func (m *moments) At() storage.Series                { return &m.list[m.i] }
func (m *moments) Err() error                        { return nil }
func (m *moments) Warnings() annotations.Annotations { return nil }

// Labels implements storage.Series.
func (m *made) Labels() labels.Labels { return m.labels }

// Iterator implements storage.Series: of the one value.
func (m *made) Iterator(used chunkenc.Iterator) chunkenc.Iterator {
	if it, ok := used.(interface{ Reset(samples storage.Samples) }); ok {
		it.Reset((*single)(m))
		return used
	}
	return storage.NewListSeriesIterator((*single)(m))
}

// single is a made series' one value, and the list of it.
type single made

// Len implements storage.Samples.
func (s *single) Len() int { return 1 }

// Get implements storage.Samples.
func (s *single) Get(int) chunks.Sample { return s }

func (s *single) T() int64                    { return s.at }
func (s *single) F() float64                  { return s.value }
func (*single) ST() int64                     { return 0 }
func (*single) H() *histogram.Histogram       { return nil }
func (*single) FH() *histogram.FloatHistogram { return nil }
func (*single) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s *single) Copy() chunks.Sample         { return s }

// one is the sole matcher of a selector that is the name of its metric alone; empty when
// it has others.
func one(matchers []*labels.Matcher) string {
	if len(matchers) == 1 && matchers[0].Type == labels.MatchEqual && matchers[0].Name == model.MetricNameLabel {
		return matchers[0].Value
	}
	return ""
}

// both are two sets, one after the other.
type both struct {
	storage.SeriesSet
	next storage.SeriesSet
}

func (b *both) Next() bool {
	if b.SeriesSet.Next() {
		return true
	}
	if b.next == nil || b.SeriesSet.Err() != nil {
		return false
	}
	b.SeriesSet, b.next = b.next, nil
	return b.SeriesSet.Next()
}
