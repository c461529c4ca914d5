package alert

import (
	"errors"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Renamed are the matchers once a group of endpoints has another name: where they ask for
// exactly its name, or exclude it, they have the other one. stays reports that a regular
// expression tells the two names apart: what somebody meant by it nobody knows.
func (m Matchers) Renamed(from, to string) (out Matchers, changed, stays bool, err error) {
	for _, x := range m.list {
		switch {
		case x.Name == GroupLabel && x.Value == from && (x.Type == labels.MatchEqual || x.Type == labels.MatchNotEqual):
			x, changed = labels.MustNewMatcher(x.Type, GroupLabel, to), true // none of these types can fail
		case x.Type == labels.MatchRegexp || x.Type == labels.MatchNotRegexp:
			stays = stays || tells(x, from, to)
		}
		out.list = append(out.list, x)
	}
	if !changed {
		return m, false, stays, nil
	}
	if _, err := ParseMatchers(out.String()); err != nil { // what cannot be read again would be lost with the next start
		return m, false, stays, errors.New("its conditions would be too long with this name")
	}
	return out, true, stays, nil
}

// RenamedText is Renamed of matchers that are kept as they were typed; empty ones choose all.
func RenamedText(text, from, to string) (out string, changed, stays bool, err error) {
	if text == "" {
		return text, false, false, nil
	}
	m, err := ParseMatchers(text)
	if err != nil {
		return text, false, false, nil //nolint:nilerr // it was checked when it was written: what is not understood any more names nothing
	}
	if m, changed, stays, err = m.Renamed(from, to); err != nil || !changed {
		return text, false, stays, err
	}
	return m.String(), true, stays, nil
}

// tells reports whether a matcher tells two names of groups apart.
func tells(x *labels.Matcher, from, to string) bool {
	return x.Name == GroupLabel && x.Matches(from) != x.Matches(to)
}

// Tells reports whether it makes a difference to the matchers which of two names a group has.
func (m Matchers) Tells(from, to string) bool {
	for _, x := range m.list {
		if tells(x, from, to) {
			return true
		}
	}
	return false
}

// Tells reports whether the rule asks for series of groups so that it makes a difference
// which of two names one has.
func (r *Rule) Tells(from, to string) bool {
	for _, text := range []string{r.Expr, r.Annotations[Clear]} {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
		if err != nil {
			continue // it is not there, or was checked when it was read
		}
		found := false
		parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
			if s, ok := n.(*parser.VectorSelector); ok {
				found = found || Matchers{s.LabelMatchers}.Tells(from, to)
			}
			return nil
		})
		if found {
			return true
		}
	}
	return false
}
