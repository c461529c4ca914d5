package alert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Matchers choose alerts by their labels, as in Alertmanager: all of them have to fit,
// a label that is not there is empty, and a regular expression is for the whole value.
type Matchers struct{ list []*labels.Matcher }

const (
	maxMatchers    = 20
	maxMatcherText = 2000
)

// ParseMatchers reads matchers as PromQL writes them: {site="Berlin", alertname=~"Disk.*"}.
// The braces may be left out, and a name before them is that of the rule. At least one
// has to ask for something, so that not everything fits by mistake.
func ParseMatchers(text string) (Matchers, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxMatcherText {
		return Matchers{}, fmt.Errorf("a text of at most %d characters is read", maxMatcherText)
	}
	if !strings.HasSuffix(text, "}") && strings.ContainsAny(text, "=~") {
		text = "{" + text + "}"
	}
	list, err := parser.NewParser(parser.Options{}).ParseMetricSelector(text)
	if err != nil {
		var where parser.ParseErrors
		if errors.As(err, &where) && len(where) > 0 {
			return Matchers{}, where[0].Err
		}
		return Matchers{}, err
	}
	if len(list) > maxMatchers {
		return Matchers{}, fmt.Errorf("at most %d labels are matched at once", maxMatchers)
	}
	asks := false
	for i, m := range list {
		asks = asks || !m.Matches("")
		if m.Name == model.MetricNameLabel {
			if list[i], err = labels.NewMatcher(m.Type, NameLabel, m.Value); err != nil {
				return Matchers{}, err
			}
		}
	}
	if !asks {
		return Matchers{}, errors.New("at least one label has to be asked for that an alert must have, so that not everything fits")
	}
	return Matchers{list}, nil
}

// MatchExactly are the matchers that fit alerts with these labels.
func MatchExactly(of map[string]string) Matchers {
	var m Matchers
	for name, value := range of {
		m.list = append(m.list, labels.MustNewMatcher(labels.MatchEqual, name, value))
	}
	slices.SortFunc(m.list, func(a, b *labels.Matcher) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// Fit reports whether an alert is one of those that are chosen. No matchers choose
// nothing.
func (m Matchers) Fit(i *Instance) bool {
	for _, x := range m.list {
		if x.Name == GroupLabel && len(i.Groups) > 0 {
			if !inGroup(x, i.Groups) {
				return false
			}
			continue
		}
		if !x.Matches(i.Label(x.Name)) {
			return false
		}
	}
	return len(m.list) > 0
}

// inGroup reports whether a matcher fits a machine that is in groups: of those that are
// asked for it has to be in one, of those that are excluded in none.
func inGroup(x *labels.Matcher, groups []string) bool {
	if x.Type == labels.MatchNotEqual || x.Type == labels.MatchNotRegexp {
		return !slices.ContainsFunc(groups, func(g string) bool { return !x.Matches(g) })
	}
	return slices.ContainsFunc(groups, x.Matches)
}

// String writes the matchers so that ParseMatchers reads them.
func (m Matchers) String() string {
	parts := make([]string, len(m.list))
	for i, x := range m.list {
		parts[i] = x.String()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// MarshalText implements encoding.TextMarshaler.
func (m Matchers) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Matchers) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMatchers(string(text))
	return err
}
