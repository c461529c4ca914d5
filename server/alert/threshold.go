package alert

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Threshold is a condition that compares the newest value of each series of one
// metric with a number. It can be judged for one series alone, as soon as a value of
// it arrives.
type Threshold struct {
	Series string // the metric's name
	op     parser.ItemType
	limit  float64
}

// Holds reports what the condition says of a value.
func (t *Threshold) Holds(v float64) bool { return compare(t.op, v, t.limit) }

// Thresholds returns the rule's condition and the one for its end, where there is one.
// ok is false when either is anything else than a threshold.
func (r *Rule) Thresholds() (holds Threshold, clear *Threshold, ok bool) {
	if r.ask.series == "" || r.clear != nil && r.clear.series == "" {
		return Threshold{}, nil, false
	}
	holds = r.ask.threshold()
	if r.clear != nil {
		c := r.clear.threshold()
		clear = &c
	}
	return holds, clear, true
}

func (p *plan) threshold() Threshold { return Threshold{Series: p.series, op: p.op, limit: p.limit} }

// newestOf is the metric whose newest values an expression is, of all series and now;
// empty when it is not that.
func newestOf(e parser.Expr) string {
	s, ok := bare(e).(*parser.VectorSelector)
	if !ok || s.OriginalOffset != 0 || s.OriginalOffsetExpr != nil || s.Timestamp != nil || s.StartOrEnd != 0 || s.Anchored || s.Smoothed || len(s.LabelMatchers) != 1 {
		return ""
	}
	if m := s.LabelMatchers[0]; m.Type == labels.MatchEqual && m.Name == model.MetricNameLabel {
		return m.Value
	}
	return ""
}
