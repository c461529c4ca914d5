package metrics

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/kahansum"
)

// Rules that say how many machines of a site or of all are unwell take the newest values
// of a few series of every endpoint, compare them, join the sites, and count. The query
// engine makes labels and a series of each value for that, at every step: ten thousand
// endpoints and some dozen such rules were most of what the server threw away, and half
// of what the rules took. What is made of these parts alone is worked out here, over one
// slice of numbers by endpoint. It says what the engine would say, which a test holds;
// everything else is left to the engine.

// sums are the newest values of every endpoint, or what was made of them for each site.
type sums struct {
	each  []float64 // by the endpoint's number; NaN: there is none
	sited bool      // each has the label “site”

	by map[string]float64 // by site, in place of each; "" is of no site, or of all
}

// aheadAtMost is how far from now a moment may lie that newest values say something of.
const aheadAtMost = time.Minute

// plain answers a question about now that needs newest values alone. Of an endpoint whose
// clock is ahead its newest value counts, as in Newest. ok is false when the engine has to
// be asked.
func (e *Engine) plain(expr string, at time.Time) (answer model.Vector, ok bool) {
	n := e.store.newest
	if e.store.queue != nil || at.Sub(e.store.options.Now()).Abs() > aheadAtMost {
		return nil, false
	}
	x, err := e.parser.ParseExpr(expr)
	if err != nil {
		return nil, false
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	from := at.Add(-lookback).UnixMilli()
	if n.since == 0 || from < n.since {
		return nil, false // it does not know of everything yet
	}
	p := plainly{engine: e, from: from, to: at.Add(lookback).UnixMilli()}
	out, ok := p.of(x)
	if !ok || out.by == nil {
		return nil, false
	}
	answer = make(model.Vector, 0, len(out.by))
	for site, v := range out.by {
		m := model.Metric{}
		if site != "" {
			m["site"] = model.LabelValue(site)
		}
		answer = append(answer, &model.Sample{Metric: m, Value: model.SampleValue(v), Timestamp: model.TimeFromUnixNano(at.UnixNano())})
	}
	return answer, true
}

// plainly works an expression out. The caller holds newest's lock.
type plainly struct {
	engine   *Engine
	from, to int64  // what is older, or later, is none
	known    *sited // nil: nobody has asked for the sites yet
}

// sites are the same for all of the expression.
func (p *plainly) sites() *sited {
	if p.known == nil {
		p.known = p.engine.sites()
	}
	return p.known
}

func (p *plainly) of(x parser.Expr) (sums, bool) {
	switch x := x.(type) {
	case *parser.ParenExpr:
		return p.of(x.Expr)
	case *parser.VectorSelector:
		return p.newest(x)
	case *parser.AggregateExpr:
		return p.aggregate(x)
	case *parser.BinaryExpr:
		if x.Op.IsComparisonOperator() {
			return p.compare(x)
		}
		if x.Op == parser.MUL {
			return p.join(x)
		}
		if x.Op == parser.LAND || x.Op == parser.LUNLESS {
			return p.choose(x)
		}
	}
	return sums{}, false
}

// newest are those of one series of every endpoint.
func (p *plainly) newest(x *parser.VectorSelector) (out sums, ok bool) {
	n := p.engine.store.newest
	column, ok := n.column[plainName(x)]
	if !ok {
		return out, false
	}
	out.each = make([]float64, len(n.rows))
	for i, row := range n.rows {
		if v := &row[column]; v.at > p.from && v.at <= p.to {
			out.each[i] = v.v
		} else {
			out.each[i] = math.NaN()
		}
	}
	return out, true
}

// plainName is the metric that a selector asks for, of all series and now; empty when it
// asks for anything else.
func plainName(x *parser.VectorSelector) string {
	if x.OriginalOffset != 0 || x.OriginalOffsetExpr != nil || x.Timestamp != nil || x.StartOrEnd != 0 || x.Anchored || x.Smoothed {
		return ""
	}
	return one(x.LabelMatchers)
}

// compare compares with a number.
func (p *plainly) compare(x *parser.BinaryExpr) (out sums, ok bool) {
	limit, ok := x.RHS.(*parser.NumberLiteral)
	if !ok {
		return out, false
	}
	if out, ok = p.of(x.LHS); !ok {
		return out, false
	}
	for i, v := range out.each {
		out.each[i] = compared(x, v, limit.Val)
	}
	for site, v := range out.by {
		if v = compared(x, v, limit.Val); math.IsNaN(v) {
			delete(out.by, site)
		} else {
			out.by[site] = v
		}
	}
	return out, true
}

// compared is what a comparison makes of one value; NaN is none.
func compared(x *parser.BinaryExpr, v, limit float64) float64 {
	var holds bool
	switch x.Op {
	case parser.EQLC:
		holds = v == limit
	case parser.NEQ:
		holds = v != limit
	case parser.GTR:
		holds = v > limit
	case parser.LSS:
		holds = v < limit
	case parser.GTE:
		holds = v >= limit
	case parser.LTE:
		holds = v <= limit
	}
	switch {
	case math.IsNaN(v) || !x.ReturnBool && !holds:
		return math.NaN()
	case !x.ReturnBool:
		return v
	case holds:
		return 1
	}
	return 0
}

// choose is “and” and “unless”, by the endpoint or of what was made for each site.
func (p *plainly) choose(x *parser.BinaryExpr) (out sums, ok bool) {
	m := x.VectorMatching
	byAll := m == nil || !m.On && len(m.MatchingLabels) == 0
	byEndpoint := m != nil && m.On && len(m.MatchingLabels) == 1 && m.MatchingLabels[0] == "endpoint"
	if out, ok = p.of(x.LHS); !ok {
		return out, false
	}
	other, ok := p.of(x.RHS)
	if !ok || (out.by == nil) != (other.by == nil) {
		return out, false
	}
	if out.by != nil {
		if !byAll {
			return out, false
		}
		for site := range out.by {
			if _, there := other.by[site]; there != (x.Op == parser.LAND) {
				delete(out.by, site)
			}
		}
		return out, true
	}
	if !byEndpoint && (!byAll || out.sited != other.sited) {
		return out, false
	}
	for i, v := range other.each {
		if !math.IsNaN(v) != (x.Op == parser.LAND) {
			out.each[i] = math.NaN()
		}
	}
	return out, true
}

// join gives each endpoint its site, by “* on (endpoint) group_left (site)” of InfoSeries,
// which is 1.
func (p *plainly) join(x *parser.BinaryExpr) (out sums, ok bool) {
	m := x.VectorMatching
	info, ok := x.RHS.(*parser.VectorSelector)
	if !ok || plainName(info) != InfoSeries || m == nil || m.Card != parser.CardManyToOne || m.FillValues != (parser.VectorMatchFillValues{}) ||
		!m.On || !slices.Equal(m.MatchingLabels, []string{"endpoint"}) || !slices.Equal(m.Include, []string{"site"}) {
		return out, false
	}
	if out, ok = p.of(x.LHS); !ok || out.by != nil || out.sited {
		return out, false
	}
	for i, s := range p.sites().site {
		if s < 0 {
			out.each[i] = math.NaN() // nobody knows of it
		}
	}
	out.sited = true
	return out, true
}

// aggregate makes one value of those of each site, or of all.
func (p *plainly) aggregate(x *parser.AggregateExpr) (out sums, ok bool) {
	in, ok := p.of(x.Expr)
	bySite := slices.Equal(x.Grouping, []string{"site"})
	if !ok || in.by != nil || x.Without || !bySite && len(x.Grouping) > 0 {
		return out, false
	}
	whole, ok := aggregation(x)
	if !ok {
		return out, false
	}
	names := []string{""}
	var site []int32
	if bySite && in.sited {
		site, names = p.sites().site, p.sites().names
	}
	groups := make([][]float64, len(names))
	for i, v := range in.each {
		if math.IsNaN(v) {
			continue
		}
		g := int32(0)
		if site != nil {
			g = site[i]
		}
		groups[g] = append(groups[g], v)
	}
	out.by = map[string]float64{}
	for g, values := range groups {
		if len(values) > 0 {
			out.by[names[g]] = whole(values)
		}
	}
	return out, true
}

// aggregation is how one value is made of some.
func aggregation(x *parser.AggregateExpr) (f func([]float64) float64, ok bool) {
	switch x.Op {
	case parser.SUM:
		return func(v []float64) float64 { s, rest := sum(v); return s + rest }, true
	case parser.AVG:
		return func(v []float64) float64 {
			s, rest := sum(v)
			return s/float64(len(v)) + rest/float64(len(v))
		}, true
	case parser.COUNT:
		return func(v []float64) float64 { return float64(len(v)) }, true
	case parser.MIN:
		return slices.Min[[]float64], true
	case parser.MAX:
		return slices.Max[[]float64], true
	case parser.QUANTILE:
		q, ok := x.Param.(*parser.NumberLiteral)
		if !ok || !(q.Val >= 0 && q.Val <= 1) {
			return nil, false
		}
		return func(v []float64) float64 { return quantile(q.Val, v) }, true
	}
	return nil, false
}

// sum is added up as the engine does it.
func sum(values []float64) (s, rest float64) {
	for _, v := range values {
		s, rest = kahansum.Inc(v, s, rest)
	}
	return s, rest
}

// quantile is PromQL's: between two values that which lies between them.
func quantile(q float64, values []float64) float64 {
	slices.Sort(values)
	rank := q * float64(len(values)-1)
	low := int(rank)
	high, part := min(low+1, len(values)-1), rank-float64(low)
	return values[low]*(1-part) + values[high]*part
}
