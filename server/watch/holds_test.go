package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/watch"
)

// held is what holds each live alert, in short.
func (w *world) held() []string {
	w.t.Helper()
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, i := range list {
		for _, h := range i.Holds {
			out = append(out, fmt.Sprintf("%s: %s %s", i.Labels["name"], h.Kind, h.Why))
		}
	}
	return out
}

func (w *world) silence(d watch.SilenceDraft) alert.Silence {
	w.t.Helper()
	s, err := w.Silence(w.t.Context(), ben, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func until(t time.Time) alert.Times { return alert.Times{Stretch: alert.Stretch{To: t}} }

// TestSilences: what a silence matches is held at once and lives on, over a restart
// too; by hand, at its time and as all is stable it ends, and the log has one line for
// all that it held.
func TestSilences(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"], w.facts["c"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}, watch.Facts{Name: "LT-3", Site: "Paris"}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	w.is(diagnostics.Temperature, 85, "a", "b", "c")
	w.round(0)
	berlin := []string{"LT-1: silence Silenced by Ben: New cooling.", "LT-2: silence Silenced by Ben: New cooling."}
	want := func(what string, want ...string) {
		t.Helper()
		if want == nil {
			want = []string{}
		}
		got := w.held()
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	if found, err := w.Matching(anna, `site="Berlin", alertname="Hot"`); err != nil || len(found) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	want("before")
	s := w.silence(watch.SilenceDraft{Match: `site="Berlin"`, Times: until(w.now.Add(time.Hour)), Why: " New  cooling. "})
	want("at once", berlin...)
	w.restart()
	w.round(15 * time.Second)
	want("after a restart", berlin...)
	if len(w.says()) != 3 {
		t.Errorf("what is held does not live on: %q", w.says())
	}
	list, err := w.Silences(anna)
	if err != nil || len(list) != 1 || !list[0].On || list[0].Soon || list[0].Matches != 2 || list[0].Why != "New cooling." || list[0].Name != "Ben" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := w.EndSilence(t.Context(), anna, s.ID); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if err := w.EndSilence(t.Context(), ben, s.ID); err != nil {
		t.Error(err)
	}
	want("ended by hand")
	if err := w.EndSilence(t.Context(), ben, s.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	// At its time; announced before.
	w.silence(watch.SilenceDraft{Match: `Hot{site="Paris"}`, Times: until(w.now.Add(20 * time.Minute)), Why: "Move."})
	want("the other", "LT-3: silence Silenced by Ben: Move.")
	w.now = w.now.Add(6 * time.Minute)
	if list, _ := w.Silences(anna); !list[0].Soon {
		t.Errorf("it is not announced to end: %+v", list[0])
	}
	w.round(14 * time.Minute)
	want("at its end")
	// When all is stable.
	w.is(diagnostics.Temperature, 85, "c")
	w.round(0)
	w.silence(watch.SilenceDraft{Match: `site="Paris"`, Stable: 10 * time.Minute, Why: "Until calm."})
	w.is(diagnostics.Temperature, 60, "c")
	w.now = w.now.Add(15 * time.Second)
	w.is(diagnostics.Temperature, 60, "c")
	w.round(0)
	w.now = w.now.Add(9 * time.Minute)
	w.round(0)
	if list, _ := w.Silences(anna); list[0].Over || !list[0].On {
		t.Errorf("%+v", list[0])
	}
	w.restart() // it waits anew
	w.round(2 * time.Minute)
	if list, _ := w.Silences(anna); list[0].Over {
		t.Errorf("it has counted the time in which nobody looked: %+v", list[0])
	}
	w.round(10 * time.Minute)
	if list, _ := w.Silences(anna); !list[0].Over {
		t.Errorf("it goes on though all is stable: %+v", list[0])
	}
	lines, err := w.Log(t.Context(), anna, watch.LogQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range lines {
		if e.Alert == "" {
			said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Did, e.By, e.Summary)))
		}
	}
	if d := cmp.Diff([]string{
		`silence_over  {site="Paris"}: nothing of it fires`, `silenced Ben {site="Paris"}: 1 now`,
		`silence_over  {site="Paris", alertname="Hot"}: 1 of it fire, and count again`, `silenced Ben {site="Paris", alertname="Hot"}: 1 now`,
		`silence_over Ben {site="Berlin"}: 2 of it fire, and count again`, `silenced Ben {site="Berlin"}: 2 now`,
	}, said); d != "" {
		t.Error(d)
	}
	if rows, err := w.db.AuditLog(t.Context(), "silence:"+s.ID, 0, 10); err != nil || len(rows) != 2 {
		t.Errorf("%d lines of the audit log, %v", len(rows), err)
	}
}

// TestSilencesThatAreRefused: each says what is wrong, and of which field.
func TestSilencesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	good := func() watch.SilenceDraft {
		return watch.SilenceDraft{Match: `site="Berlin"`, Times: until(w.now.Add(time.Hour)), Why: "We know."}
	}
	for field, change := range map[string]func(d *watch.SilenceDraft){
		"why":      func(d *watch.SilenceDraft) { d.Why = " " },
		"match":    func(d *watch.SilenceDraft) { d.Match = `site=~".*"` },
		"until":    func(d *watch.SilenceDraft) { d.Times.To = time.Time{} },
		"until ":   func(d *watch.SilenceDraft) { d.Times.To = w.now },
		"until  ":  func(d *watch.SilenceDraft) { d.Times.To = w.now.AddDate(1, 1, 0) },
		"stable":   func(d *watch.SilenceDraft) { d.Stable = time.Second },
		"weekly":   func(d *watch.SilenceDraft) { d.Times.Weekly = &alert.Weekly{} },
		"why ":     func(d *watch.SilenceDraft) { d.Why = strings.Repeat("a", 501) },
		"until   ": func(d *watch.SilenceDraft) { d.Times.Listed = []alert.Stretch{} },
	} {
		d := good()
		change(&d)
		if _, err := w.Silence(t.Context(), ben, d); fault.FieldOf(err) != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.Silence(t.Context(), anna, good()); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
}
