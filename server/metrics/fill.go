package metrics

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	stale "github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// fill takes in what was stored before this start, so that the newest values are all
// known from the first moment on: without it every rule is asked of the query engine for
// five minutes after a start, in which all endpoints come back as well.
func (s *Store) fill(ctx context.Context, now time.Time) error {
	from, to := now.Add(-lookback), now.Add(lookback)
	q, err := s.db.Querier(from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return fmt.Errorf("reading the newest values: %w", err)
	}
	defer q.Close()
	var it chunkenc.Iterator
	for column, name := range s.newest.names {
		list := q.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name))
		for list.Next() {
			it = s.newest.old(column, list.At(), it)
		}
		if err := list.Err(); err != nil {
			return fmt.Errorf("reading the newest values of %s: %w", name, err)
		}
	}
	s.newest.filled(from)
	return nil
}

// old takes in the last value of a stored series, unless a newer one was heard.
func (n *newest) old(column int, series storage.Series, used chunkenc.Iterator) chunkenc.Iterator {
	l := series.Labels()
	endpoint := l.Get("endpoint")
	it := series.Iterator(used)
	if endpoint == "" || l.Len() != 2 {
		return it // somebody else's, of an older version
	}
	at, last := int64(0), math.NaN()
	for it.Next() == chunkenc.ValFloat {
		at, last = it.At()
	}
	if at == 0 || stale.IsStaleNaN(last) {
		return it
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if v := &n.row(endpoint)[column]; at > v.at {
		v.at, v.v, v.labels = at, last, l
	}
	return it
}

// filled notes that everything is known since a moment before the start.
func (n *newest) filled(from time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.since = from.UnixMilli()
}
