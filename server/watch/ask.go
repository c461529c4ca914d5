package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
)

// maxAmong is of how many endpoints a question is asked by their names. Of more it is
// asked of all: to name them takes as long then.
const maxAmong = 500

// ask asks the engine a rule's questions. While the rule has no alert it matters only
// what holds, and the others, each of which names every series, are not asked.
func (w *Watcher) ask(ctx context.Context, r *alert.Rule, at time.Time, known map[string]struct{}) (map[model.Fingerprint]alert.Seen, error) {
	few, narrow := w.where(r, at)
	if len(known) == 0 {
		if narrow && len(few) == 0 {
			return nil, nil
		}
		holds, err := w.parts(ctx, r, at, slices.Collect(maps.Keys(few)))
		if err != nil {
			return nil, err
		}
		return r.Read(alert.Answers{Holds: holds})
	}
	q := r.Questions()
	if maps.Copy(few, known); narrow && len(few) <= maxAmong && w.stored(r.Alone()) {
		var err error
		if q, err = q.Among(slices.Collect(maps.Keys(few))); err != nil {
			return nil, err
		}
	}
	var a alert.Answers
	for _, x := range []struct {
		expr string
		into *model.Vector
	}{{q.Holds, &a.Holds}, {q.Data, &a.Data}, {q.Clear, &a.Clear}, {q.ClearData, &a.ClearData}} {
		if x.expr == "" {
			continue
		}
		var err error
		if *x.into, err = w.o.Engine.Vector(ctx, x.expr, at); err != nil {
			return nil, err
		}
	}
	return r.Read(a)
}

// where finds the endpoints at which all those parts of a rule hold that compare newest
// values. ok is false when no part does, so that it may hold anywhere.
func (w *Watcher) where(r *alert.Rule, at time.Time) (endpoints map[string]struct{}, ok bool) {
	endpoints = map[string]struct{}{}
	if w.o.Newest == nil {
		return endpoints, false
	}
	for _, p := range r.Parts() {
		if p.Threshold == nil {
			continue
		}
		here := map[string]struct{}{}
		if !w.o.Newest(p.Threshold.Series, at, nil, func(endpoint string, v float64) {
			if _, before := endpoints[endpoint]; p.Threshold.Holds(v) && (before || !ok) {
				here[endpoint] = struct{}{}
			}
		}) {
			continue
		}
		endpoints, ok = here, true
	}
	return endpoints, ok
}

// parts asks for what holds of all parts of a rule, one part after the other, until
// nothing is left.
func (w *Watcher) parts(ctx context.Context, r *alert.Rule, at time.Time, few []string) (model.Vector, error) {
	var left model.Vector
	for i, p := range r.Parts() {
		expr := p.Expr
		var err error
		if len(few) > 0 && len(few) <= maxAmong && w.stored(p.Series) {
			if expr, err = alert.Among(expr, few); err != nil {
				return nil, err
			}
		}
		v, err := w.o.Engine.Vector(ctx, expr, at)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			v = alert.Join(left, v)
		}
		if left = v; len(left) == 0 {
			return nil, nil
		}
	}
	return left, nil
}

// stored reports whether metrics are all of endpoints' own series, which have no other
// label than the endpoint's name.
func (w *Watcher) stored(series []string) bool {
	return len(series) > 0 && !slices.ContainsFunc(series, func(name string) bool {
		return !w.o.Newest(name, w.o.Now(), []string{}, func(string, float64) {})
	})
}
