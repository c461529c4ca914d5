package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notify"
)

// testChannels keeps channels, what they were told and what is on its way over a
// restart, with hostile text in all of it; and leaves nothing of a channel that goes.
func testChannels(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Channels()
	at := w.Now().Truncate(time.Millisecond).UTC()
	hook := notify.Usual(notify.Webhook)
	hook.ID, hook.Version, hook.Name, hook.Sealed = "c1", 1, "Zürich\x00 „1“", []byte{0, 255, 7}
	mail := notify.Usual(notify.Mail)
	mail.ID, mail.Name, mail.Where.To = "c2", "Mail", []string{"a@example.com"}
	line := notify.Line{ID: "Hot.1", Rule: "Hot", Severity: alert.Critical, Summary: "hot\x00\x1b[31m", Labels: map[string]string{"site": "Zürich\x00"}, Fired: at.Add(time.Nanosecond), Value: 1e308}
	told := notify.Told{Labels: map[string]string{"site": "Zürich\x00"}, At: at, Alerts: map[string]notify.Mark{"Hot.1": {Line: line}, "Hot.2": {Line: line, Sent: true}}}
	row := func(id, channel, group string, state notify.State, n int) notify.Row {
		return notify.Row{ID: id, Channel: channel, Group: group, Note: notify.Note{ID: id, Event: notify.Firing, Group: group, Labels: told.Labels, At: at, Alerts: []notify.Line{line}},
			State: state, Created: at, Since: at, Next: at.Add(time.Duration(n) * time.Second), Attempts: n, Unsure: n == 2, Problem: "It answered 500."}
	}
	must(t, s.Update(ctx, func(tx notify.Tx) error {
		must(t, tx.SaveChannel(hook))
		must(t, tx.SaveChannel(mail))
		must(t, tx.SaveTold("c1", "g", told, told.Alerts, nil))
		must(t, tx.SaveTold("c2", "g", told, nil, nil))
		for _, r := range []notify.Row{row("m1", "c1", "g", notify.Waiting, 2), row("m2", "c1", "h", notify.Waiting, 1), row("m3", "c2", "g", notify.Waiting, 3), row("m4", "c1", "i", notify.Dead, 4)} {
			must(t, tx.SaveRow(r))
		}
		return nil
	}))
	told.At = at.Add(time.Minute)
	told.Alerts = map[string]notify.Mark{"Hot.1": {Line: line, Sent: true}}
	sent := row("m2", "c1", "h", notify.Sent, 1)
	sent.Done, sent.Problem = at.Add(time.Second), ""
	must(t, s.Update(ctx, func(tx notify.Tx) error {
		must(t, tx.SaveTold("c1", "g", told, told.Alerts, []string{"Hot.2", "Hot.never"}))
		return tx.SaveRow(sent)
	}))
	w.Reopen(t)
	s = w.DB.Channels()
	channels, err := s.Channels(ctx)
	must(t, err)
	if diff := cmp.Diff([]notify.Channel{hook, mail}, channels); diff != "" {
		t.Error(diff)
	}
	all, err := s.Told(ctx)
	must(t, err)
	if diff := cmp.Diff(told, all["c1"]["g"]); diff != "" || len(all["c2"]["g"].Alerts) != 0 {
		t.Errorf("%s, %v", diff, all["c2"])
	}
	rows := func(q notify.RowQuery, want ...notify.Row) {
		t.Helper()
		got, err := s.Rows(ctx, q)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
	rows(notify.RowQuery{State: notify.Waiting}, row("m1", "c1", "g", notify.Waiting, 2), row("m3", "c2", "g", notify.Waiting, 3))
	rows(notify.RowQuery{State: notify.Waiting, Due: at.Add(2 * time.Second)}, row("m1", "c1", "g", notify.Waiting, 2))
	rows(notify.RowQuery{State: notify.Waiting, Channel: "c2", Limit: 1}, row("m3", "c2", "g", notify.Waiting, 3))
	rows(notify.RowQuery{State: notify.Sent, Channel: "c1", Group: "h"}, sent)
	rows(notify.RowQuery{State: notify.Sent, Channel: "c1", Group: "g"})
	rows(notify.RowQuery{State: notify.Dead}, row("m4", "c1", "i", notify.Dead, 4))
	if _, err := s.Row(ctx, "never"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	must(t, s.Update(ctx, func(tx notify.Tx) error { return tx.SweepRows(at.Add(time.Minute)) }))
	rows(notify.RowQuery{State: notify.Sent})
	must(t, s.Update(ctx, func(tx notify.Tx) error {
		must(t, tx.DeleteTold("c2", "g"))
		must(t, tx.DeleteRow("m3"))
		return tx.DeleteChannel("c1")
	}))
	channels, err = s.Channels(ctx)
	must(t, err)
	if all, err = s.Told(ctx); err != nil || len(all) != 0 || len(channels) != 1 {
		t.Errorf("%v, %v, %v", all, channels, err)
	}
	rows(notify.RowQuery{State: notify.Waiting})
	rows(notify.RowQuery{State: notify.Dead})
}
