package metrics

import (
	"errors"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/deskbell/deskbell/diagnostics"
)

func (s *Store) append(app storage.Appender, b *batch) error {
	if !b.labels.IsEmpty() {
		return s.addNew(app, new(storage.SeriesRef), b.labels, b.at.UnixMilli(), b.value)
	}
	refs := s.refs[b.endpoint]
	if refs == nil {
		refs = make([]storage.SeriesRef, columns)
		s.refs[b.endpoint] = refs
	}
	if b.usual {
		t := b.at.UnixMilli()
		if err := s.add(app, refs, expectedColumn, b.endpoint, t, rounded(b.expected)); err != nil {
			return err
		}
		return s.add(app, refs, missedColumn, b.endpoint, t, rounded(b.missed))
	}
	if b.presence > 0 {
		t := b.at.UnixMilli()
		if err := s.add(app, refs, presenceColumn, b.endpoint, t, float64(b.presence)); err != nil || b.up < 0 {
			return err
		}
		return s.add(app, refs, upColumn, b.endpoint, t, float64(b.up))
	}
	for i := range b.samples {
		sample := &b.samples[i]
		t := sample.At.UnixMilli()
		for column := range scoreColumn {
			v, ok := sample.Get(diagnostics.Metric(column))
			if !ok {
				continue
			}
			if err := s.add(app, refs, column, b.endpoint, t, v); err != nil {
				return err
			}
		}
	}
	if b.score < 0 || len(b.samples) == 0 {
		return nil
	}
	return s.add(app, refs, scoreColumn, b.endpoint, b.samples[len(b.samples)-1].At.UnixMilli(), float64(b.score))
}

// rounded is a probability in thousandths, which take less room.
func rounded(p float32) float64 { return math.Round(float64(p)*1000) / 1000 }

// add appends one value. A value for a moment that has one already, or that is
// too old, is left out: an endpoint that sends twice does no harm. So is one from the
// future, and one of a metric that has too many series.
func (s *Store) add(app storage.Appender, refs []storage.SeriesRef, column int, endpoint string, t int64, v float64) error {
	ref := &refs[column]
	if *ref == 0 {
		return s.addNew(app, ref, s.newest.labels(column, endpoint), t, v)
	}
	if t > s.edge {
		s.stats.count(future, 1)
		return nil
	}
	r, err := app.Append(*ref, labels.EmptyLabels(), t, v)
	if err != nil && !harmless(err) {
		// The head has forgotten a series that was silent for long.
		r, err = app.Append(0, s.newest.labels(column, endpoint), t, v)
	}
	return s.added(ref, r, err)
}

// addNew appends a value whose series has no short name yet.
func (s *Store) addNew(app storage.Appender, ref *storage.SeriesRef, l labels.Labels, t int64, v float64) error {
	if t > s.edge {
		s.stats.count(future, 1)
		return nil
	}
	if !s.many.admit(s.db.Head(), app, l, s.options.MaxSeries) {
		s.stats.count(tooMany, 1)
		return nil
	}
	r, err := app.Append(0, l, t, v)
	return s.added(ref, r, err)
}

// added notes what an append came to.
func (s *Store) added(ref *storage.SeriesRef, r storage.SeriesRef, err error) error {
	if errors.Is(err, storage.ErrOutOfBounds) || errors.Is(err, storage.ErrTooOldSample) {
		s.stats.count(tooOld, 1)
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
