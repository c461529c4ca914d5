package alert

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// TestPlan: what is asked to know of which series something could be said.
func TestPlan(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	for _, c := range []struct{ expr, data string }{
		{`x > 90`, `x once`},
		{`(avg_over_time(x[5m])) >= -3`, `(avg_over_time(x[5m])) once`},
		{`90 < x`, `90 < bool x`},
		{`x > y`, `x > bool y`},
		{`x > on (endpoint) y`, `x > bool on (endpoint) y`},
		{`x > 90 and y < 3`, `x > bool 90 and y < bool 3`},
		{`x > 90 unless y`, `(x > bool 90)`},
		{`x > 90 or y > 3`, `x > bool 90 or y > bool 3`},
		{`count by (site) (x > 90) > 3`, `count by (site) (x > bool 90) > bool 3`},
		{`topk(3, x) > 5`, `x > bool 5`},
		{`max_over_time((x > 3)[10m:1m]) * 2 > 1`, `max_over_time((x > bool 3)[10m:1m]) * 2 > bool 1`},
		{`absent(x)`, ``},
		{`x > bool 3`, ``},
		{`x`, ``},
	} {
		got, err := planOf(p, c.expr)
		if err != nil {
			t.Fatal(err)
		}
		data := got.data
		if got.once {
			data += " once"
		}
		if data != c.data {
			t.Errorf("%s asks for %q, want %q", c.expr, data, c.data)
		}
	}
}

// TestWhatCanBeJudged asks the real engine: whatever holds is among what can be
// judged, under the same labels, and a series without data is in neither.
func TestWhatCanBeJudged(t *testing.T) {
	series := promqltest.LoadedStorage(t, `
		load 1m
			x{endpoint="hot", site="a"}   95x10
			x{endpoint="cold", site="a"}  10x10
			x{endpoint="gone", site="b"}  95x1 stale
			y{endpoint="hot", site="a"}   1x10
			y{endpoint="cold", site="a"}  5x10
			y{endpoint="gone", site="b"}  1x1 stale
	`)
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	at := time.Unix(600, 0)
	ask := func(expr string) model.Vector {
		if expr == "" {
			return nil
		}
		q, err := engine.NewInstantQuery(t.Context(), series, nil, expr, at)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		defer q.Close()
		v, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		var out model.Vector
		for _, s := range v {
			m := model.Metric{}
			s.Metric.Range(func(l labels.Label) { m[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
			out = append(out, &model.Sample{Metric: m, Value: model.SampleValue(s.F)})
		}
		return out
	}
	for _, c := range []struct{ expr, clear, want string }{
		{`x > 90`, ``, `cold no, hot yes 95`},
		{`x > 90`, `x < 5`, `cold no (no), hot yes 95 (no)`},
		{`x < 20`, `x > 90`, `cold yes 10 (no), hot no (yes)`},
		{`x > 90`, `z > 3`, `cold no (absent), hot yes 95 (absent)`},
		{`x > y`, ``, `cold yes 10, hot yes 95`},
		{`x < y`, ``, `cold no, hot no`},
		{`x > 90 and y < 3`, ``, `cold no, hot yes 95`},
		{`x > 90 and on (endpoint) y > 3`, ``, `cold no, hot no`},
		{`x > 5 unless y > 3`, ``, `cold no, hot yes 95`},
		{`count by (site) (x > 90) > 1`, ``, `a no`},
		{`count by (site) (x > 5) > 1`, ``, `a yes 2`},
		{`topk(1, x) > 1`, ``, `cold no, hot yes 95`},
		{`sum(x > 1000) > 1`, ``, ` no`},
	} {
		r, mistakes := one(c.expr, c.clear)
		if len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
		q := r.Questions()
		seen, err := r.Read(Answers{Holds: ask(q.Holds), Data: ask(q.Data), Clear: ask(q.Clear), ClearData: ask(q.ClearData)})
		if err != nil {
			t.Fatalf("%s: %v", c.expr, err)
		}
		var got []string
		for s := range maps.Values(seen) {
			text := string(s.Labels["endpoint"] + s.Labels[""])
			if text == "" {
				text = string(s.Labels["site"])
			}
			text += " " + map[Reading]string{Yes: "yes", No: "no", Absent: "absent"}[s.Holds]
			if s.Holds == Yes {
				text += " " + model.SampleValue(s.Value).String()
			}
			if s.HasClear {
				text += " (" + map[Reading]string{Yes: "yes", No: "no", Absent: "absent"}[s.Clear] + ")"
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", c.expr, strings.Join(got, ", "), c.want)
		}
		if r.Rest().Holds != Absent {
			t.Errorf("%s: what is not seen is not absent", c.expr)
		}
	}
	r, _ := one(`{__name__=~"x|y"} > 3`, ``)
	if _, err := r.Read(Answers{Data: ask(r.Questions().Data)}); err == nil {
		t.Error("two series that differ in nothing but their metric were told apart")
	}
	if r, _ := one(`absent(x)`, ``); r.Rest().Holds != No {
		t.Error("that nothing is absent is not known")
	}
}

// one makes a rule.
func one(expr, clear string) (*Rule, []Mistake) {
	text := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: '" + expr + "'\n    labels: {severity: warning}\n    annotations: {summary: It is so.}\n"
	if clear != "" {
		text = strings.Replace(text, "It is so.", "It is so., clear: '"+clear+"'", 1)
	}
	list, mistakes := Parse("r.yaml", []byte(text))
	if len(list) != 1 {
		return nil, mistakes
	}
	return list[0], mistakes
}
