package metrics

import (
	"context"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/deskbell/deskbell/internal/fault"
)

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
	if s.queue != nil {
		return s.rangeAway(ctx, endpoint, name, from, to, max)
	}
	db, release, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer release()
	q, err := db.Querier(from.UnixMilli(), to.UnixMilli())
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
