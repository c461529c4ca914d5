package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
)

// testMailings keeps reports that are sent by mail over a restart: that one is sent
// together with its mails, or neither.
func testMailings(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	now := w.Now().UTC().Truncate(time.Millisecond)
	m := mailing.Mailing{
		ID: "1", Version: 1, Name: "Zürich „1“ <b>'", Kind: availability.Group, Of: "a\x00\nb", When: mailing.When{Every: mailing.Monthly, Day: 28, Minute: 90, Zone: "Europe/Berlin"}, Channel: "c",
		To: []mailing.Recipient{{Person: "p", Name: "Mia", Address: "mia@example.com"}, {Address: "x@example.com"}}, Owner: mailing.Person{ID: "p", Name: "Mia"}, Since: now,
	}
	file := notify.File{Name: "a.csv", Type: "text/csv", Data: []byte("a\x00\xff\n\"1\"")}
	row := notify.Row{ID: "m1", Channel: "c", Group: "letter-m1", State: notify.Waiting, Created: now, Since: now, Next: now, Note: notify.Note{
		ID: "m1", Event: notify.Report, Group: "letter-m1", Labels: map[string]string{}, At: now, Alerts: []notify.Line{}, Letter: true, Subject: "S", Text: "T", Page: "<p>", Files: []notify.File{file}, To: []string{"mia@example.com"},
	}}
	sent := m
	sent.Run = mailing.Run{Done: map[mailing.Every]string{mailing.Monthly: "2026-10-01"}, Period: mailing.Period{First: "2026-10-01", Last: "2026-10-31"}, Sent: now, Letters: []mailing.Letter{{ID: "m1", To: "mia@example.com", State: notify.Waiting}}}
	entry := audit.Entry{At: now, Actor: audit.Actor{Kind: "system"}, Action: audit.MailingSent, Object: "report:1"}
	write := func(m mailing.Mailing, fail error) error {
		return w.DB.Mailings().Update(ctx, func(tx mailing.Tx) error {
			for _, err := range []error{tx.SaveMailing(m), tx.SaveRow(row), tx.Audit(entry)} {
				if err != nil {
					return err
				}
			}
			return fail
		})
	}
	must(t, w.DB.Channels().Update(ctx, func(tx notify.Tx) error {
		c := notify.Usual(notify.Mail)
		c.ID, c.Name = "c", "Mail"
		return tx.SaveChannel(c)
	}))
	must(t, w.DB.Mailings().Update(ctx, func(tx mailing.Tx) error { return tx.SaveMailing(m) }))
	torn := errors.New("torn")
	if err := write(sent, torn); !errors.Is(err, torn) {
		t.Fatal(err)
	}
	is := func(want ...mailing.Mailing) {
		t.Helper()
		w.Reopen(t)
		list, err := w.DB.Mailings().Mailings(ctx)
		must(t, err)
		if diff := cmp.Diff(want, list); diff != "" {
			t.Error(diff)
		}
	}
	is(m)
	if _, err := w.DB.Channels().Row(ctx, "m1"); err == nil {
		t.Error("the mail of a report that was not sent is there")
	}
	must(t, write(sent, nil))
	is(sent)
	got, err := w.DB.Channels().Row(ctx, "m1")
	must(t, err)
	if diff := cmp.Diff(row.Note, got.Note); diff != "" {
		t.Error(diff)
	}
	must(t, w.DB.Mailings().Update(ctx, func(tx mailing.Tx) error { return tx.DeleteMailing("1") }))
	if list, err := w.DB.Mailings().Mailings(ctx); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
