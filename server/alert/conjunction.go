package alert

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Most conditions hold nowhere most of the time, and those that are dear to ask (“full
// in four days, and already three quarters full”) have a part that is cheap. So what
// has several parts is asked part by part: where one holds nowhere the others are not
// asked, and where one is known to hold at a few endpoints the others are asked of these.

// Part is one of the conditions that a rule joins by “and”. Its labels have to be the
// same as those of the others; “and on (…)” is no joint between parts.
type Part struct {
	Expr      string
	Threshold *Threshold // not nil: it compares newest values with a number
	Series    []string   // not empty: it says of each endpoint what follows from these series of that endpoint alone
}

// Parts are the rule's conditions, in their order; one, if there is no “and”.
func (r *Rule) Parts() []Part { return r.ask.parts }

// Join is what holds of two parts: of the first what the second has too.
func Join(a, b model.Vector) model.Vector {
	in := make(map[model.Fingerprint]struct{}, len(b))
	for _, s := range b {
		in[nameless(s.Metric)] = struct{}{}
	}
	return slices.DeleteFunc(a, func(s *model.Sample) bool {
		_, ok := in[nameless(s.Metric)]
		return !ok
	})
}

func nameless(m model.Metric) model.Fingerprint {
	if _, named := m[model.MetricNameLabel]; named {
		m = m.Clone()
		delete(m, model.MetricNameLabel)
	}
	return m.Fingerprint()
}

// Among is an expression asked of some endpoints alone. It has to be one that says of
// each endpoint what follows from that endpoint's series.
func Among(expr string, endpoints []string) (string, error) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return "", err
	}
	names := make([]string, len(endpoints))
	for i, name := range endpoints {
		names[i] = regexp.QuoteMeta(name)
	}
	these, err := labels.NewMatcher(labels.MatchRegexp, "endpoint", strings.Join(names, "|"))
	if err != nil {
		return "", err
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			s.LabelMatchers = append(s.LabelMatchers, these)
		}
		return nil
	})
	return e.String(), nil
}

// partsOf takes an expression apart at its outermost “and”s.
func partsOf(e parser.Expr) []Part {
	if b, ok := bare(e).(*parser.BinaryExpr); ok && b.Op == parser.LAND && byAllLabels(b.VectorMatching) {
		return append(partsOf(b.LHS), partsOf(b.RHS)...)
	}
	p := Part{Expr: e.String(), Series: seriesOf(e)}
	if b, limit, ok := comparison(e); ok && newestOf(b.LHS) != "" {
		p.Threshold = &Threshold{Series: newestOf(b.LHS), op: b.Op, limit: limit}
	}
	return []Part{p}
}

// byAllLabels reports whether two vectors are matched by all of their labels.
func byAllLabels(m *parser.VectorMatching) bool {
	return m == nil || !m.On && len(m.MatchingLabels) == 0
}

// seriesOf lists the metrics of an expression that works on each set of labels by
// itself; none of one that does not, or whose metrics are not named.
func seriesOf(e parser.Expr) []string {
	var out []string
	alone := true
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			if n.Name == "" {
				alone = false
			}
			out = append(out, n.Name)
		case *parser.BinaryExpr:
			alone = alone && byAllLabels(n.VectorMatching)
		case *parser.Call:
			alone = alone && (strings.HasSuffix(n.Func.Name, "_over_time") && n.Func.Name != "absent_over_time" || slices.Contains(ofOneSeries, n.Func.Name))
		case *parser.AggregateExpr:
			alone = false
		}
		return nil
	})
	if !alone {
		return nil
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ofOneSeries are PromQL's functions that make one series of one.
var ofOneSeries = []string{
	"abs", "ceil", "changes", "clamp", "clamp_max", "clamp_min", "delta", "deriv", "exp", "floor", "idelta", "increase", "irate", "ln", "log10", "log2",
	"predict_linear", "rate", "resets", "round", "sgn", "sqrt", "timestamp",
}
