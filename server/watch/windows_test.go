package watch_test

import (
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

func (w *world) plan(d watch.WindowDraft) alert.Window {
	w.t.Helper()
	x, err := w.PlanWindow(w.t.Context(), ben, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// TestMaintenance: what is worked on is held while it is, for a site, for endpoints,
// again each week and by a calendar; each says by what; over a restart too; and when it
// is over it counts again.
func TestMaintenance(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"], w.facts["c"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}, watch.Facts{Name: "LT-3", Site: "Paris"}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	w.is(diagnostics.Temperature, 85, "a", "b", "c")
	w.round(0)
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
	site := w.plan(watch.WindowDraft{Title: " New  switches ", Sites: []string{"Berlin", "Berlin"}, Times: until(w.now.Add(time.Hour))})
	berlin := []string{"LT-1: maintenance In maintenance: New switches (planned by Ben).", "LT-2: maintenance In maintenance: New switches (planned by Ben)."}
	want("at once", berlin...)
	if h := w.Maintained("a", "Berlin"); len(h) != 1 || !h[0].Until.Equal(w.now.Add(time.Hour)) || len(w.Maintained("c", "Paris")) != 0 {
		t.Errorf("%+v", h)
	}
	w.restart()
	w.round(15 * time.Second)
	want("after a restart", berlin...)
	if err := w.EndWindow(t.Context(), anna, site.ID); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if err := w.EndWindow(t.Context(), ben, site.ID); err != nil {
		t.Error(err)
	}
	want("ended by hand")
	if err := w.EndWindow(t.Context(), ben, site.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	// By a calendar, for one endpoint, by its name.
	w.plan(watch.WindowDraft{Title: "New disk", Endpoints: []string{"lt-3", "c"}, Times: alert.Times{Listed: []alert.Stretch{
		{From: w.now.Add(time.Hour), To: w.now.Add(2 * time.Hour)}, {From: w.now.Add(3 * time.Hour), To: w.now.Add(4 * time.Hour)},
	}}})
	list, err := w.Windows(anna)
	if err != nil || len(list) != 2 || list[0].On || list[0].Over || !list[0].Next.From.Equal(w.now.Add(time.Hour)) || !slices.Equal(list[0].Endpoints, []string{"c"}) || list[0].Names["c"] != "LT-3" || !list[1].Over {
		t.Errorf("%+v, %v", list, err)
	}
	w.round(time.Hour)
	want("in its first time", "LT-3: maintenance In maintenance: New disk (planned by Ben).")
	if list, _ := w.Windows(anna); !list[0].On || list[0].Holds != 1 || !list[0].Until.Equal(w.now.Add(time.Hour)) {
		t.Errorf("%+v", list[0])
	}
	w.round(time.Hour)
	want("between its times")
	w.restart()
	w.round(90 * time.Minute)
	want("in its second time", "LT-3: maintenance In maintenance: New disk (planned by Ben).")
	w.round(30 * time.Minute)
	want("at its end")
	// Each week.
	now := w.now.UTC()
	w.plan(watch.WindowDraft{Title: "Updates", Sites: []string{"Paris"}, Times: alert.Times{Weekly: &alert.Weekly{Days: []time.Weekday{now.Weekday()}, Minute: now.Hour()*60 + now.Minute(), For: time.Hour, Zone: "UTC"}}})
	want("each week", "LT-3: maintenance In maintenance: Updates (planned by Ben).")
	lines, err := w.Log(t.Context(), anna, watch.LogQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range lines {
		if e.Alert == "" {
			said = append(said, strings.TrimSpace(string(e.Did)+" "+e.By+" "+e.Summary))
		}
	}
	if d := cmp.Diff([]string{
		"maintenance_planned Ben Updates", "maintenance_over  New disk", "maintenance_planned Ben New disk", "maintenance_over Ben New switches", "maintenance_planned Ben New switches",
	}, said); d != "" {
		t.Error(d)
	}
	if rows, err := w.db.AuditLog(t.Context(), "maintenance:"+site.ID, 0, 10); err != nil || len(rows) != 2 {
		t.Errorf("%d lines of the audit log, %v", len(rows), err)
	}
}

// TestMaintenanceOfChecks: a window that names a check holds the alerts about it, from
// wherever it is looked at, and nothing else; and it names those that are not there any more.
func TestMaintenanceOfChecks(t *testing.T) {
	w := newWorld(t)
	w.facts["c1"], w.facts["c2"] = watch.Facts{Name: "Intranet", Check: true}, watch.Facts{Name: "Mail", Check: true}
	w.facts["c3"], w.facts["a"] = watch.Facts{Name: "mail", Check: true}, watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.own("own.yaml", `groups:
- name: own
  rules:
  - alert: OwnFault
    expr: deskbell_own_fault > 0
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }}'}
`)
	for _, pairs := range [][]string{{"check", "c1"}, {"check", "c1", "from", "berlin"}, {"check", "c2"}, {"endpoint", "a"}} {
		w.put("own_fault", 1, pairs...)
	}
	w.round(0)
	for given, want := range map[string]string{"Router": "There is no check “Router”, or it is paused.", "LT-1": "There is no check “LT-1”, or it is paused.", "a": "There is no check “a”, or it is paused.", "MAIL": "2 checks are called “MAIL”. Give the id of the one that is meant: it stands in the address of its page."} {
		_, err := w.PlanWindow(t.Context(), ben, watch.WindowDraft{Title: "New certificate", Checks: []string{given}, Times: until(w.now.Add(time.Hour))})
		if !fault.Is(err, fault.Invalid) || fault.Sentence(err) != want {
			t.Errorf("%s: %v", given, err)
		}
	}
	x := w.plan(watch.WindowDraft{Title: "New certificate", Checks: []string{" intranet", "", "c1"}, Times: until(w.now.Add(time.Hour))})
	if !slices.Equal(x.Checks, []string{"c1"}) {
		t.Errorf("it is for %v", x.Checks)
	}
	const held = "Intranet: maintenance In maintenance: New certificate (planned by Ben)."
	if d := cmp.Diff([]string{held, held}, w.held()); d != "" {
		t.Error(d)
	}
	w.restart()
	w.round(time.Minute)
	worked, check, ok := w.WorkedOn()
	if !ok || !check("c1") || check("c2") || check("") || worked("a", "Berlin", nil) || worked("c1", "", nil) {
		t.Error("what is in maintenance is the check alone")
	}
	delete(w.facts, "c1")
	if list, err := w.Windows(anna); err != nil || len(list) != 1 || list[0].Holds != 2 || list[0].Names["c1"] != "" {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestWindowsThatAreRefused: each says what is wrong, and of which field.
func TestWindowsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"], w.facts["c"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-3", Site: "Paris"}
	for field, change := range map[string]func(d *watch.WindowDraft){
		"title":      func(d *watch.WindowDraft) { d.Title = " " },
		"title ":     func(d *watch.WindowDraft) { d.Title = strings.Repeat("a", 501) },
		"sites":      func(d *watch.WindowDraft) { d.Sites = nil },
		"sites ":     func(d *watch.WindowDraft) { d.Sites = []string{"Rome"} },
		"endpoints":  func(d *watch.WindowDraft) { d.Endpoints = []string{"LT-2"} },
		"endpoints ": func(d *watch.WindowDraft) { d.Endpoints = []string{"lt-1"} }, // there are two
		"checks":     func(d *watch.WindowDraft) { d.Checks = []string{"LT-3"} },
		"until":      func(d *watch.WindowDraft) { d.Times.To = time.Time{} },
		"until ":     func(d *watch.WindowDraft) { d.Times.To = w.now },
		"until  ":    func(d *watch.WindowDraft) { d.Times.To = w.now.AddDate(1, 1, 0) },
		"weekly":     func(d *watch.WindowDraft) { d.Times.Weekly = &alert.Weekly{} },
		"weekly ":    func(d *watch.WindowDraft) { d.Times.Weekly, d.Times.Listed = &alert.Weekly{}, []alert.Stretch{} },
		"zone": func(d *watch.WindowDraft) {
			d.Sites, d.Times = []string{"Berlin", "Paris"}, alert.Times{Weekly: &alert.Weekly{Days: []time.Weekday{1}, Minute: 1, For: time.Hour}}
		},
		"file":        func(d *watch.WindowDraft) { d.Times.Listed = []alert.Stretch{{From: w.now}} },
		"file ":       func(d *watch.WindowDraft) { d.Times.Listed = make([]alert.Stretch, 1001) },
		"file  ":      func(d *watch.WindowDraft) { d.Times = alert.Times{Listed: []alert.Stretch{}} }, // nothing comes
		"until    ":   func(d *watch.WindowDraft) { d.Times.From = w.now.Add(2 * time.Hour) },
		"endpoints  ": func(d *watch.WindowDraft) { d.Endpoints = []string{strings.Repeat("x", 5000)} },
	} {
		d := watch.WindowDraft{Title: "New switches", Sites: []string{"Berlin"}, Times: until(w.now.Add(time.Hour))}
		change(&d)
		if _, err := w.PlanWindow(t.Context(), ben, d); fault.FieldOf(err) != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.PlanWindow(t.Context(), anna, watch.WindowDraft{}); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
}

// TestWindowsOfPlaces: what recurs and says no time zone recurs by the clocks of where its
// machines stand, also when those are changed, and what is for groups by the desk's.
func TestWindowsOfPlaces(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["c"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-3", Site: "Paris"}
	w.facts[watch.GroupSubject("Tills")] = watch.Facts{Name: "Tills"}
	for want, d := range map[string]watch.WindowDraft{
		"Europe/Berlin":    {Sites: []string{"Berlin"}, Endpoints: []string{"LT-1"}},
		"Europe/Paris":     {Endpoints: []string{"c"}},
		"America/New_York": {Groups: []string{"Tills"}},
	} {
		given := &alert.Weekly{Days: []time.Weekday{time.Sunday}, Minute: 6 * 60, For: time.Hour}
		d.Title, d.Times = "Updates", alert.Times{Weekly: given}
		x, err := w.PlanWindow(t.Context(), ben, d)
		if err != nil || x.Times.Weekly.Zone != want || given.Zone != "" {
			t.Errorf("%v: %+v, want %s", err, x.Times.Weekly, want)
			continue
		}
		zone, err := time.LoadLocation(want)
		if err != nil {
			t.Fatal(err)
		}
		for at, end := w.now, w.now.AddDate(1, 0, 0); at.Before(end); {
			next, ok := x.Times.Next(at)
			if !ok || next.From.In(zone).Format("Mon 15:04") != "Sun 06:00" {
				t.Errorf("after %s it is on at %s, %v", at, next.From.In(zone), ok)
				break
			}
			at = next.From
		}
	}
}
