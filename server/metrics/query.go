package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/deskbell/deskbell/internal/fault"
)

// What one query may take. Ten thousand endpoints bring 2.4 million samples an hour
// of one metric.
const (
	maxQueries  = 4 // at once; who comes then waits, and is sent away after queueFor
	queueFor    = 5 * time.Second
	maxSamples  = 20_000_000 // in memory: 16 bytes each
	maxPoints   = 11_000     // of one series in a range, as in Prometheus
	maxListed   = 100_000    // series or values that are listed
	queryWithin = 30 * time.Second
	lookback    = 5 * time.Minute
)

// EngineVersion is the version of the Prometheus whose engine this is: its module
// calls 3.15.0 “v0.315.0”. Clients choose by it what they ask for.
const EngineVersion = "3.15.0"

// Engine answers PromQL over the series and over what the server knows of the
// endpoints. It is safe for concurrent use.
type Engine struct {
	store  *Store
	facts  func() []Facts
	named  *labelled
	engine *promql.Engine
	parser parser.Parser
	slots  chan struct{}

	siting sync.Mutex
	sited  *sited // nil: nobody has asked by sites yet
}

// Answer is what a query has come to: a model.Scalar, String, Vector or Matrix.
type Answer struct {
	Value    model.Value
	Warnings []string
}

// NewEngine returns an engine. facts lists the endpoints as they are now; a list that it
// returned once does not change any more.
func NewEngine(store *Store, facts func() []Facts, log *slog.Logger) *Engine {
	p := parser.NewParser(parser.Options{})
	return &Engine{
		store: store, facts: facts, named: &labelled{}, parser: p, slots: make(chan struct{}, maxQueries),
		engine: promql.NewEngine(promql.EngineOpts{
			Logger: slog.New(quiet{log.Handler()}), MaxSamples: maxSamples, Timeout: queryWithin, LookbackDelta: lookback,
			EnableAtModifier: true, EnableNegativeOffset: true, Parser: p,
			NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		}),
	}
}

// Instant answers for one moment.
func (e *Engine) Instant(ctx context.Context, expr string, at time.Time) (Answer, error) {
	if e.store.queue != nil {
		return e.instantAway(ctx, expr, at)
	}
	return e.ask(ctx, func(q storage.Queryable) (promql.Query, error) {
		return e.engine.NewInstantQuery(ctx, q, nil, expr, at)
	})
}

// Range answers for each step between two moments, both included.
func (e *Engine) Range(ctx context.Context, expr string, from, to time.Time, step time.Duration) (Answer, error) {
	switch {
	case to.Before(from):
		return Answer{}, fault.Field("end", "The range ends before it begins.")
	case step <= 0:
		return Answer{}, fault.Field("step", "The step has to be longer than nothing.")
	case to.Sub(from)/step > maxPoints:
		return Answer{}, fault.Field("step", fmt.Sprintf("The range has more than %d steps. Choose a longer step, or a shorter range.", maxPoints))
	}
	if e.store.queue != nil {
		return e.rangeAway(ctx, expr, from, to, step)
	}
	return e.ask(ctx, func(q storage.Queryable) (promql.Query, error) {
		return e.engine.NewRangeQuery(ctx, q, nil, expr, from, to, step)
	})
}

// Vector answers for one moment with a vector; a number is a vector of one.
func (e *Engine) Vector(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	if v, ok := e.plain(expr, at); ok {
		return v, nil
	}
	a, err := e.Instant(ctx, expr, at)
	if err != nil {
		return nil, err
	}
	switch v := a.Value.(type) {
	case model.Vector:
		return v, nil
	case *model.Scalar:
		return model.Vector{{Metric: model.Metric{}, Value: v.Value, Timestamp: v.Timestamp}}, nil
	}
	return nil, fault.New(fault.Invalid, "The query is a "+a.Value.Type().String()+", and no vector.")
}

// Matrix answers for each step between two moments.
func (e *Engine) Matrix(ctx context.Context, expr string, from, to time.Time, step time.Duration) (model.Matrix, error) {
	a, err := e.Range(ctx, expr, from, to, step)
	if err != nil {
		return nil, err
	}
	if m, ok := a.Value.(model.Matrix); ok {
		return m, nil
	}
	return nil, fault.New(fault.Invalid, "The query is a "+a.Value.Type().String()+", and no matrix.")
}

func (e *Engine) ask(ctx context.Context, prepare func(storage.Queryable) (promql.Query, error)) (Answer, error) {
	db, leave, err := e.enter(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer leave()
	q, err := prepare(db)
	if err != nil {
		return Answer{}, fault.Wrap(err, fault.Invalid, "The query is not valid PromQL: "+err.Error())
	}
	defer q.Close()
	r := q.Exec(ctx)
	if r.Err != nil {
		return Answer{}, queryFault(r.Err)
	}
	a := Answer{Warnings: []string{}}
	for _, w := range r.Warnings {
		a.Warnings = append(a.Warnings, w.Error())
	}
	slices.Sort(a.Warnings)
	a.Value, err = valueOf(r.Value)
	return a, err
}

// enter takes a place among the queries that run.
func (e *Engine) enter(ctx context.Context) (storage.Queryable, func(), error) {
	select {
	case <-e.store.opened:
	default:
		return nil, nil, e.store.notOpen()
	}
	leave, err := e.place(ctx)
	if err != nil {
		return nil, nil, err
	}
	db, release, err := e.store.reading()
	if err != nil {
		leave()
		return nil, nil, err
	}
	made := factsQuerier{facts: e.facts, named: e.named, self: e.store.self()}
	return storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
		q, err := db.Querier(from, to)
		if err != nil {
			return nil, err
		}
		made := made
		made.from, made.to = from, to
		return newSplit(q, &made, e.store.newest), nil
	}), func() { release(); leave() }, nil
}

// place waits for one among the queries that run.
func (e *Engine) place(ctx context.Context) (leave func(), err error) {
	timer := time.NewTimer(queueFor)
	defer timer.Stop()
	select {
	case e.slots <- struct{}{}:
		return func() { <-e.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fault.New(fault.TooMany, "Other queries are still being answered. Ask again in a moment.")
	}
}

// queryFault says why a valid query has no answer.
func queryFault(err error) error {
	var many promql.ErrTooManySamples
	var late promql.ErrQueryTimeout
	var gone promql.ErrQueryCanceled
	var broken promql.ErrStorage
	switch {
	case errors.As(err, &many):
		return fault.Wrap(err, fault.TooLarge, "The query reads too many samples at once. Choose fewer endpoints, a shorter range or a longer step.")
	case errors.As(err, &late):
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The query took longer than %v and was stopped. Choose fewer endpoints or a shorter range.", queryWithin))
	case errors.As(err, &gone):
		return context.Canceled
	case errors.As(err, &broken):
		return broken.Err
	}
	return fault.Wrap(err, fault.Invalid, "The query cannot be worked out: "+err.Error())
}

// Series lists the series that one of the selectors matches.
func (e *Engine) Series(ctx context.Context, selectors []string, from, to time.Time) ([]model.Metric, error) {
	out := []model.Metric{}
	if e.store.queue != nil {
		away, err := e.seriesAway(ctx, selectors, from, to)
		return sortedMetrics(append(out, away...)), err
	}
	err := e.list(ctx, selectors, from, to, func(q storage.Querier, m []*labels.Matcher) error {
		set := q.Select(ctx, true, &storage.SelectHints{Start: from.UnixMilli(), End: to.UnixMilli(), Func: "series"}, m...)
		for set.Next() && len(out) < maxListed {
			out = append(out, metricOf(set.At().Labels()))
		}
		return set.Err()
	})
	return sortedMetrics(out), err
}

func sortedMetrics(list []model.Metric) []model.Metric {
	slices.SortFunc(list, func(a, b model.Metric) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	return slices.CompactFunc(list, model.Metric.Equal)
}

// LabelNames lists the names of labels, of all series or of those that one of the
// selectors matches.
func (e *Engine) LabelNames(ctx context.Context, selectors []string, from, to time.Time) ([]string, error) {
	if e.store.queue != nil {
		return e.namesAway(ctx, selectors, from, to)
	}
	return e.names(ctx, selectors, from, to, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		list, _, err := q.LabelNames(ctx, nil, m...)
		return list, err
	})
}

// LabelValues lists the values of a label.
func (e *Engine) LabelValues(ctx context.Context, name string, selectors []string, from, to time.Time) ([]string, error) {
	if !model.UTF8Validation.IsValidLabelName(name) {
		return nil, fault.Field("name", "That is not the name of a label.")
	}
	if e.store.queue != nil {
		return e.valuesAway(ctx, name, selectors, from, to)
	}
	return e.names(ctx, selectors, from, to, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		list, _, err := q.LabelValues(ctx, name, nil, m...)
		return list, err
	})
}

func (e *Engine) names(ctx context.Context, selectors []string, from, to time.Time, ask func(storage.Querier, []*labels.Matcher) ([]string, error)) ([]string, error) {
	out := []string{}
	err := e.list(ctx, selectors, from, to, func(q storage.Querier, m []*labels.Matcher) error {
		list, err := ask(q, m)
		for _, s := range list[:min(len(list), maxListed)] {
			out = append(out, string([]byte(s))) // it belongs to the querier
		}
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

// list calls f for each selector, or once without any.
func (e *Engine) list(ctx context.Context, selectors []string, from, to time.Time, f func(storage.Querier, []*labels.Matcher) error) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	sets, err := e.parser.ParseMetricSelectors(selectors)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "A selector in “match[]” is not valid: "+err.Error())
	}
	db, leave, err := e.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	q, err := db.Querier(from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return err
	}
	defer q.Close()
	if len(sets) == 0 {
		return f(q, nil)
	}
	for _, m := range sets {
		if err := f(q, m); err != nil {
			return err
		}
	}
	return nil
}

// valueOf is a result as every Prometheus client reads it. The copies are needed:
// the engine takes its memory back.
func valueOf(v parser.Value) (model.Value, error) {
	switch v := v.(type) {
	case promql.Scalar:
		return &model.Scalar{Value: model.SampleValue(v.V), Timestamp: model.Time(v.T)}, nil
	case promql.String:
		return &model.String{Value: v.V, Timestamp: model.Time(v.T)}, nil
	case promql.Vector:
		out := make(model.Vector, 0, len(v))
		for _, s := range v {
			out = append(out, &model.Sample{Metric: metricOf(s.Metric), Value: model.SampleValue(s.F), Timestamp: model.Time(s.T)})
		}
		return out, nil
	case promql.Matrix:
		out := make(model.Matrix, 0, len(v))
		for _, s := range v {
			line := &model.SampleStream{Metric: metricOf(s.Metric), Values: make([]model.SamplePair, 0, len(s.Floats))}
			for _, p := range s.Floats {
				line.Values = append(line.Values, model.SamplePair{Timestamp: model.Time(p.T), Value: model.SampleValue(p.F)})
			}
			out = append(out, line)
		}
		return out, nil
	}
	return nil, fmt.Errorf("the query engine answered with a %T", v)
}

func metricOf(l labels.Labels) model.Metric {
	m := model.Metric{}
	l.Range(func(l labels.Label) { m[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
	return m
}
