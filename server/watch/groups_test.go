package watch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/group"
	"github.com/deskbell/deskbell/server/watch"
)

// TestGroupsAreWorkedOn: a window and a silence for a group hold the machines that are in
// it at that time: who joins is held, who leaves counts again, and a group that is gone
// holds nothing, instead of everything.
func TestGroupsAreWorkedOn(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"], w.facts["c"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}, watch.Facts{Name: "LT-3", Site: "Paris"}
	w.facts[watch.GroupSubject("Finance")] = watch.Facts{Name: "Finance"}
	w.groups = map[string][]string{"a": {"Finance"}, "c": {"All of it", "Finance"}}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	w.is(diagnostics.Temperature, 85, "a", "b", "c")
	w.round(0)
	want := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, h := range w.held() {
			got = append(got, h[:strings.Index(h, " ")+4])
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	window := w.plan(watch.WindowDraft{Title: "New disks", Groups: []string{"Finance", " Finance"}, Times: until(w.now.Add(2 * time.Hour))})
	want("at once", "LT-1: mai", "LT-3: mai")
	if len(w.Maintained("a", "Berlin")) != 1 || len(w.Maintained("b", "Berlin")) != 0 {
		t.Error("a machine's page does not say whether it is worked on")
	}
	w.groups = map[string][]string{"b": {"Finance"}, "c": {"All of it"}}
	w.restart()
	w.round(15 * time.Second)
	want("when others are in it", "LT-2: mai")
	delete(w.facts, watch.GroupSubject("Finance"))
	w.groups = nil
	w.round(15 * time.Second)
	want("when the group is gone")
	if list, err := w.Windows(anna); err != nil || !list[0].On || list[0].Holds != 0 || !slices.Equal(list[0].Groups, []string{"Finance"}) || !list[0].Gone["Finance"] {
		t.Errorf("%+v, %v", list, err)
	}
	if err := w.EndWindow(t.Context(), ben, window.ID); err != nil {
		t.Error(err)
	}
	for name, d := range map[string]watch.WindowDraft{
		"groups":    {Title: "x", Groups: []string{"Finance"}, Times: until(w.now.Add(time.Hour))},           // it is gone
		"endpoints": {Title: "x", Endpoints: []string{"Nightly backup"}, Times: until(w.now.Add(time.Hour))}, // that is no endpoint
	} {
		w.facts["h"] = watch.Facts{Name: "Nightly backup"}
		if _, err := w.PlanWindow(t.Context(), ben, d); fault.FieldOf(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}

	// By what is silenced: those in the group; and those that are in no other.
	w.groups = map[string][]string{"a": {"Finance"}, "c": {"All of it", "Finance"}}
	s := w.silence(watch.SilenceDraft{Match: `endpoint_group="Finance"`, Times: until(w.now.Add(time.Hour)), Why: "Calm."})
	want("silenced", "LT-1: sil", "LT-3: sil")
	if err := w.EndSilence(t.Context(), ben, s.ID); err != nil {
		t.Error(err)
	}
	w.silence(watch.SilenceDraft{Match: `endpoint_group!="All of it", alertname="Hot"`, Times: until(w.now.Add(time.Hour)), Why: "Calm."})
	want("all but a group", "LT-1: sil", "LT-2: sil")
}

// TestARenamedGroupIsWorkedOn: a window and a silence for a group hold its machines under its
// new name from the moment on that it has it, and over a restart; what cannot be stored, or not be
// read again, changes nothing.
func TestARenamedGroupIsWorkedOn(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}
	w.facts[watch.GroupSubject("Old")] = watch.Facts{Name: "Old"}
	w.groups = map[string][]string{"a": {"Old"}, "b": {"Calm"}}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	w.is(diagnostics.Temperature, 85, "a", "b")
	w.round(0)
	w.plan(watch.WindowDraft{Title: "New disks", Groups: []string{"Old"}, Times: until(w.now.Add(2 * time.Hour))})
	w.silence(watch.SilenceDraft{Match: `endpoint_group="Old", alertname="Hot"`, Times: until(w.now.Add(time.Hour)), Why: "Calm."})
	w.silence(watch.SilenceDraft{Match: `endpoint_group="Calm", alertname=~"H.*"`, Times: until(w.now.Add(time.Hour)), Why: "Calm."})
	held := func(what string) {
		t.Helper()
		got := w.held()
		slices.Sort(got)
		if d := cmp.Diff([]string{"LT-1: maintenance In maintenance: New disks (planned by Ben).", "LT-1: silence Silenced by Ben: Calm.", "LT-2: silence Silenced by Ben: Calm."}, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	held("before")
	then := func() { w.groups = map[string][]string{"a": {"New"}, "b": {"Calm"}} }
	down := errors.New("the disk")
	if err := w.RenameGroup(t.Context(), "Old", "New", func(map[string][]byte) error { return down }, then); !errors.Is(err, down) {
		t.Error(err)
	}
	held("when it was not stored")
	store := func(from string) func(docs map[string][]byte) error {
		return func(docs map[string][]byte) error {
			var follow []group.Doc
			for id, doc := range docs {
				follow = append(follow, group.Doc{Of: group.Holds, ID: id, Doc: doc})
			}
			if len(docs) != 2 {
				t.Errorf("%d follow", len(docs))
			}
			return w.db.Groups().RenameGroup(t.Context(), group.Group{ID: "1", Name: "New"}, from, follow, nil)
		}
	}
	if err := w.RenameGroup(t.Context(), "Old", "New", store("Old"), then); err != nil {
		t.Fatal(err)
	}
	w.facts[watch.GroupSubject("New")] = watch.Facts{Name: "New"}
	delete(w.facts, watch.GroupSubject("Old"))
	held("after")
	w.restart()
	w.round(15 * time.Second)
	held("after a restart")
	if list, err := w.Windows(anna); err != nil || len(list) != 1 || !slices.Equal(list[0].Groups, []string{"New"}) || list[0].Gone["New"] {
		t.Errorf("%+v, %v", list, err)
	}
	long := `endpoint_group="New", alertname=~"` + strings.Repeat("x|", 960) + `y"`
	w.silence(watch.SilenceDraft{Match: long, Times: until(w.now.Add(time.Hour)), Why: "Calm."})
	err := w.RenameGroup(t.Context(), "New", strings.Repeat("ß", 80), func(map[string][]byte) error { t.Error("stored"); return nil }, then)
	if fault.FieldOf(err) != "name" || !strings.Contains(fault.Sentence(err), "shorter") {
		t.Errorf("a name with which a silence could not be read again: %v", err)
	}
}

// TestAlertsOfGroups: a rule over a group's series makes an alert that is the group's: it
// leads to its machines, a window for the group holds it, and it is withdrawn with the group.
func TestAlertsOfGroups(t *testing.T) {
	w := newWorld(t)
	w.facts[watch.GroupSubject("Finance")] = watch.Facts{Name: "Finance"}
	w.own("own.yaml", `
groups:
- name: own
  rules:
  - alert: OfGroup
    expr: deskbell_group_suffering_ratio > 0.3
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.name }}: {{ $value }}'}
`)
	share := func(v float64, groups ...string) {
		for _, g := range groups {
			w.put("group_suffering_ratio", v, watch.GroupLabel, g)
		}
	}
	share(0.5, "Finance", "Nobody's")
	w.round(0)
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil || len(list) != 1 || list[0].Summary != "Finance: 0.5" || list[0].Page() != "/endpoints?group=Finance" {
		t.Fatalf("%+v, %v", list, err)
	}
	if a, err := w.Alarm(anna); err != nil || a.Critical != 1 || a.Checks != 0 {
		t.Errorf("a group counts as a check that fails: %+v, %v", a, err)
	}
	w.plan(watch.WindowDraft{Title: "New disks", Groups: []string{"Finance"}, Times: until(w.now.Add(time.Hour))})
	if got := w.held(); len(got) != 1 {
		t.Errorf("held: %q", got)
	}
	if list, _, err = w.Alerts(anna, watch.Query{}); err != nil {
		t.Fatal(err)
	}
	if m, err := alert.ParseMatchers(`endpoint_group=~"Fin.*"`); err != nil || !m.Fit(&alert.Instance{Labels: list[0].Labels, Groups: list[0].Groups}) {
		t.Errorf("a channel for the group does not hear of it: %+v, %v", list[0], err)
	}
	for range 4 { // the built-in one, which waits ten minutes
		w.now = w.now.Add(4 * time.Minute)
		share(0.5, "Finance")
		w.put("group_suffering", 3, watch.GroupLabel, "Finance")
		w.round(0)
	}
	if said := strings.Join(w.says(), "\n"); !strings.Contains(said, "GroupSuffers firing: Every third machine of the group “Finance” is unwell, or more.") {
		t.Error(said)
	}
	delete(w.facts, watch.GroupSubject("Finance"))
	share(0.5, "Finance")
	w.round(15 * time.Second)
	if list, _, err = w.Alerts(anna, watch.Query{}); err != nil || len(list) != 0 {
		t.Errorf("the alert of a group that is gone is still there: %+v", list)
	}
}

// TestAlarmCountsChecks: beside the wall stands how many checks and heartbeats fail, and no
// network device is one.
func TestAlarmCountsChecks(t *testing.T) {
	w := newWorld(t)
	for label, id := range map[string]string{"check": "c1", "heartbeat": "h1", "network_device": "d1"} {
		w.facts[id] = watch.Facts{Name: label}
		w.put("own_fault", 1, label, id)
	}
	w.own("own.yaml", `groups:
- name: own
  rules:
  - alert: OwnFault
    expr: deskbell_own_fault > 0
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }}'}
`)
	w.round(0)
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if a, err := w.Alarm(anna); err != nil || a.Checks != 2 || a.Critical != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}
