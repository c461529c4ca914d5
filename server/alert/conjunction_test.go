package alert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// TestParts: what a rule is asked of, and of what each part speaks.
func TestParts(t *testing.T) {
	for _, c := range []struct {
		expr string
		want []string
	}{
		{`x > 3`, []string{`x > 3 | newest x | alone x`}},
		{`x > 3 and y < 2 and z`, []string{`x > 3 | newest x | alone x`, `y < 2 | newest y | alone y`, `z | alone z`}},
		{`(x > 3 and (y < -2))`, []string{`x > 3 | newest x | alone x`, `(y < -2) | newest y | alone y`}},
		{`predict_linear(x[1h], 60) > 100 and x > 60`, []string{`predict_linear(x[1h], 60) > 100 | alone x`, `x > 60 | newest x | alone x`}},
		{`x > 1500 and x > 3 * x offset 1d`, []string{`x > 1500 | newest x | alone x`, `x > 3 * x offset 1d | alone x`}},
		{`avg by (site) (x) > 1 and sum by (site) (x) > 5`, []string{`avg by (site) (x) > 1`, `sum by (site) (x) > 5`}},
		{`x > 1 and on (endpoint) y > 2`, []string{`x > 1 and on (endpoint) y > 2`}},
		{`x > 1 and ignoring (site) y > 2`, []string{`x > 1 and ignoring (site) y > 2`}},
		{`x > 1 or y > 2 and z > 3`, []string{`x > 1 or y > 2 and z > 3 | alone x y z`}},
		{`x > 1 unless y > 2`, []string{`x > 1 unless y > 2 | alone x y`}},
		{`x > scalar(y)`, []string{`x > scalar(y)`}},
		{`absent_over_time(x[1h])`, []string{`absent_over_time(x[1h])`}},
		{`label_replace(x, "a", "b", "", "")`, []string{`label_replace(x, "a", "b", "", "")`}},
		{`{__name__=~"x|y"} > 3`, []string{`{__name__=~"x|y"} > 3`}},
		{`x{site="a"} > 3`, []string{`x{site="a"} > 3 | alone x`}},
	} {
		r, mistakes := one(c.expr, ``)
		if len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
		var got []string
		for _, p := range r.Parts() {
			s := p.Expr
			if p.Threshold != nil {
				s += " | newest " + p.Threshold.Series
			}
			if len(p.Series) > 0 {
				s += " | alone " + strings.Join(p.Series, " ")
			}
			got = append(got, s)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.expr, d)
		}
	}
}

// TestPartsSayTheSame: the engine says of the parts, joined, what it says of the whole;
// and of some endpoints alone what it says of these.
func TestPartsSayTheSame(t *testing.T) {
	var load strings.Builder
	load.WriteString("load 1m\n")
	for i := range 40 {
		for n, name := range []string{"x", "y", "z"} {
			if (i+n)%7 > 0 {
				fmt.Fprintf(&load, "  %s{endpoint=\"e%02d.\"} %d+%dx20\n", name, i, i*(n+1)*17%50, (i*7+n*3)%5)
			}
		}
	}
	series := promqltest.LoadedStorage(t, load.String())
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	ask := func(expr string) model.Vector {
		q, err := engine.NewInstantQuery(t.Context(), series, nil, expr, time.Unix(1200, 0))
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		defer q.Close()
		v, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		out := model.Vector{}
		for _, s := range v {
			m := model.Metric{}
			s.Metric.Range(func(l labels.Label) { m[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
			out = append(out, &model.Sample{Metric: m, Value: model.SampleValue(s.F)})
		}
		slices.SortFunc(out, func(a, b *model.Sample) int { return strings.Compare(a.Metric.String(), b.Metric.String()) })
		return out
	}
	few := []string{"e03.", "e08.", "e21.", "e30.", "e3"}
	for _, expr := range []string{
		`x > 20`, `x > 20 and y > 30`, `x > 20 and y > 30 and z < 60`, `rate(x[10m]) * 60 > 2 and x > 40`, `predict_linear(x[10m], 600) > 60 and y > 10`,
		`avg_over_time(x[5m]) > 20 and avg_over_time(x[5m]) > 1.02 * avg_over_time(x[5m] offset 2m)`, `x > 1000 and y > 30`, `x > 30 or y > 30 and z > 30`,
		`x > 30 unless z > 30`, `max_over_time((x > 3)[10m:1m]) * 2 > 60`, `sum by (endpoint) (x) > 30 and y > 20`,
	} {
		r, mistakes := one(expr, ``)
		if len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
		whole := ask(expr)
		var parts model.Vector
		for i, p := range r.Parts() {
			if v := ask(p.Expr); i == 0 {
				parts = v
			} else {
				parts = Join(parts, v)
			}
		}
		if d := cmp.Diff(whole, parts, equally); d != "" {
			t.Errorf("%s: %s", expr, d)
		}
		if len(r.Alone()) == 0 {
			continue
		}
		among, err := Among(expr, few)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(whole, func(s *model.Sample) bool { return !slices.Contains(few, string(s.Metric["endpoint"])) })
		if d := cmp.Diff(want, ask(among), equally); d != "" {
			t.Errorf("%s: %s", among, d)
		}
	}
}

// equally compares values, of which none or an empty list are the same.
var equally = cmp.Comparer(func(a, b model.Vector) bool {
	return slices.EqualFunc(a, b, func(a, b *model.Sample) bool { return a.Metric.Equal(b.Metric) && a.Value.Equal(b.Value) })
})
