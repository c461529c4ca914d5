package watch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/watch"
)

var rack = auth.Actor{Kind: auth.Staff, Person: "boss", Role: auth.Manager, Limit: auth.Sender, Token: "rack 7"}

// report is an alert of others. It is called as a rule of ours is.
func report(over bool, pairs ...string) watch.Report {
	r := watch.Report{Rule: "DiskFull", Severity: alert.Critical, Summary: "The array is full.", Link: "https://am.example.com/x", Over: over,
		Labels: map[string]string{"alertname": "DiskFull", "severity": "page", "array": "a1"}}
	for i := 0; i < len(pairs); i += 2 {
		r.Labels[pairs[i]] = pairs[i+1]
	}
	return r
}

func (w *world) received() map[string]watch.Item {
	w.t.Helper()
	list, _, err := w.Alerts(anna, watch.Query{States: []alert.State{alert.Firing, alert.Unknown, alert.Resolved, alert.Pending}})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]watch.Item{}
	for _, i := range list {
		if i.From != "" {
			out[i.Labels["array"]] = i
		}
	}
	return out
}

// TestReceived goes through the life of an alert of others: it is one however often it is
// said, over restarts too; nobody's silence ends it, and a restart is no silence; what
// people make of it stays until it is told to be over.
func TestReceived(t *testing.T) {
	w := newWorld(t)
	hear := func(list ...watch.Report) {
		t.Helper()
		if err := w.Receive(t.Context(), rack, list); err != nil {
			t.Fatal(err)
		}
	}
	round := func() {
		t.Helper()
		if err := w.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	state := func(want alert.State) watch.Item {
		t.Helper()
		got := w.received()
		if len(got) != 1 || got["a1"].Alert.State != want {
			t.Fatalf("there are %+v, want one that is %s", got, want)
		}
		return got["a1"]
	}
	round()
	hear(report(true)) // ended before it was heard of
	if len(w.received()) != 0 {
		t.Errorf("what began is unknown: %v", w.received())
	}
	hear(report(false), report(false))
	i := state(alert.Firing)
	if i.Rule != "DiskFull" || i.Severity != alert.Critical || i.Subject() != "" || i.Labels["origin"] != "rack 7" || i.Labels["severity"] != "critical" || i.Labels["exported_severity"] != "page" || i.Labels["alertname"] != "" {
		t.Errorf("%+v", i)
	}
	if _, err := w.Act(t.Context(), anna, watch.Act{Do: watch.Acknowledge, Alerts: []string{i.ID}, Note: "seen"}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	round() // our rule of this name has nothing to say of it
	hear(report(false))
	id, began := i.ID, i.Alert.FiredAt
	for range 2 {
		w.restart()
		round()
		if i = state(alert.Firing); i.ID != id || !i.Alert.FiredAt.Equal(began) || !i.Care.Acked() || i.Care.Note != "seen" {
			t.Errorf("after a restart %+v", i)
		}
	}
	w.now = w.now.Add(watch.UsualSilence - time.Minute)
	round()
	state(alert.Firing)
	w.now = w.now.Add(time.Minute)
	round()
	if i = state(alert.Unknown); i.Alert.Counts() != alert.Firing || !i.Care.Acked() {
		t.Errorf("nothing is heard: %+v", i)
	}
	w.now = w.now.Add(48 * time.Hour)
	round()
	state(alert.Unknown)
	hear(report(false))
	state(alert.Firing)

	// The server is away for longer than the silence: who could not send has time to.
	w.now = w.now.Add(24 * time.Hour)
	w.restart()
	round()
	state(alert.Firing)
	w.now = w.now.Add(14 * time.Minute)
	round()
	state(alert.Firing)
	w.now = w.now.Add(time.Minute)
	round()
	state(alert.Unknown)
	hear(report(true))
	if i = state(alert.Resolved); i.Care.Acked() {
		t.Errorf("over: %+v", i)
	}
	w.now = w.now.Add(alert.Keep + time.Second)
	round()
	if len(w.received()) != 0 {
		t.Errorf("gone: %v", w.received())
	}
	log, err := w.Log(t.Context(), anna, watch.LogQuery{Alert: id, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var did []watch.Did
	for _, e := range log {
		did = append(did, e.Did)
	}
	if want := []watch.Did{watch.Ended, watch.Lost, watch.Found, watch.Lost, watch.Acked, watch.Fired}; fmt.Sprint(did) != fmt.Sprint(want) {
		t.Errorf("the log says %v, want %v", did, want)
	}
}

// TestReceivedUntil: a Prometheus says with each word until when it holds.
func TestReceivedUntil(t *testing.T) {
	w := newWorld(t)
	w.restart()
	if err := w.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour) // long after the start
	soon, never := report(false), report(false, "array", "a2")
	soon.Until, never.Until = w.now.Add(4*time.Minute), w.now.Add(1000*time.Hour)
	if err := w.Receive(t.Context(), rack, []watch.Report{soon, never}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after  time.Duration
		a1, a2 alert.State
	}{{3 * time.Minute, alert.Firing, alert.Firing}, {time.Minute, alert.Unknown, alert.Firing}, {8 * 24 * time.Hour, alert.Unknown, alert.Unknown}} {
		w.now = w.now.Add(c.after)
		if err := w.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.received(); got["a1"].Alert.State != c.a1 || got["a2"].Alert.State != c.a2 {
			t.Errorf("after %v: %v and %v", c.after, got["a1"].Alert.State, got["a2"].Alert.State)
		}
	}
	w.now = w.now.Add(31 * 24 * time.Hour) // nobody sends it any more
	if err := w.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.received(); len(got) != 0 {
		t.Errorf("after a month: %v", got)
	}
}

// TestReceivedForged: nobody speaks of an endpoint, in the name of others, or of what is
// held back; and what cannot be stored was not taken in.
func TestReceivedForged(t *testing.T) {
	w := newWorld(t)
	w.facts["e1"] = watch.Facts{Name: "PC-17", Site: "Berlin"}
	if err := w.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	forged := report(false, "endpoint", "e1", "heartbeat", "h", "origin", "Mars", "about", "silence", "site", "Bern")
	for _, actor := range []auth.Actor{{}, anna, {Kind: auth.Staff, Person: "t", Role: auth.Technician, Token: "x"}} {
		if err := w.Receive(t.Context(), actor, []watch.Report{forged}); err == nil {
			t.Errorf("taken from %+v", actor)
		}
	}
	if err := w.Receive(t.Context(), rack, []watch.Report{forged}); err != nil {
		t.Fatal(err)
	}
	i := w.received()["a1"]
	for label, want := range map[string]string{"endpoint": "", "exported_endpoint": "e1", "heartbeat": "", "origin": "rack 7", "exported_origin": "Mars", "about": "", "exported_about": "silence", "site": "Bern"} {
		if i.Labels[label] != want {
			t.Errorf("%s is %q, want %q", label, i.Labels[label], want)
		}
	}
	other := rack
	other.Token = "rack 8"
	if err := w.Receive(t.Context(), other, []watch.Report{{Rule: forged.Rule, Labels: forged.Labels, Over: true}}); err != nil {
		t.Fatal(err)
	}
	if i := w.received()["a1"]; i.Alert.State != alert.Firing {
		t.Errorf("another sender has ended it: %+v", i)
	}
	many := make([]watch.Report, 20_001)
	for n := range many {
		many[n] = report(false, "array", fmt.Sprint(n))
	}
	if err := w.Receive(t.Context(), rack, many); !fault.Is(err, fault.TooMany) || len(w.received()) != 1 {
		t.Errorf("too many: %v, and there are %d", err, len(w.received()))
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Receive(t.Context(), rack, []watch.Report{report(true, "endpoint", "e1", "heartbeat", "h", "origin", "Mars", "about", "silence", "site", "Bern"), report(false, "array", "a2")}); err == nil {
		t.Errorf("no database: %v", err)
	}
	if got := w.received(); len(got) != 1 || got["a1"].Alert.State != alert.Firing {
		t.Errorf("what was not stored is there: %+v", got)
	}
}
