package metrics

import (
	"cmp"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// usualSeries is how many series one metric may have, where nothing else is said: each
// costs about two kilobytes of memory.
const usualSeries = 100_000

// counts knows how many series there are in memory of each value of a label.
type counts struct {
	label string // empty: the name of the metric
	of    map[string]int
	taken time.Time
}

const (
	countAgain = time.Minute // series that nobody sends any more go
	countNames = 10_000
)

// admit reports whether a series may be appended to: one that is there, or a new one
// of a value that has not too many.
func (c *counts) admit(head *tsdb.Head, app storage.Appender, l labels.Labels, most int) bool {
	if known, ok := app.(storage.GetRef); ok {
		if ref, _ := known.GetRef(l, l.Hash()); ref != 0 {
			return true
		}
	}
	label := cmp.Or(c.label, model.MetricNameLabel)
	name := l.Get(label)
	if c.of == nil || c.of[name] >= most && time.Since(c.taken) > countAgain {
		c.of, c.taken = map[string]int{}, time.Now()
		for _, m := range head.PostingsCardinalityStats(label, countNames).CardinalityMetricsStats {
			c.of[m.Name] = int(m.Count)
		}
	}
	if c.of[name] >= most {
		return false
	}
	c.of[name]++
	return true
}
