package alert

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// Severity is how urgent an alert is: the label “severity” of its rule.
type Severity string

// The severities, the most urgent first.
const (
	Critical Severity = "critical" // somebody gets up for it
	Warning  Severity = "warning"  // somebody looks at it today
	Info     Severity = "info"     // it stands on the wall and tells nobody
)

// Severities are all, the most urgent first.
func Severities() []Severity { return []Severity{Critical, Warning, Info} }

// Rank orders severities: 0 is the most urgent, what is not known comes last.
func (s Severity) Rank() int {
	if i := slices.Index(Severities(), s); i >= 0 {
		return i
	}
	return len(Severities())
}

// The annotations that mean something to Deskbell. Prometheus knows no others than
// its readers do, so that a rule file stays one of Prometheus.
const (
	Summary = "summary" // one sentence: what is wrong, and where
	Advice  = "advice"  // what to do
	Clear   = "clear"   // PromQL: the alert ends when this holds, instead of when expr does not
	Damping = "damping" // “off”: it is not damped when it flaps
)

// Rule is one alerting rule.
type Rule struct {
	Name        string // unique among all rules
	Group       string
	File        string // where it was read
	Line        int
	Expr        string
	Timing      Timing
	Every       time.Duration     // how often it is asked at most; 0: at each round
	Labels      map[string]string // templates; they stand on every alert
	Annotations map[string]string // templates

	ask   plan
	clear *plan
}

// Severity is that of the rule's alerts.
func (r *Rule) Severity() Severity { return Severity(r.Labels["severity"]) }

// Questions are the PromQL expressions that are asked for the rule: what holds, all
// series that can be judged, and what ends it. Empty ones are not asked.
type Questions struct{ Holds, Data, Clear, ClearData string }

// Questions returns what has to be asked.
func (r *Rule) Questions() Questions {
	q := Questions{Data: r.ask.data}
	if !r.ask.once {
		q.Holds = r.ask.expr
	}
	if r.clear != nil {
		q.ClearData = r.clear.data
		if !r.clear.once {
			q.Clear = r.clear.expr
		}
	}
	return q
}

// Alone lists the metrics of the rule's questions, where these say of each endpoint what
// follows from its own series; none where they do not.
func (r *Rule) Alone() []string {
	if len(r.ask.alone) == 0 || r.clear != nil && len(r.clear.alone) == 0 {
		return nil
	}
	if r.clear == nil {
		return r.ask.alone
	}
	return slices.Concat(r.ask.alone, r.clear.alone)
}

// Among returns the questions asked of some endpoints alone.
func (q Questions) Among(endpoints []string) (Questions, error) {
	for _, expr := range []*string{&q.Holds, &q.Data, &q.Clear, &q.ClearData} {
		if *expr == "" {
			continue
		}
		var err error
		if *expr, err = Among(*expr, endpoints); err != nil {
			return q, err
		}
	}
	return q, nil
}

// Answers are what the questions came to.
type Answers struct{ Holds, Data, Clear, ClearData model.Vector }

// Seen is what was observed of one set of labels.
type Seen struct {
	Labels model.Metric // without the metric's name
	Observation
}

// errTwice is told of a rule whose series differ in nothing but their metric.
var errTwice = errors.New("two of its series differ only in the name of their metric, so that their alerts could not be told apart")

// Read makes of answers what was observed of each set of labels, and takes their
// labels. Of a series that is in none of them Rest says what is observed.
func (r *Rule) Read(a Answers) (map[model.Fingerprint]Seen, error) {
	out := make(map[model.Fingerprint]Seen, len(a.Data)+len(a.Holds))
	err := r.ask.read(a.Holds, a.Data, func(f model.Fingerprint, l model.Metric, holds bool, v float64) {
		out[f] = Seen{Labels: l, Observation: Observation{Holds: reading(holds), Value: v}}
	})
	if err != nil || r.clear == nil {
		return out, err
	}
	ends := map[model.Fingerprint]Reading{}
	if err := r.clear.read(a.Clear, a.ClearData, func(f model.Fingerprint, _ model.Metric, holds bool, _ float64) { ends[f] = reading(holds) }); err != nil {
		return nil, err
	}
	rest := r.clear.rest()
	for f, s := range out {
		s.HasClear, s.Clear = true, rest
		if c, ok := ends[f]; ok {
			s.Clear = c
		}
		out[f] = s
	}
	return out, nil
}

// Rest is what is observed of a series that no answer has.
func (r *Rule) Rest() Observation {
	o := Observation{Holds: r.ask.rest()}
	if r.clear != nil {
		o.HasClear, o.Clear = true, r.clear.rest()
	}
	return o
}

func (p *plan) rest() Reading {
	if p.data == "" {
		return No
	}
	return Absent
}

// read tells each series that can be judged, those that hold last.
func (p *plan) read(holds, data model.Vector, tell func(f model.Fingerprint, l model.Metric, holds bool, v float64)) error {
	for i, list := range []model.Vector{data, holds} {
		seen := make(map[model.Fingerprint]struct{}, len(list))
		for _, s := range list {
			delete(s.Metric, model.MetricNameLabel) // it says nothing of an alert
			f, v := s.Metric.Fingerprint(), float64(s.Value)
			if _, twice := seen[f]; twice {
				return errTwice
			}
			seen[f] = struct{}{}
			tell(f, s.Metric, i == 1 || p.once && compare(p.op, v, p.limit), v)
		}
	}
	return nil
}

func reading(holds bool) Reading {
	if holds {
		return Yes
	}
	return No
}

// compile makes the rule's questions.
func (r *Rule) compile(p parser.Parser) error {
	var err error
	if r.ask, err = planOf(p, r.Expr); err != nil {
		return err
	}
	if c := strings.TrimSpace(r.Annotations[Clear]); c != "" {
		ends, err := planOf(p, c)
		if err != nil {
			return err
		}
		r.clear = &ends
	}
	return nil
}

// Same reports whether two rules are the same in all that a person has written.
func (r *Rule) Same(o *Rule) bool {
	return r.Name == o.Name && r.Expr == o.Expr && r.Timing == o.Timing && r.Every == o.Every && maps.Equal(r.Labels, o.Labels) && maps.Equal(r.Annotations, o.Annotations)
}

const (
	longest = 31 * 24 * time.Hour // the most that a rule may wait
	seldom  = 24 * time.Hour      // how often a rule is asked at least
)
