package alert

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// TestLikePrometheus: where there is data at each observation, an alert is where
// Prometheus's own rule has it, at each step of any series, for any times to wait.
func TestLikePrometheus(t *testing.T) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr("x > 0")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		waits := rapid.SampledFrom([]time.Duration{0, 15 * time.Second, time.Minute, 5 * time.Minute})
		timing := Timing{For: waits.Draw(t, "for"), Keep: waits.Draw(t, "keep"), Steady: true}
		theirs := rules.NewAlertingRule("x", expr, timing.For, timing.Keep, labels.EmptyLabels(), labels.EmptyLabels(), labels.EmptyLabels(), "", true, promslog.NewNopLogger())
		steps := rapid.SampledFrom([]time.Duration{15 * time.Second, 15 * time.Second, time.Minute, 4 * time.Minute, 20 * time.Minute})
		var a Alert
		now := noon
		for i := range rapid.IntRange(1, 80).Draw(t, "observations") {
			holds := rapid.IntRange(0, 3).Draw(t, "holds") > 0
			o := Observation{Holds: reading(holds), Value: float64(i)}
			query := func(context.Context, string, time.Time) (promql.Vector, error) {
				if !holds {
					return nil, nil
				}
				return promql.Vector{{Metric: labels.FromStrings("endpoint", "a"), F: float64(i), T: now.UnixMilli()}}, nil
			}
			if _, err := theirs.Eval(t.Context(), 0, now, query, &url.URL{}, 0); err != nil {
				t.Fatal(err)
			}
			a = Step(a, o, timing, now)
			if got, want := describe(a), describeTheirs(theirs, now); got != want {
				t.Fatalf("at %v: %s; Prometheus: %s", now.Sub(noon), got, want)
			}
			now = now.Add(steps.Draw(t, "step"))
		}
	})
}

func describe(a Alert) string {
	switch a.State {
	case Inactive:
		return "nothing"
	case Resolved:
		return fmt.Sprintf("resolved at %v, fired at %v", a.ResolvedAt.Sub(noon), a.FiredAt.Sub(noon))
	case Pending:
		return fmt.Sprintf("pending since %v, %v", a.ActiveAt.Sub(noon), a.Value)
	}
	return fmt.Sprintf("%s since %v and %v, missed: %v, %v", a.State, a.ActiveAt.Sub(noon), a.FiredAt.Sub(noon), !a.MissedAt.IsZero(), a.Value)
}

func describeTheirs(r *rules.AlertingRule, _ time.Time) string {
	var of *rules.Alert
	r.ForEachActiveAlert(func(a *rules.Alert) { of = a })
	if of == nil {
		return "nothing"
	}
	a := Alert{ActiveAt: of.ActiveAt, FiredAt: of.FiredAt, ResolvedAt: of.ResolvedAt, MissedAt: of.KeepFiringSince, Value: of.Value}
	switch of.State {
	case rules.StatePending:
		a.State = Pending
	case rules.StateFiring:
		a.State = Firing
	case rules.StateInactive:
		if a.State = Resolved; of.FiredAt.IsZero() {
			a.State = Inactive // it was pending, and is taken out by the next observation
		}
	}
	return describe(a)
}

// play steps an alert each 15 s by what a text says: y holds, n does not, - nothing
// is known. It returns the alert and the first letters of its states.
func play(t *testing.T, timing Timing, seen string) (Alert, string) {
	t.Helper()
	var a Alert
	var states strings.Builder
	for i, c := range seen {
		o := Observation{Holds: map[rune]Reading{'y': Yes, 'n': No, '-': Absent}[c]}
		a = Step(a, o, timing, noon.Add(time.Duration(i)*15*time.Second))
		states.WriteByte(a.State[0])
	}
	return a, states.String()
}

// TestAbsenceNeverResolves: without data an alert is unknown, goes on as what it was
// when data is back, and the time between counts neither for nor against it.
func TestAbsenceNeverResolves(t *testing.T) {
	minute := Timing{For: time.Minute, Steady: true}
	for _, c := range []struct{ name, seen, states string }{
		{"fires and ends", "nyyyyyn", "ippppfr"},
		{"nothing known of nothing", "n--n-", "iiiii"},
		{"silent while it fires", "yyyyy----y", "ppppfuuuuf"},
		{"silent while it fires, then over", "yyyyy----n", "ppppfuuuur"},
		{"silent while pending: that time does not count", "yy------yyy", "ppuuuuuuppf"},
		{"silent while pending, then over", "yy---n", "ppuuui"},
		{"silence after the end", "yyyyyn---n", "ppppfrrrrr"},
	} {
		if _, got := play(t, minute, c.seen); got != c.states {
			t.Errorf("%s: %s becomes %s, want %s", c.name, c.seen, got, c.states)
		}
	}
	if a, _ := play(t, minute, "yyyyy----y--y"); a.Unheard != 90*time.Second {
		t.Errorf("nothing was known for %v", a.Unheard)
	}
	// A silence while an alert is kept firing does not use up that time.
	keep := Timing{Keep: 30 * time.Second, Steady: true}
	if _, got := play(t, keep, "yn--------nn"); got != "ffuuuuuuuufr" {
		t.Errorf("kept: %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		var a Alert
		now, fired := noon, false
		for range 60 {
			o := Observation{Holds: Reading(rapid.IntRange(0, 2).Draw(t, "reading"))}
			was := a
			a = Step(a, o, Timing{For: 30 * time.Second}, now)
			fired = fired || a.State == Firing
			if o.Holds == Absent && was.State != a.State && a.State != Unknown && was.State != Resolved && was.State != "" {
				t.Fatalf("without data it went from %s to %s", was.State, a.State)
			}
			if a.State == Unknown && (a.Was != Pending && a.Was != Firing) {
				t.Fatalf("unknown, and before %q", a.Was)
			}
			if a.State == Resolved && !fired {
				t.Fatal("resolved, and has never fired")
			}
			now = now.Add(15 * time.Second)
		}
	})
}

// TestItsOwnEnd: a rule with a condition for the end keeps firing between the two.
func TestItsOwnEnd(t *testing.T) {
	var a Alert
	for i, c := range []struct {
		holds, clear Reading
		want         State
	}{
		{No, No, Inactive},
		{Yes, No, Firing},
		{No, No, Firing}, // below the one, not yet below the other
		{No, Absent, Unknown},
		{No, No, Firing},
		{No, Yes, Resolved},
		{No, No, Resolved},
		{Yes, Yes, Firing}, // what holds comes first
		{Yes, Yes, Firing}, // while it fires as well
		{Absent, Yes, Unknown},
		{No, Yes, Resolved},
	} {
		a = Step(a, Observation{Holds: c.holds, Clear: c.clear, HasClear: true}, Timing{Steady: true}, noon.Add(time.Duration(i)*time.Minute))
		if a.State != c.want {
			t.Errorf("step %d: %s, want %s", i, a.State, c.want)
		}
	}
}

// TestFlapping: what comes and goes fires once until it has calmed down, unless its
// rule says that it is not damped.
func TestFlapping(t *testing.T) {
	restless := "nynynynynynynynynynyn"
	calm := "nnnnnnnnnnnnnnnnnnnnnnnn"
	a, states := play(t, Timing{}, restless+calm)
	fires, ends := 0, 0
	for i := 1; i < len(states); i++ {
		if states[i] == 'f' && states[i-1] != 'f' {
			fires++
		}
		if states[i] == 'r' && states[i-1] != 'r' {
			ends++
		}
	}
	if fires > 4 || ends != fires || a.State == Firing || a.Changes.Flapping() {
		t.Errorf("damped it fired %d times and ended %d times: %s", fires, ends, states)
	}
	_, plain := play(t, Timing{Steady: true}, restless)
	if plain != "ifrfrfrfrfrfrfrfrfrfr" {
		t.Errorf("not damped: %s", plain)
	}
	// The newest change counts for more than the oldest, and nothing for nothing.
	old, young := knownBit|1<<19, knownBit|1
	if old.Share() != 0.80/20 || young.Share() <= old.Share() || Changes(0).Share() != 0 {
		t.Errorf("%v, %v", old.Share(), young.Share())
	}
	if c := Changes(0).Saw(false).Saw(false); c != 0 {
		t.Errorf("a condition that never held is remembered: %b", c)
	}
}

// TestRestless: the sixth change in a row makes a condition flap, the first observation
// is none, and fifteen steady ones end it, as in Icinga 2.
func TestRestless(t *testing.T) {
	c := Changes(0).Saw(true)
	if c.Share() != 0 {
		t.Errorf("the first observation counts as a change: %v", c.Share())
	}
	for i := 1; i <= 6; i++ {
		c = c.Saw(i%2 == 0)
		if c.Flapping() != (i == 6) {
			t.Errorf("after %d changes: %v, %v", i, c.Flapping(), c.Share())
		}
	}
	for i := 1; i <= 15; i++ {
		c = c.Saw(true)
		if c.Flapping() != (i < 15) {
			t.Errorf("after %d steady observations: %v, %v", i, c.Flapping(), c.Share())
		}
	}
	for range observed {
		c = c.Saw(false)
	}
	if c = c.Saw(false); c != 0 {
		t.Errorf("a quiet past is remembered: %b", c)
	}
}

// TestKept: an end is kept for a quarter of an hour, and not a moment longer.
func TestKept(t *testing.T) {
	ended := Alert{State: Resolved, Since: noon, FiredAt: noon.Add(-time.Hour), ResolvedAt: noon}
	for after, over := range map[time.Duration]bool{15 * time.Minute: false, 15*time.Minute + time.Second: true} {
		now := noon.Add(after)
		if ended.Over(now) != over {
			t.Errorf("over after %v: %v", after, !over)
		}
		if a := Step(ended, Observation{Holds: No}, Timing{}, now); (a.State == Inactive) != over {
			t.Errorf("%s after %v", a.State, after)
		}
	}
}
