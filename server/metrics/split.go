package metrics

import (
	"context"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// split asks for a metric only where it is: among the stored series, or among those
// that are made while they are asked for. To merge both for every selector has each of
// them sort ten thousand series, and the facts made of which nobody asked.
type split struct {
	storage.Querier // of all
	stored          storage.Querier
	made            *factsQuerier
	newest          *newest
}

func newSplit(stored storage.Querier, made *factsQuerier, n *newest) *split {
	return &split{storage.NewMergeQuerier([]storage.Querier{stored, made}, nil, storage.ChainedSeriesMerge), stored, made, n}
}

// Select implements storage.Querier.
func (q *split) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	for _, m := range matchers {
		if m.Type != labels.MatchEqual || m.Name != model.MetricNameLabel {
			continue
		}
		if q.made.makes(m.Value) {
			return q.made.Select(ctx, sorted, hints, matchers...)
		}
		if sorted {
			return q.stored.Select(ctx, sorted, hints, matchers...)
		}
		return q.now(ctx, hints, matchers)
	}
	return q.Querier.Select(ctx, sorted, hints, matchers...)
}

// now asks for the newest values of all series of a metric where they are in memory.
func (q *split) now(ctx context.Context, hints *storage.SelectHints, matchers []*labels.Matcher) storage.SeriesSet {
	list, later, ok := q.newest.instant(one(matchers), hints)
	if !ok {
		return q.stored.Select(ctx, false, hints, matchers...)
	}
	if len(later) == 0 {
		return newMoments(list)
	}
	these, err := among(later)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	return &both{newMoments(list), q.stored.Select(ctx, false, hints, append(matchers[:1:1], these)...)}
}
