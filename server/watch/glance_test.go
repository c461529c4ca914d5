package watch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/watch"
)

const quickRules = `groups:
- name: own
  rules:
  - alert: Hot
    expr: deskbell_temperature_celsius > 90
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }} is hot.', clear: deskbell_temperature_celsius < 70}
  - alert: Full
    expr: deskbell_disk_used_percent > 95
    for: 5m
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }} is full.'}
`

// newQuick is a world of rules of one's own, in which the rules were asked once.
func newQuick(t *testing.T) *world {
	w := newWorld(t)
	w.own("quick.yaml", quickRules)
	w.facts["a"], w.facts["b"] = watch.Facts{Name: "PC-A", Site: "Berlin"}, watch.Facts{Name: "PC-B", Site: "Berlin"}
	w.round(0)
	return w
}

// glance looks at what has been heard of since the last.
func (w *world) glance() {
	w.t.Helper()
	for ; w.unheard > 0; w.unheard-- {
		w.Heard(<-w.heard)
	}
	if err := w.Glance(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// ownOf keeps the lines of the rules of this file.
func ownOf(lines []string) []string {
	out := []string{}
	for _, l := range lines {
		if len(l) > 4 && (l[:4] == "Hot " || l[:5] == "Full ") {
			out = append(out, l)
		}
	}
	return out
}

func (w *world) owns(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), ownOf(w.says())); diff != "" {
		w.t.Error(diff)
	}
}

// TestBeginsAtOnce: what begins is known with the value that says so, and kept.
func TestBeginsAtOnce(t *testing.T) {
	w := newQuick(t)
	w.is(diagnostics.Temperature, 91, "a", "nobody knows me")
	w.is(diagnostics.Temperature, 60, "b")
	w.glance()
	w.owns("Hot firing: PC-A is hot.")
	w.restart()
	w.round(time.Second)
	w.owns("Hot firing: PC-A is hot.")
}

// TestGlanceIsHeld: what begins between two rounds is held back from its beginning.
func TestGlanceIsHeld(t *testing.T) {
	w := newQuick(t)
	w.plan(watch.WindowDraft{Title: "New fan", Sites: []string{"Berlin"}, Times: until(w.now.Add(time.Hour))})
	w.is(diagnostics.Temperature, 91, "a")
	w.glance()
	if diff := cmp.Diff([]string{"PC-A: maintenance In maintenance: New fan (planned by Ben)."}, w.held()); diff != "" {
		t.Error(diff)
	}
}

// TestGlanceWaitsAsLong: a condition has to hold as long as at a round, and its end is
// a round's.
func TestGlanceWaitsAsLong(t *testing.T) {
	w := newQuick(t)
	for range 4 {
		w.is(diagnostics.DiskUsed, 99, "a")
		w.glance()
		w.owns("Full pending: PC-A is full.")
		w.now = w.now.Add(time.Minute)
	}
	w.now = w.now.Add(time.Minute)
	w.is(diagnostics.DiskUsed, 99, "a")
	w.glance()
	w.owns("Full firing: PC-A is full.")
	w.now = w.now.Add(time.Second)
	w.is(diagnostics.DiskUsed, 10, "a")
	w.glance()
	w.owns("Full firing: PC-A is full.")
	w.round(time.Second)
	w.owns()
}

// TestGlanceHearsAgain: an alert of which nothing was heard is known again with the
// first value.
func TestGlanceHearsAgain(t *testing.T) {
	w := newQuick(t)
	w.is(diagnostics.Temperature, 91, "a")
	w.glance()
	w.round(6 * time.Minute)
	w.owns("Hot unknown: PC-A is hot.")
	w.is(diagnostics.Temperature, 91, "a")
	w.glance()
	w.owns("Hot firing: PC-A is hot.")
}

// TestEndsByItsOwnCondition: a rule of two thresholds goes on between them.
func TestEndsByItsOwnCondition(t *testing.T) {
	w := newQuick(t)
	for _, step := range []struct {
		degrees float64
		want    []string
	}{
		{91, []string{"Hot firing: PC-A is hot."}},
		{80, []string{"Hot firing: PC-A is hot."}},
		{69, nil},
		{80, nil},
		{91, []string{"Hot firing: PC-A is hot."}},
	} {
		w.now = w.now.Add(15 * time.Second)
		w.is(diagnostics.Temperature, step.degrees, "a")
		w.round(0)
		w.owns(step.want...)
	}
}

// TestRunGlances: between rounds that are far apart, a value alone wakes the watcher.
func TestRunGlances(t *testing.T) {
	w := newQuick(t)
	w.restartWith(24 * time.Hour)
	w.round(0)
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	defer done.Wait()
	defer stop()
	done.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	done.Go(func() {
		for {
			select {
			case e := <-w.heard:
				w.Heard(e)
			case <-ctx.Done():
				return
			}
		}
	})
	w.is(diagnostics.Temperature, 91, "a")
	servertest.Wait(t, "the alert", func() bool { return cmp.Equal(ownOf(w.says()), []string{"Hot firing: PC-A is hot."}) })
}
