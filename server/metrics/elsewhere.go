package metrics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
)

// awayFault says why another store has no answer.
func awayFault(err error) error {
	var e *v1.Error
	if errors.As(err, &e) {
		switch e.Type {
		case v1.ErrBadData:
			return fault.Wrap(err, fault.Invalid, "The query is not valid PromQL: "+e.Msg)
		case v1.ErrExec:
			return fault.Wrap(err, fault.Invalid, "The query cannot be worked out: "+e.Msg)
		}
	}
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return fault.Wrap(err, fault.Unavailable, "The store of the time series does not answer. Charts and alerts are there again when it does; tickets go on.")
}

// askAway asks another store.
func (e *Engine) askAway(ctx context.Context, expr string, ask func(context.Context, v1.API) (model.Value, v1.Warnings, error)) (Answer, error) {
	if _, err := e.parser.ParseExpr(expr); err != nil {
		return Answer{}, fault.Wrap(err, fault.Invalid, "The query is not valid PromQL: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	leave, err := e.place(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer leave()
	value, warnings, err := ask(ctx, e.store.asking)
	e.store.answered(err)
	if err != nil {
		return Answer{}, awayFault(err)
	}
	if warnings == nil {
		warnings = []string{}
	}
	return Answer{Value: value, Warnings: warnings}, nil
}

func (e *Engine) instantAway(ctx context.Context, expr string, at time.Time) (Answer, error) {
	return e.askAway(ctx, expr, func(ctx context.Context, c v1.API) (model.Value, v1.Warnings, error) { return c.Query(ctx, expr, at) })
}

func (e *Engine) rangeAway(ctx context.Context, expr string, from, to time.Time, step time.Duration) (Answer, error) {
	return e.askAway(ctx, expr, func(ctx context.Context, c v1.API) (model.Value, v1.Warnings, error) {
		return c.QueryRange(ctx, expr, v1.Range{Start: from, End: to, Step: step})
	})
}

// all selects every series, where an API wants a selector.
const all = `{__name__!=""}`

func (e *Engine) seriesAway(ctx context.Context, selectors []string, from, to time.Time) ([]model.Metric, error) {
	if len(selectors) == 0 {
		selectors = []string{all}
	}
	var out []model.Metric
	err := e.listAway(ctx, selectors, func(ctx context.Context, c v1.API) error {
		sets, _, err := c.Series(ctx, selectors, from, to, v1.WithLimit(maxListed))
		for _, s := range sets[:min(len(sets), maxListed)] {
			out = append(out, model.Metric(s))
		}
		return err
	})
	return out, err
}

func (e *Engine) namesAway(ctx context.Context, selectors []string, from, to time.Time) ([]string, error) {
	out := []string{}
	err := e.listAway(ctx, selectors, func(ctx context.Context, c v1.API) error {
		names, _, err := c.LabelNames(ctx, selectors, from, to)
		for _, n := range names[:min(len(names), maxListed)] {
			out = append(out, string(n))
		}
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

func (e *Engine) valuesAway(ctx context.Context, name string, selectors []string, from, to time.Time) ([]string, error) {
	out := []string{}
	err := e.listAway(ctx, selectors, func(ctx context.Context, c v1.API) error {
		values, _, err := c.LabelValues(ctx, name, selectors, from, to)
		for _, v := range values[:min(len(values), maxListed)] {
			out = append(out, string(v))
		}
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

func (e *Engine) listAway(ctx context.Context, selectors []string, f func(context.Context, v1.API) error) error {
	if _, err := e.parser.ParseMetricSelectors(selectors); err != nil {
		return fault.Wrap(err, fault.Invalid, "A selector in “match[]” is not valid: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	leave, err := e.place(ctx)
	if err != nil {
		return err
	}
	defer leave()
	err = f(ctx, e.store.asking)
	if e.store.answered(err); err != nil {
		return awayFault(err)
	}
	return nil
}

// rangeAway is Range, asked of another store: of each step the mean.
func (s *Store) rangeAway(ctx context.Context, endpoint, name string, from, to time.Time, most int) ([]Point, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	step := (to.Sub(from)/time.Duration(most) + time.Second).Truncate(time.Second)
	expr := fmt.Sprintf("avg_over_time(%s{endpoint=%q}[%ds])", name, endpoint, int(step/time.Second))
	// What is asked of a moment is what lies before it: the last step reaches beyond the end.
	// Endpoints measure at whole seconds, and stores differ in whether the beginning of a
	// step belongs to it: so it lies between two.
	from = from.Truncate(time.Second).Add(-time.Second / 2)
	v, _, err := s.asking.QueryRange(ctx, expr, v1.Range{Start: from.Add(step), End: to.Add(step), Step: step})
	if s.answered(err); err != nil {
		return nil, awayFault(err)
	}
	matrix, ok := v.(model.Matrix)
	if !ok || len(matrix) == 0 {
		return nil, nil
	}
	var out []Point
	for _, p := range matrix[0].Values {
		if at := p.Timestamp.Time().Add(-step); !at.After(to) {
			out = append(out, Point{At: at.UTC(), Value: float64(p.Value)})
		}
	}
	return out[:min(len(out), most)], nil
}
