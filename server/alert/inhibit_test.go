package alert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func inhibitions(t *testing.T, text string) []Inhibition {
	t.Helper()
	list, mistakes := ParseInhibitions("inhibit.yaml", []byte(text))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return list
}

const severe = `inhibit_rules:
- source_matchers: [severity = critical]
  target_matchers: ['severity=~"warning|info"']
  equal: [endpoint, mount]
`

// TestInhibitor: what fires holds what has the same labels, says so, and goes on to
// hold it until it was looked at again; what is unknown goes on as it was.
func TestInhibitor(t *testing.T) {
	disk := instance("severity", "critical")
	disk.ID, disk.Rule, disk.Summary = "DiskFull.1", "DiskFull", "A disk of LT-1 is 97 % full."
	target := instance()
	target.Alert.ActiveAt = noon.Add(-time.Hour)
	ended := func(ago time.Duration) func(*Instance) {
		return func(s *Instance) { s.Alert = Alert{State: Resolved, ResolvedAt: noon.Add(-ago)} }
	}
	for name, c := range map[string]struct {
		source, target func(*Instance)
		why            string
	}{
		"it fires":                {nil, nil, "Held back as long as this fires: A disk of LT-1 is 97 % full (“DiskFull”)."},
		"it is unknown":           {func(s *Instance) { s.Alert.State, s.Alert.Was = Unknown, Firing }, nil, "Held back as long"},
		"it was pending":          {func(s *Instance) { s.Alert.State, s.Alert.Was = Unknown, Pending }, nil, ""},
		"it is pending":           {func(s *Instance) { s.Alert.State = Pending }, nil, ""},
		"of another endpoint":     {func(s *Instance) { s.Labels["endpoint"] = "b" }, nil, ""},
		"missing equals empty":    {func(s *Instance) { s.Labels["mount"] = "" }, nil, "Held back as long"},
		"missing is not another":  {func(s *Instance) { s.Labels["mount"] = "/" }, nil, ""},
		"it is over a moment ago": {ended(Recheck - time.Second), nil, "Held back by what is over now: A disk of LT-1 is 97 % full (“DiskFull”). It is looked at again before it counts."},
		"it is over":              {ended(Recheck), nil, ""},
		"asked seldom":            {ended(Recheck + time.Minute), func(i *Instance) { i.Every = 5 * time.Minute }, "Held back by what is over"},
		"began after its end":     {ended(time.Second), func(i *Instance) { i.Alert.ActiveAt = noon }, ""},
		"as urgent":               {nil, func(i *Instance) { i.Labels["severity"] = "critical" }, ""},
	} {
		s, i := disk, target
		s.Labels, i.Labels = map[string]string{"severity": "critical", "endpoint": "a"}, map[string]string{"severity": "warning", "endpoint": "a"}
		if c.source != nil {
			c.source(&s)
		}
		if c.target != nil {
			c.target(&i)
		}
		got := NewInhibitor(inhibitions(t, severe), slices.Values([]Instance{i, s}), noon).Held(i)
		if c.why == "" && len(got) > 0 || c.why != "" && (len(got) != 1 || got[0].Kind != ForInhibition || got[0].By != s.ID || !strings.HasPrefix(got[0].Why, c.why)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestWhatHoldsEachOther: two that would hold each other are both told.
func TestWhatHoldsEachOther(t *testing.T) {
	list := inhibitions(t, `inhibit_rules:
- {source_matchers: [alertname=A], target_matchers: [alertname=B]}
- {source_matchers: [alertname=B], target_matchers: [alertname=A]}
- {source_matchers: [alertname=A], target_matchers: [alertname=C]}
`)
	var all []Instance
	for _, rule := range []string{"A", "B", "C"} {
		all = append(all, Instance{ID: rule, Rule: rule, Alert: Alert{State: Firing}})
	}
	x := NewInhibitor(list, slices.Values(all), noon)
	if a, b, c := x.Held(all[0]), x.Held(all[1]), x.Held(all[2]); len(a)+len(b) > 0 || len(c) != 1 || c[0].By != "A" {
		t.Errorf("%v, %v, %v", a, b, c)
	}
}

// TestInhibitedAsInAlertmanager: over any alerts that fire, exactly those are held that
// the documentation of Alertmanager says; but for two that hold each other.
func TestInhibitedAsInAlertmanager(t *testing.T) {
	sides := rapid.SampledFrom([]string{`severity="critical"`, `severity=~"critical|warning"`, `site="Berlin",severity!=""`, `team="a"`})
	label := rapid.SampledFrom([]string{"site", "endpoint", "team"})
	rapid.Check(t, func(r *rapid.T) {
		list := inhibitions(t, fmt.Sprintf("inhibit_rules:\n- source_matchers: ['%s']\n  target_matchers: ['%s']\n  equal: [%s]\n", sides.Draw(r, "source"), sides.Draw(r, "target"), strings.Join(rapid.SliceOfNDistinct(label, 0, 2, rapid.ID).Draw(r, "equal"), ", ")))
		in := list[0]
		var all []Instance
		for n := range rapid.IntRange(1, 8).Draw(r, "alerts") {
			i := Instance{ID: fmt.Sprint(n), Rule: "R", Labels: map[string]string{}, Alert: Alert{State: rapid.SampledFrom([]State{Firing, Firing, Pending}).Draw(r, "state")}}
			i.Labels["severity"] = rapid.SampledFrom([]string{"critical", "warning", "info"}).Draw(r, "severity")
			for _, l := range []string{"site", "endpoint", "team"} {
				if v := rapid.SampledFrom([]string{"", "Berlin", "a"}).Draw(r, l); v != "" {
					i.Labels[l] = v
				}
			}
			all = append(all, i)
		}
		x := NewInhibitor(list, slices.Values(all), noon)
		for _, i := range all {
			both := in.Source.Fit(&i) && in.Target.Fit(&i)
			want := in.Target.Fit(&i) && slices.ContainsFunc(all, func(s Instance) bool {
				same := !slices.ContainsFunc(in.Equal, func(l string) bool { return s.Labels[l] != i.Labels[l] })
				return s.ID != i.ID && s.Alert.State == Firing && in.Source.Fit(&s) && same && (!both || !in.Target.Fit(&s))
			})
			if held := len(x.Held(i)) > 0; held != want {
				r.Fatalf("%+v is held: %v, by %s of %s", i, held, in.Target, in.Source)
			}
		}
	})
}

// TestInhibitionMistakes: each names its line and column, and says what to do.
func TestInhibitionMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"inhibit_rules:\n- source_matchers: ['severity=\"critical']\n":                      "line 2, column 31: This cannot be read as what a label has to be",
		"inhibit_rules:\n- source_matchers:\n  - severity==critical\n":                      "line 3, column 14: This cannot be read",
		"inhibit_rules:\n- source_match: {severity: critical}\n":                            "line 2, column 3: “source_match” is no field of an inhibition.",
		"inhibit_rules:\n- target_matchers: [a=b]\n":                                        "line 2, column 3: It does not say which alerts hold others back.",
		"inhibit_rules:\n- source_matchers: [a=b]\n":                                        "line 2, column 3: It does not say which alerts are held back.",
		"inhibit_rules:\n- source_matchers: ['a!=\"b\"']\n  target_matchers: [a=b]\n":       "line 2, column 20: These conditions cannot be taken: at least one label",
		"inhibit_rules:\n- {source_matchers: [a=b], target_matchers: [a=b], equal: site}\n": "line 2, column 59: It is a list of texts",
		"inhibit_rules:\n- {source_matchers: [a=b], target_matchers: [a=b], equal: ['']}\n": "line 2, column 60: “” is no name of a label.",
		"inhibit_rules: 3\n":                "line 1, column 16: It is a list of inhibitions",
		"- a\n":                             "line 1, column 1: Here fields are expected",
		"groups: []\n":                      "line 1, column 1: “groups” is no field of a file of inhibitions.",
		"inhibit_rules:\n- a: [b\n  c: d\n": "line 1",
		"inhibit_rules:\n- {name: a, source_matchers: [a=b], target_matchers: [a=c]}\n- {name: a, source_matchers: [a=b], target_matchers: [a=c]}\n": "line 3, rule “a”: There are two inhibitions of this name.",
	} {
		list, mistakes := ParseInhibitions("f.yaml", []byte(text))
		if len(list) > 0 || len(mistakes) == 0 || !strings.HasPrefix(mistakes[0].String(), "f.yaml, "+want) {
			t.Errorf("%q: %v", text, mistakes)
		}
	}
	for _, text := range []string{"", "# nothing\n", "inhibit_rules: []\n"} {
		if list, mistakes := ParseInhibitions("f.yaml", []byte(text)); len(list)+len(mistakes) > 0 {
			t.Errorf("%q: %v, %v", text, list, mistakes)
		}
	}
}
