package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/watch"
)

// testAlerts keeps alerts over a restart, as they were and with the moment of that;
// takes out what is gone; and pages through the log, the newest first.
func testAlerts(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	at := w.Now().Truncate(time.Millisecond).UTC()
	item := func(id, endpoint string) watch.Item {
		return watch.Item{
			ID: id, Rule: "Hot", Severity: alert.Warning, Labels: map[string]string{"endpoint": endpoint, "site": "Zürich\x00 „1“"}, Summary: "It is hot.",
			Alert: alert.Alert{State: alert.Firing, Since: at, ActiveAt: at.Add(-time.Minute), FiredAt: at, Value: 1e308, Changes: 1 << 22},
			Care:  watch.Care{AckedAt: at, AckedBy: "Anna", OwnerID: "1", Owner: "Ben", Note: "Seen „it“.", NotedBy: "Anna", NotedAt: at},
		}
	}
	entry := func(n int, endpoint string) watch.Entry {
		return watch.Entry{At: at.Add(time.Duration(n) * time.Second), Alert: fmt.Sprint("Hot.", endpoint), Rule: "Hot", Severity: alert.Warning, Endpoint: endpoint, Site: "Zürich", Did: watch.Fired, Summary: fmt.Sprint("Number ", n), Value: 86.5, By: "Anna", To: "Ben", Note: "A note „with“ <b>."}
	}
	a, b := item("Hot.a", "a"), item("Hot.b", "b")
	if list, when, err := w.DB.Watch().Alerts(ctx); err != nil || len(list) > 0 || !when.IsZero() {
		t.Fatalf("at first: %v, %v, %v", list, when, err)
	}
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Changed: []watch.Item{a, b}, Log: []watch.Entry{entry(1, "a"), entry(2, "b"), entry(2, "c")}, At: at}))
	a.Alert.State = alert.Resolved
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Changed: []watch.Item{a}, Gone: []string{"Hot.b", "Hot.never"}, Log: []watch.Entry{entry(3, "a")}, At: at.Add(time.Minute)}))
	done := audit.Entry{At: at, Actor: audit.Actor{Kind: "staff", ID: "1", Name: "Anna"}, Action: audit.AlertActed, Object: "alert:Hot.a", Detail: map[string]any{"did": "note"}}
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Changed: []watch.Item{a}, Audit: []audit.Entry{done}}))
	w.Reopen(t)
	if rows, err := w.DB.AuditLog(ctx, "alert:Hot.a", 0, 10); err != nil || len(rows) != 1 || rows[0].Action != audit.AlertActed {
		t.Errorf("%+v, %v", rows, err)
	}
	list, when, err := w.DB.Watch().Alerts(ctx)
	must(t, err)
	if diff := cmp.Diff([]watch.Item{a}, list, cmpopts.IgnoreUnexported(watch.Received{})); diff != "" || !when.Equal(at.Add(time.Minute)) {
		t.Errorf("%s, at %v", diff, when)
	}
	log := func(q watch.LogQuery, want ...string) {
		t.Helper()
		list, err := w.DB.Watch().AlertLog(ctx, q)
		must(t, err)
		var got []string
		for _, e := range list {
			got = append(got, e.Summary+" "+e.Endpoint)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
	log(watch.LogQuery{Limit: 10}, "Number 3 a", "Number 2 c", "Number 2 b", "Number 1 a")
	log(watch.LogQuery{Limit: 1}, "Number 3 a")
	log(watch.LogQuery{Limit: 10, Endpoint: "a"}, "Number 3 a", "Number 1 a")
	log(watch.LogQuery{Limit: 10, Alert: "Hot.b"}, "Number 2 b")
	log(watch.LogQuery{Limit: 10, Before: at.Add(3 * time.Second)}, "Number 2 c", "Number 2 b", "Number 1 a")
	got, err := w.DB.Watch().AlertLog(ctx, watch.LogQuery{Limit: 1})
	must(t, err)
	if diff := cmp.Diff([]watch.Entry{entry(3, "a")}, got); diff != "" {
		t.Error(diff)
	}
	hold := func(id string, over time.Time) watch.HoldDoc {
		return watch.HoldDoc{ID: id, Kind: alert.ForSilence, OverAt: over, Doc: []byte(`{"why": "„Because“"}`)}
	}
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Holds: []watch.HoldDoc{hold("1", time.Time{}), hold("2", time.Time{}), hold("3", at)}}))
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Holds: []watch.HoldDoc{hold("2", at.Add(time.Minute))}}))
	must(t, w.DB.Watch().SweepHolds(ctx, at.Add(time.Second)))
	holds, err := w.DB.Watch().Holds(ctx)
	must(t, err)
	if diff := cmp.Diff([]watch.HoldDoc{hold("1", time.Time{}), hold("2", at.Add(time.Minute))}, holds); diff != "" {
		t.Error(diff)
	}
	must(t, w.DB.Watch().SweepAlertLog(ctx, at.Add(2*time.Second)))
	log(watch.LogQuery{Limit: 10}, "Number 3 a", "Number 2 c", "Number 2 b")
}
