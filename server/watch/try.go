package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

// Trial is what a rule would have done.
type Trial struct {
	Rule  *alert.Rule
	Fired int          // times
	Spans []alert.Span // the newest, with the endpoint's name and site
}

// What a trial may look back on.
const (
	maxBack   = 14 * 24 * time.Hour
	tryStep   = time.Minute
	maxPoints = 10_000
	maxTried  = 50  // rules
	maxSpans  = 200 // of a rule that are listed
)

// Try plays rules over the past, without telling anybody. A rule file with mistakes
// is refused with the first of them.
func (w *Watcher) Try(ctx context.Context, actor auth.Actor, content []byte, back time.Duration) ([]Trial, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	if back < tryStep || back > maxBack {
		return nil, fault.Field("hours", "A trial looks back on an hour at least, and on 14 days at most.")
	}
	rules, mistakes := alert.Parse("rules", content)
	switch {
	case len(mistakes) > 0:
		return nil, fault.Field("rules", mistakes[0].String())
	case len(rules) == 0:
		return nil, fault.Field("rules", "There is no rule in it. Write one in the form of Prometheus's rule files.")
	case len(rules) > maxTried:
		return nil, fault.Field("rules", fmt.Sprintf("A trial takes %d rules at most.", maxTried))
	}
	step := max(tryStep, (back/maxPoints).Truncate(time.Second)+time.Second)
	if back/tryStep <= maxPoints {
		step = tryStep
	}
	to := w.o.Now().Truncate(step)
	from := to.Add(-back)
	facts := w.o.Facts()
	var out []Trial
	for _, r := range rules {
		step := max(step, r.Every.Round(step))
		past, err := w.past(ctx, r, from, to, step)
		if err != nil {
			return nil, err
		}
		spans, err := alert.Replay(r, past, from, to, step)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "“"+r.Name+"” cannot be played: "+err.Error()+".")
		}
		t := Trial{Rule: r, Fired: len(spans), Spans: spans[:min(len(spans), maxSpans)]}
		for _, s := range t.Spans {
			if f, ok := facts[s.Labels["endpoint"]]; ok {
				s.Labels["name"], s.Labels["site"] = f.Name, f.Site
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func (w *Watcher) past(ctx context.Context, r *alert.Rule, from, to time.Time, step time.Duration) (alert.Past, error) {
	var p alert.Past
	q := r.Questions()
	for _, x := range []struct {
		expr string
		into *model.Matrix
	}{{q.Holds, &p.Holds}, {q.Data, &p.Data}, {q.Clear, &p.Clear}, {q.ClearData, &p.ClearData}} {
		if x.expr == "" {
			continue
		}
		var err error
		if *x.into, err = w.o.Engine.Matrix(ctx, x.expr, from, to, step); err != nil {
			return p, err
		}
	}
	return p, nil
}
