package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/heartbeat"
)

// testHeartbeats keeps jobs that call in, their lives and calls over a restart, with
// hostile text in all of it; and leaves nothing of one that goes.
func testHeartbeats(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Beats()
	at := w.Now().Truncate(time.Millisecond).UTC()
	one := heartbeat.Heartbeat{ID: "h1", Version: 1, Name: "Zürich\x00 „1“", Note: "a\nb", Schedule: heartbeat.Schedule{Cron: "0 2 * * *", Zone: "Europe/Berlin"}, Grace: time.Hour, Severity: alert.Critical}
	two := heartbeat.Usual()
	two.ID = "h2"
	life := heartbeat.Life{LastAt: at, StartedAt: at, Took: time.Nanosecond, FailedAt: at, Exit: 255, DownAt: at, Calls: 3}
	call := func(n int64) heartbeat.Call {
		return heartbeat.Call{N: n, At: at, Kind: heartbeat.Failure, Exit: 7, Took: time.Second, From: "192.0.2.1", Body: "line 1\nline 2 „ä“"}
	}
	hostile := call(3)
	hostile.From, hostile.Body = "\x00::1", "a\x00b"
	must(t, s.Update(ctx, func(tx heartbeat.Tx) error {
		must(t, tx.SaveHeartbeat(one))
		must(t, tx.SaveHeartbeat(two))
		must(t, tx.SaveLife("h1", life))
		for _, c := range []heartbeat.Call{call(1), call(2), hostile} {
			must(t, tx.AddCall("h1", c))
		}
		return tx.AddCall("h2", call(1))
	}))
	one.Version = 2
	must(t, s.Update(ctx, func(tx heartbeat.Tx) error {
		must(t, tx.SaveHeartbeat(one)) // and its life stays
		return tx.DropCalls("h1", 1)
	}))
	w.Reopen(t)
	s = w.DB.Beats()
	rows, err := s.Heartbeats(ctx)
	must(t, err)
	if diff := cmp.Diff([]heartbeat.Row{{Heartbeat: one, Life: life}, {Heartbeat: two}}, rows); diff != "" {
		t.Error(diff)
	}
	hostile.From, hostile.Body = "::1", "ab"
	calls, err := s.Calls(ctx, "h1", 10)
	must(t, err)
	if diff := cmp.Diff([]heartbeat.Call{hostile, call(2)}, calls); diff != "" {
		t.Error(diff)
	}
	if calls, err = s.Calls(ctx, "h1", 1); err != nil || len(calls) != 1 || calls[0].N != 3 {
		t.Errorf("the last call: %v, %v", calls, err)
	}
	must(t, s.Update(ctx, func(tx heartbeat.Tx) error { return tx.DeleteHeartbeat("h1") }))
	if calls, err = s.Calls(ctx, "h1", 10); err != nil || len(calls) != 0 {
		t.Errorf("calls of one that is gone: %v, %v", calls, err)
	}
	if rows, err = s.Heartbeats(ctx); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
	if calls, err = s.Calls(ctx, "h2", 10); err != nil || len(calls) != 1 {
		t.Errorf("another's calls: %v, %v", calls, err)
	}
}
