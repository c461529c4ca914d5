package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/watch"
)

const twoHeats = `groups:
- name: own
  rules:
  - alert: Hot
    expr: deskbell_temperature_celsius > 80
    labels: {severity: critical}
    annotations: {summary: 'It is {{ $value }} °C.'}
  - alert: Warm
    expr: deskbell_temperature_celsius > 60
    labels: {severity: warning}
    annotations: {summary: It is warm.}
`

const heats = `inhibit_rules:
- source_matchers: [alertname = Hot]
  target_matchers: [alertname = Warm]
  equal: [endpoint]
`

// TestInhibition: what is hot holds that it is warm, over a restart and while nothing
// is heard, and two minutes longer than it lasts; a file with a mistake is named with
// line and column, and what it said before goes on.
func TestInhibition(t *testing.T) {
	w := newWorld(t)
	if err := os.Mkdir(filepath.Join(w.folder, watch.InhibitFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(watch.InhibitFolder, "own.yaml")
	w.facts["a"], w.facts["b"] = watch.Facts{Name: "LT-1"}, watch.Facts{Name: "LT-2"}
	w.own("own.yaml", twoHeats)
	w.own(file, heats)
	w.is(diagnostics.Temperature, 85, "a")
	w.is(diagnostics.Temperature, 70, "b")
	w.round(0)
	want := func(what string, want ...string) {
		t.Helper()
		if got := w.held(); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %q", what, got)
		}
	}
	const held = "LT-1: inhibition Held back as long as this fires: It is 85 °C (“Hot”)."
	want("at once", held)
	w.own(file, strings.Replace(heats, "= Warm", "=! Warm", 1))
	w.restart()
	w.round(15 * time.Second)
	want("after a start with a mistake there is nothing that could go on")
	w.own(file, heats)
	w.round(15 * time.Second)
	want("after a restart", held)
	w.own(file, strings.Replace(heats, "= Warm", "=! Warm", 1))
	w.round(15 * time.Second)
	want("with a mistake", held)
	_, mistakes, err := w.Rules(anna)
	if err != nil || len(mistakes) != 1 || mistakes[0].File != file || mistakes[0].Line != 3 || mistakes[0].Column < 21 {
		t.Errorf("%+v, %v", mistakes, err)
	}
	w.own(file, heats)
	w.round(30 * time.Minute)
	want("unknown", held)
	w.restart()
	w.round(0)
	want("unknown over a restart", held)
	w.is(diagnostics.Temperature, 70, "a")
	w.round(0)
	const over = "LT-1: inhibition Held back by what is over now: It is 85 °C (“Hot”). It is looked at again before it counts."
	want("it is hot no more", over)
	w.restart()
	w.is(diagnostics.Temperature, 70, "a")
	w.round(alert.Recheck - time.Second)
	want("it is looked at again", over)
	w.round(time.Second)
	want("it counts")
	list, err := w.Inhibitions(anna)
	if err != nil || len(list) < 5 || list[len(list)-1].File != file {
		t.Errorf("%+v, %v", list, err)
	}
	w.own(file, strings.Replace(heats, "- source", "- name: full disk\n  source", 1))
	w.round(0)
	if other, _ := w.Inhibitions(anna); len(other) != len(list)-1 {
		t.Errorf("one of the same name does not take the place of the other: %d, %d before", len(other), len(list))
	}
}

// TestInhibitionsThatAreBuiltIn: each is between rules that there are.
func TestInhibitionsThatAreBuiltIn(t *testing.T) {
	w := newWorld(t)
	w.round(0)
	rules, mistakes, err := w.Rules(anna)
	if err != nil || len(mistakes) > 0 {
		t.Fatal(mistakes, err)
	}
	list, _ := w.Inhibitions(anna)
	for _, i := range list {
		sources, targets := 0, 0
		for _, r := range rules {
			x := alert.Instance{Rule: r.Rule.Name}
			if i.Source.Fit(&x) {
				sources++
			}
			if i.Target.Fit(&x) {
				targets++
			}
		}
		if sources != 1 || targets != strings.Count(i.Target.String(), "|")+1 {
			t.Errorf("%s: %d rules hold %d", i.Name, sources, targets)
		}
	}
}
