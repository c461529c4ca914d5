package alert

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// Past are the answers to a rule's questions over a stretch of time.
type Past struct{ Holds, Data, Clear, ClearData model.Matrix }

// Span is one time that a rule would have fired.
type Span struct {
	Labels map[string]string
	From   time.Time
	To     time.Time // zero: it fires still
	Value  float64   // when it began
}

// Replay plays a rule over the past, from one moment to another in steps, and returns
// each time that it would have fired, the newest first.
func Replay(r *Rule, p Past, from, to time.Time, step time.Duration) ([]Span, error) {
	type played struct {
		labels map[string]string
		alert  Alert
		open   int // of spans; -1: none
	}
	all := map[model.Fingerprint]*played{}
	var out []Span
	cursors := [4]cursor{{matrix: p.Holds}, {matrix: p.Data}, {matrix: p.Clear}, {matrix: p.ClearData}}
	rest := r.Rest()
	for at := from; !at.After(to); at = at.Add(step) {
		t := model.TimeFromUnixNano(at.UnixNano())
		seen, err := r.Read(Answers{Holds: cursors[0].at(t), Data: cursors[1].at(t), Clear: cursors[2].at(t), ClearData: cursors[3].at(t)})
		if err != nil {
			return nil, err
		}
		for f, s := range seen {
			if all[f] == nil && s.Holds == Yes {
				x := &played{labels: map[string]string{}, open: -1}
				for k, v := range s.Labels {
					x.labels[string(k)] = string(v)
				}
				all[f] = x
			}
		}
		for f, x := range all {
			s, ok := seen[f]
			if !ok {
				s.Observation = rest
			}
			x.alert = Step(x.alert, s.Observation, r.Timing, at)
			switch {
			case x.alert.State == Firing && x.open < 0:
				x.open = len(out)
				out = append(out, Span{Labels: x.labels, From: at, Value: x.alert.Value})
			case x.alert.State == Resolved && x.open >= 0:
				out[x.open].To = at
				x.open = -1
			}
		}
	}
	slices.SortFunc(out, func(a, b Span) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Labels["endpoint"], b.Labels["endpoint"]), cmp.Compare(a.Labels["site"], b.Labels["site"]))
	})
	return out, nil
}

// cursor reads a matrix moment by moment.
type cursor struct {
	matrix model.Matrix
	next   []int
}

// at returns what the series say at exactly t, which never goes back.
func (c *cursor) at(t model.Time) model.Vector {
	if c.next == nil {
		c.next = make([]int, len(c.matrix))
	}
	var out model.Vector
	for i, s := range c.matrix {
		for c.next[i] < len(s.Values) && s.Values[c.next[i]].Timestamp < t {
			c.next[i]++
		}
		if c.next[i] < len(s.Values) && s.Values[c.next[i]].Timestamp == t {
			out = append(out, &model.Sample{Metric: s.Metric, Value: s.Values[c.next[i]].Value, Timestamp: t})
		}
	}
	return out
}
