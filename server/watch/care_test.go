package watch_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/watch"
)

var ben = auth.Actor{Kind: auth.Staff, Person: "ben", Name: "Ben", Role: auth.Operator}

// person is whoever works here.
func person(_ context.Context, id string) (auth.Person, error) {
	switch id {
	case "ben":
		return auth.Person{ID: id, Name: "Ben", Role: auth.Operator}, nil
	case "carla":
		return auth.Person{ID: id, Name: "Carla", Role: auth.Operator, Disabled: true}, nil
	case "dora":
		return auth.Person{ID: id, Name: "Dora"}, nil // an employee
	}
	return auth.Person{}, fault.New(fault.NotFound, "There is nobody of that id.")
}

func (w *world) act(who auth.Actor, a watch.Act) watch.Outcome {
	w.t.Helper()
	out, err := w.Act(w.t.Context(), who, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) care(id string) watch.Care {
	w.t.Helper()
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range list {
		if i.ID == id {
			return i.Care
		}
	}
	w.t.Fatalf("%s is not live", id)
	return watch.Care{}
}

// TestWhatPeopleDoWithAlerts: one is acknowledged, given to somebody and noted, over a
// restart; what cannot be done is told of each; it ends with the alert, and the log
// keeps it.
func TestWhatPeopleDoWithAlerts(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	w.is(diagnostics.Temperature, 85, "a", "b")
	w.round(0)
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	x, y := list[0].ID, list[1].ID
	at := w.now
	out := w.act(ben, watch.Act{Do: watch.Acknowledge, Alerts: []string{x, "Hot.none", x}, Note: " I look at it. "})
	if len(out.Changed) != 1 || len(out.Refused) != 1 || out.Refused[0].Alert != "Hot.none" || out.Changed[0].Care.AckedBy != "Ben" {
		t.Errorf("%+v", out)
	}
	want := watch.Care{AckedAt: at, AckedBy: "Ben", OwnerID: "ben", Owner: "Ben", Note: "I look at it.", NotedBy: "Ben", NotedAt: at}
	if d := cmp.Diff(want, w.care(x)); d != "" {
		t.Error(d)
	}
	if got := w.care(y); got != (watch.Care{}) {
		t.Errorf("the other was taken too: %+v", got)
	}
	if out := w.act(ben, watch.Act{Do: watch.Acknowledge, Alerts: []string{x}}); len(out.Refused) != 1 || out.Refused[0].Sentence != "It was acknowledged already, by Ben." {
		t.Errorf("%+v", out)
	}
	w.now = w.now.Add(15 * time.Second)
	w.is(diagnostics.Temperature, 86, "a", "b") // it changes, and what people made of it stays
	w.round(0)
	w.act(ben, watch.Act{Do: watch.Assign, Alerts: []string{x}})
	w.act(ben, watch.Act{Do: watch.Assign, Alerts: []string{x, y}, To: "ben"})
	w.act(ben, watch.Act{Do: watch.Unack, Alerts: []string{x}})
	w.act(ben, watch.Act{Do: watch.Note, Alerts: []string{x}, Note: "The fan."})
	w.restart()
	w.round(15 * time.Second)
	got := w.care(x)
	if got.Acked() || got.Owner != "Ben" || got.Note != "The fan." || w.care(y).Owner != "Ben" {
		t.Errorf("after a restart: %+v", got)
	}
	for name, c := range map[string]struct {
		act  watch.Act
		want string
	}{
		"none":          {watch.Act{Do: watch.Acknowledge}, "at least one"},
		"too many":      {watch.Act{Do: watch.Acknowledge, Alerts: make([]string, 1001)}, "1000"},
		"empty note":    {watch.Act{Do: watch.Note, Alerts: []string{x}, Note: " "}, "Write the note"},
		"long note":     {watch.Act{Do: watch.Note, Alerts: []string{x}, Note: strings.Repeat("a", 2001)}, "2000"},
		"what":          {watch.Act{Do: "drop", Alerts: []string{x}}, "what is to be done"},
		"nobody":        {watch.Act{Do: watch.Assign, Alerts: []string{x}, To: "nobody"}, "of the staff"},
		"disabled":      {watch.Act{Do: watch.Assign, Alerts: []string{x}, To: "carla"}, "of the staff"},
		"not the staff": {watch.Act{Do: watch.Assign, Alerts: []string{x}, To: "dora"}, "of the staff"},
	} {
		if _, err := w.Act(t.Context(), ben, c.act); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Act(t.Context(), auth.Actor{Kind: auth.Requester, Person: "eve"}, watch.Act{Do: watch.Acknowledge, Alerts: []string{x}}); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}

	// It ends, and begins again without what was made of it.
	w.now = w.now.Add(time.Minute)
	w.is(diagnostics.Temperature, 60, "a", "b")
	w.round(0)
	w.now = w.now.Add(time.Minute)
	w.is(diagnostics.Temperature, 90, "a", "b")
	w.round(0)
	if got := w.care(x); got != (watch.Care{}) {
		t.Errorf("when it fires again: %+v", got)
	}
	lines, err := w.Log(t.Context(), anna, watch.LogQuery{Alert: x, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range lines {
		said = append(said, strings.TrimSpace(strings.Join([]string{string(e.Did), e.By, e.To, e.Note}, " ")))
	}
	if d := cmp.Diff([]string{"fired", "resolved", "firing", "noted Ben  The fan.", "unacknowledged Ben", "assigned Ben Ben", "assigned Ben", "acknowledged Ben  I look at it.", "fired"}, said); d != "" {
		t.Error(d)
	}
	if rows, err := w.db.AuditLog(t.Context(), "alert:"+x, 0, 100); err != nil || len(rows) != 5 {
		t.Errorf("%d lines of the audit log, %v", len(rows), err)
	}
}

// TestNothingIsDoneThatIsNotStored: what could not be stored did not happen.
func TestNothingIsDoneThatIsNotStored(t *testing.T) {
	w := newWorld(t)
	w.facts["a"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	f := &flaky{Engine: w.engine, Store: w.db.Watch()}
	w.Watcher = watch.New(watch.Options{
		Engine: f, Store: f, Folder: w.folder, Facts: func() map[string]watch.Facts { return w.facts }, Person: person,
		Live: live.New(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	})
	w.is(diagnostics.Temperature, 85, "a")
	w.round(0)
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	f.full = true
	if _, err := w.Act(t.Context(), ben, watch.Act{Do: watch.Acknowledge, Alerts: []string{list[0].ID}}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if got := w.care(list[0].ID); got != (watch.Care{}) {
		t.Errorf("%+v", got)
	}
}
