package triage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/triage"
)

var jam = triage.Facts{
	Title: "Drucker im 2. OG druckt leere Seiten", Body: "Seit heute morgen.", Kind: "incident", State: "new", Site: "Berlin", Endpoint: "PC-17",
	OS: "windows", Requester: "Maria", VIP: true, Findings: []string{"disk.full", "dns.down"}, Severity: "critical", Tags: []string{"floor-2"},
	Fields: map[string]string{"room": "2.14"}, Priority: 4, Hour: 9, Weekday: 1,
}

func live(id, name, when string, then triage.Effects, on ...triage.On) triage.Named {
	if len(on) == 0 {
		on = []triage.On{triage.Opened, triage.Updated}
	}
	r := triage.Rule{When: when, Then: then, On: on, Live: true}
	r.Tried = r.Fingerprint()
	return triage.Named{ID: id, Name: name, Order: int(id[0]), Rule: r}
}

// TestCategoryTree wants a condition to find what is filed below a category, and what a
// rule has just filed there.
func TestCategoryTree(t *testing.T) {
	above := map[string][]string{"hardware": {"hardware"}, "printer": {"printer", "hardware"}, "tray": {"tray", "printer", "hardware"}, "software": {"software"}}
	c, err := triage.Compile(`"hardware" in categories`)
	if err != nil {
		t.Fatal(err)
	}
	for category, want := range map[string]bool{"hardware": true, "printer": true, "tray": true, "software": false, "": false} {
		got, err := c.Fits(t.Context(), &triage.Facts{Category: category, Above: func(id string) []string { return above[id] }})
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", category, got, err)
		}
	}
	f := jam
	f.Above = func(id string) []string { return above[id] }
	out := run(t, f, triage.Opened,
		live("1", "Printers", `title.contains("Drucker")`, triage.Effects{Category: "tray"}),
		live("2", "Hardware", `"hardware" in categories`, triage.Effects{Team: "field"}))
	if len(out.Steps) != 2 || out.Steps[1].Do.Team != "field" {
		t.Errorf("a rule for hardware after one that files below it: %+v", out)
	}
}

func TestConditions(t *testing.T) {
	for when, want := range map[string]string{
		`text.contains("drucker") && site == "Berlin"`:          "yes",
		`"disk.full" in findings && requester.vip`:              "yes",
		`findings.exists(f, f.startsWith("dns."))`:              "yes",
		`title.matches("(?i)DRUCKER.*leer")`:                    "yes",
		`fields["room"] == "2.14" && hour < 12 && weekday == 1`: "yes",
		`kind == "request" || priority == 1 || "vip" in tags`:   "no",
		`message != "" && reopened > 0 && assigned && major`:    "no",
		`true`:                    "yes",
		`findings[7] == "x"`:      "cannot be answered",
		`fields["floor"] == "2"`:  "cannot be answered",
		`1 / (priority - 4) == 1`: "cannot be answered",
		`titel == "x"`:            "undeclared reference to 'titel'",
		`title == 3`:              "no matching overload",
		`title`:                   "yes or no",
		``:                        "no condition",
		`title.contains(`:         "line 1, column",
		`title.matches("(")`:      "not understood",
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200):         "not understood",
		`title == "` + strings.Repeat("x", triage.MaxCondition) + `"`:        "longer than 4000",
		`[1,2,3].map(x, x).size() == 3`:                                      "undeclared reference to 'map'",
		strings.Repeat("true && ", 400) + "true":                             "yes",
		`text.matches("^(([a-z])+.)+[A-Z]([a-z])+$")`:                        "no",
		`requester.name == "Maria" && endpoint == "PC-17" && os=="windows"`:  "yes",
		`severity == "critical" && state == "new" && team == "" && body!=""`: "yes",
	} {
		c, err := triage.Compile(when)
		var got string
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%.60s: not fault.Invalid: %v", when, err)
			}
			got = err.Error()
		} else if yes, err := c.Fits(t.Context(), &jam); err != nil {
			got = err.Error()
		} else {
			got = map[bool]string{true: "yes", false: "no"}[yes]
		}
		if !strings.Contains(got, want) {
			t.Errorf("%.80s: %q, want %q", when, got, want)
		}
	}
}

func run(t *testing.T, f triage.Facts, on triage.On, rules ...triage.Named) triage.Outcome {
	t.Helper()
	set, broken := triage.NewSet(rules)
	if len(broken) > 0 {
		t.Fatalf("rules that cannot be read: %v", broken)
	}
	out, err := set.Run(t.Context(), f, on)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func words(out triage.Outcome) (list []string) {
	for _, s := range out.Steps {
		list = append(list, s.Rule+": "+s.Do.Words())
	}
	return list
}

func TestRulesInTheirOrder(t *testing.T) {
	tests := []struct {
		name  string
		facts triage.Facts
		on    triage.On
		rules []triage.Named
		want  []string
	}{
		{"all that fit, the later one wins, and is the only one told", jam, triage.Opened, []triage.Named{
			live("b", "VIP", "requester.vip", triage.Effects{Team: "vip", Priority: 1, Reason: "goes first"}, triage.Opened),
			live("a", "Printers", `text.contains("drucker")`, triage.Effects{Team: "print", Category: "printer", Tags: []string{"printer"}}, triage.Opened),
		}, []string{"a: category printer, tag printer", "b: team vip, priority 1"}},
		{"stop ends the asking", jam, triage.Opened, []triage.Named{
			func() triage.Named {
				r := live("a", "First", "true", triage.Effects{Team: "one"})
				r.Stop = true
				return r
			}(),
			live("b", "Second", "true", triage.Effects{Team: "two"}),
		}, []string{"a: team one"}},
		{"a later rule knows what an earlier one set, and an earlier one is asked again", jam, triage.Opened, []triage.Named{
			live("a", "Tagged", `"printer" in tags`, triage.Effects{Priority: 2, Reason: "printers matter"}, triage.Updated),
			live("b", "Printers", `text.contains("drucker")`, triage.Effects{Category: "printer"}, triage.Opened),
			live("c", "Tag", `category == "printer"`, triage.Effects{Tags: []string{"printer"}}, triage.Opened),
		}, []string{"b: category printer", "c: tag printer", "a: priority 2"}},
		{"nothing that is so already", jam, triage.Opened, []triage.Named{
			live("a", "Floor", "true", triage.Effects{Tags: []string{"floor-2"}, Priority: 4, Reason: "so"}),
		}, nil},
		{"what a person has set stays", func() triage.Facts {
			f := jam
			f.Team, f.TeamByHand, f.CategoryByHand, f.PriorityByHand = "mine", true, true, true
			return f
		}(), triage.Updated, []triage.Named{
			live("a", "Take all", "true", triage.Effects{Team: "x", Category: "y", Priority: 1, Reason: "z", Tags: []string{"t"}}),
		}, []string{"a: tag t"}},
		{"a reply once a change, though asked twice", jam, triage.Replied, []triage.Named{
			live("a", "Thanks", "true", triage.Effects{Reply: "thanks", Tags: []string{"t"}}, triage.Replied, triage.Updated),
		}, []string{"a: reply thanks, tag t"}},
		{"a rule of another occasion, a draft and a disabled one are not asked", jam, triage.Updated, []triage.Named{
			live("a", "Opened only", "true", triage.Effects{Team: "x"}, triage.Opened),
			{ID: "b", Name: "Draft", Rule: triage.Rule{When: "true", On: []triage.On{triage.Updated}, Then: triage.Effects{Team: "y"}}},
			{ID: "c", Name: "Off", Rule: triage.Rule{When: "true", On: []triage.On{triage.Updated}, Then: triage.Effects{Team: "z"}, Live: true, Disabled: "looped"}},
		}, nil},
		{"rules that correct each other within a pass come to rest", jam, triage.Opened, []triage.Named{
			live("a", "All", "true", triage.Effects{Team: "desk"}),
			live("b", "VIP", "requester.vip", triage.Effects{Team: "vip"}),
		}, []string{"b: team vip"}},
	}
	for _, tt := range tests {
		out := run(t, tt.facts, tt.on, tt.rules...)
		if diff := cmp.Diff(tt.want, words(out)); diff != "" || len(out.Stopped) > 0 {
			t.Errorf("%s: %v %s", tt.name, out.Stopped, diff)
		}
	}
}

// TestRulesThatDoNotEnd: stopped, named, and the others go on as if it were not there.
func TestRulesThatDoNotEnd(t *testing.T) {
	there := live("a", "There", `team != "x"`, triage.Effects{Team: "x"})
	there.Stop = true
	back := live("b", "Back again", `team == "x"`, triage.Effects{Team: "y"})
	good := live("0", "Tag", "true", triage.Effects{Tags: []string{"seen"}})

	out := run(t, jam, triage.Opened, there, back, good)
	if len(out.Stopped) != 1 || out.Stopped[0].Rule != "b" || out.Stopped[0].Name != "Back again" {
		t.Fatalf("stopped: %+v", out.Stopped)
	}
	for _, part := range []string{"ring", "“There” team x", "“Back again” team y"} {
		if !strings.Contains(out.Stopped[0].Reason, part) {
			t.Errorf("the reason does not say %q: %s", part, out.Stopped[0].Reason)
		}
	}
	if diff := cmp.Diff([]string{"0: tag seen", "a: team x"}, words(out)); diff != "" {
		t.Error(diff)
	}

	// A counter made of rules: each step sets off the next, and no state comes twice.
	var long []triage.Named
	for i := range 20 {
		r := live(string(rune('a'+i)), fmt.Sprint("Step ", i), fmt.Sprintf(`team == "%d"`, i), triage.Effects{Team: fmt.Sprint(i + 1)}, triage.Updated)
		r.Stop, r.Order = true, 100-i
		long = append(long, r)
	}
	f := jam
	f.Team = "0"
	out = run(t, f, triage.Updated, long...)
	if len(out.Stopped) == 0 || !strings.Contains(out.Stopped[0].Reason, "8 rounds") {
		t.Errorf("a long chain was not stopped: %+v", out)
	}

	// Conditions that would run on: lists in lists in lists, over the longest texts.
	many := jam
	many.Findings = slices.Repeat([]string{strings.Repeat("a", 60)}, 200)
	many.Body = strings.Repeat("ab ", 20_000)
	start := time.Now()
	for _, when := range []string{
		`findings.all(a, findings.all(b, findings.all(c, a + b + c != title)))`,
		`findings.all(a, findings.all(b, text.contains(a + b) == false))`,
		`findings.all(a, !text.matches("(" + a + "|b)*q"))`,
	} {
		out = run(t, many, triage.Opened, live("a", "Runs on", when, triage.Effects{Team: "x"}), good)
		if len(out.Stopped) != 1 || out.Stopped[0].Name != "Runs on" || !strings.Contains(out.Stopped[0].Reason, "does not end") {
			t.Errorf("%s was not stopped: %+v", when, out)
		}
		if diff := cmp.Diff([]string{"0: tag seen"}, words(out)); diff != "" {
			t.Error(diff)
		}
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("stopping took %v", took)
	}
}

// TestRunIsInterrupted: the server goes down while rules are asked.
func TestRunIsInterrupted(t *testing.T) {
	set, _ := triage.NewSet([]triage.Named{live("a", "A", `findings.all(f, findings.all(g, f != title))`, triage.Effects{Team: "x"})})
	many := jam
	many.Findings = slices.Repeat([]string{"a"}, 300)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Run(ctx, many, triage.Opened); err == nil {
		t.Error("no error")
	}
}

func TestCheck(t *testing.T) {
	good := triage.Rule{On: []triage.On{triage.Replied, triage.Opened}, When: " true ", Then: triage.Effects{Tags: []string{" B", "a", "b", ""}}}
	r, err := good.Tidy()
	if err != nil || r.When != "true" || !slices.Equal(r.Then.Tags, []string{"a", "b"}) || r.On[0] != triage.Opened {
		t.Fatalf("%+v, %v", r, err)
	}
	r.Live = true
	if _, err := r.Tidy(); fieldOf(err) != "tried" {
		t.Errorf("an untried rule goes live: %v", err)
	}
	r.Tried = r.Fingerprint()
	if _, err := r.Tidy(); err != nil {
		t.Errorf("a tried rule does not go live: %v", err)
	}
	r.When = "false"
	if _, err := r.Tidy(); fieldOf(err) != "tried" {
		t.Errorf("another rule goes live than was tried: %v", err)
	}
	for field, change := range map[string]func(*triage.Rule){
		"on":       func(r *triage.Rule) { r.On = []triage.On{"sometimes"} },
		"then":     func(r *triage.Rule) { r.Then = triage.Effects{} },
		"priority": func(r *triage.Rule) { r.Then.Priority = 6 },
		"reason":   func(r *triage.Rule) { r.Then.Priority = 1 },
		"tags":     func(r *triage.Rule) { r.Then.Tags = []string{"two words"} },
		"when":     func(r *triage.Rule) { r.When = "1 +" },
	} {
		bad := good
		change(&bad)
		if _, err := bad.Tidy(); fieldOf(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func fieldOf(err error) string {
	if !fault.Is(err, fault.Invalid) {
		return ""
	}
	return fault.FieldOf(err)
}

func TestTry(t *testing.T) {
	past := func(n int64, title, team string, prio int) triage.Past {
		f := jam
		f.Title = title
		return triage.Past{ID: fmt.Sprint(n), Number: n, Title: title, Facts: f, Team: team, Priority: prio}
	}
	rule := triage.Rule{On: []triage.On{triage.Opened}, When: `title.contains("rint")`, Then: triage.Effects{Team: "print", Priority: 2, Reason: "r", Tags: []string{"p"}}}
	got, err := triage.Try(t.Context(), rule, []triage.Past{
		past(1, "Print", "print", 2), past(2, "No", "desk", 4), past(3, "Printer", "desk", 4), past(4, "Sprint", "", 0), past(5, "Printing", "print", 3),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Tried != 5 || got.Matched != 4 || got.Tags != 4 || got.Team != (triage.Agreement{Same: 2, Other: 1, None: 1}) || got.Priority != (triage.Agreement{Same: 1, Other: 2, None: 1}) {
		t.Errorf("%+v", got)
	}
	if got.Fingerprint != rule.Fingerprint() || len(got.Examples) != 4 || got.Examples[0].Differs || !got.Examples[1].Differs || got.Examples[2].Differs {
		t.Errorf("%+v", got.Examples)
	}
	rule.When = `findings[9] == "x"`
	if got, err = triage.Try(t.Context(), rule, []triage.Past{past(1, "Print", "", 0)}); err != nil || got.Failed != 1 || got.Why == "" {
		t.Errorf("%+v, %v", got, err)
	}
	rule.When = `findings.all(a, findings.all(b, findings.all(c, a + b + c != title)))`
	p := past(1, "Print", "", 0)
	p.Facts.Findings = slices.Repeat([]string{"aaaa"}, 300)
	if got, err = triage.Try(t.Context(), rule, []triage.Past{p}); err != nil || got.Endless == "" || got.Fingerprint != "" {
		t.Errorf("a rule that does not end may go live after its trial: %+v, %v", got, err)
	}
}
