package storetest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/ticket"
)

// everywhere looks for texts in every column of every table, whatever its type, and
// returns where they stand.
func (w *World) everywhere(t *testing.T, needles ...string) []string {
	t.Helper()
	driver, tables, columns := "sqlite", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", "SELECT name FROM pragma_table_info('%s')"
	if w.Engine() == "postgres" {
		driver = "pgx"
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
		columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '%s'"
	}
	db, err := sql.Open(driver, w.DSN)
	must(t, err)
	defer db.Close()
	list := func(query string) []string {
		rows, err := db.QueryContext(t.Context(), query)
		must(t, err)
		defer rows.Close()
		var out []string
		for rows.Next() {
			var b sql.RawBytes
			must(t, rows.Scan(&b))
			out = append(out, string(b))
		}
		must(t, rows.Err())
		return out
	}
	seen, found := 0, []string{}
	for _, table := range list(tables) {
		for _, column := range list(fmt.Sprintf(columns, table)) {
			cell := fmt.Sprintf(`"%s"`, column)
			if w.Engine() == "postgres" {
				cell += "::text" // of bytes the hexadecimal form
			}
			for _, v := range list(fmt.Sprintf(`SELECT %s FROM "%s" WHERE "%s" IS NOT NULL`, cell, table, column)) {
				seen++
				for _, n := range needles {
					if strings.Contains(strings.ToLower(v), strings.ToLower(n)) || strings.Contains(v, fmt.Sprintf("%x", n)) {
						found = append(found, fmt.Sprintf("%s.%s: %s in %.120q", table, column, n, v))
					}
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d values were looked at", seen)
	}
	return found
}

func testRemoval(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	put := func(actor auth.Actor, name, body string) ticket.Attachment {
		a, err := w.Desk.Store(ctx, actor, name, []byte(body))
		must(t, err)
		return a
	}
	stranger := w.Ring(t, "00S", "The stranger's printer") // Eve's, and nothing of it may change
	mia := desk.Message{Endpoint: w.Endpoint, ID: "01A", Body: []byte("x"), UID: "1001", Login: "mmuster77", Full: "Mirabella Mustermann"}
	picture := put(w.Anna, "mirabellas-screen.png", "picture-bytes-zebra")
	shared := put(w.Anna, "manual.txt", "manual-bytes-shared")
	out, err := w.Desk.Ring(ctx, mia, desk.Draft{
		Title: "Quokka on my screen", Body: "I, Mirabella, see a quokka.", Attachments: []ticket.Attachment{picture, shared},
		Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full.", Detail: "/home/mmuster77 is full", Said: diagnostics.Said{Sentence: tongue.Of("finding.disk_full", tongue.Name("disk", "/home/mmuster77"))}, Evidence: []diagnostics.Evidence{{What: "home", Value: "/home/mmuster77"}}}},
		Snapshot: json.RawMessage(`{"version":1,"users":["mmuster77"]}`), TakenAt: w.Now(),
	})
	must(t, err)
	actor, err := w.Desk.PersonOf(ctx, w.Endpoint, "1001")
	must(t, err)
	email, phone, notes := "m.mustermann@example.com", "+49 30 998877", "Allergic to wombats."
	_, err = w.Keeper.Change(ctx, w.Anna, actor.Person, people.Change{Email: &email, Phone: &phone, Notes: &notes, Title: &notes})
	must(t, err)
	do := func(a auth.Actor, c ticket.Command) {
		t.Helper()
		_, err := w.Desk.Do(ctx, a, out.Ticket, 0, c)
		must(t, err)
	}
	act := func(id string, c ticket.Command) {
		t.Helper()
		m := mia
		m.ID, m.Body = id, []byte(id)
		_, err := w.Desk.Act(ctx, m, out.Ticket, c)
		must(t, err)
	}
	do(w.Anna, ticket.Take{})
	do(w.Anna, ticket.Reply{Message: "01R", Body: "Dear Mirabella, I called +49 30 998877; the disk of mmuster77 is full."})
	act("01B", ticket.Reply{Message: "01B", Body: "Thank you. My cat is called Axolotl."})
	do(w.Anna, ticket.Note{Message: "01N", Body: "Mirabella Mustermann is nice. Mail: M.Mustermann@Example.com"})
	do(w.Anna, ticket.Resolve{Message: "01S", Solution: "Emptied it for Mrs Mustermann.", Code: ticket.Fixed})
	act("01C", ticket.Reopen{Message: "01C", Body: "The quokka is back."})
	do(w.Ben, ticket.Resolve{Message: "01T", Solution: "Emptied it.", Code: ticket.Fixed})
	act("01D", ticket.Rate{Rating: 5, Comment: "Wallaby!"})
	// In somebody else's ticket the staff name her, and need the same manual.
	_, err = w.Desk.Do(ctx, w.Ben, stranger.Ticket, 0, ticket.Note{Message: "02N", Body: "As with Mirabella Mustermann. Look at the manual.", Attachments: []ticket.Attachment{shared}})
	must(t, err)
	link, _, err := w.Auth.MakePortalLink(ctx, auth.Actor{Kind: auth.Endpoint, Endpoint: w.Endpoint}, "1001", "mmuster77", "")
	must(t, err)
	_, _, err = w.Auth.EnterLink(ctx, auth.PortalLink, link, "Firefox of mmuster77")
	must(t, err)

	secrets := []string{"mirabella", "mustermann", "mmuster77", "quokka", "axolotl", "wallaby", "wombats", "998877", "zebra", "mirabellas-screen"}
	for _, s := range secrets {
		if len(w.everywhere(t, s)) == 0 {
			t.Errorf("%s is nowhere even before", s)
		}
	}
	figures := func() report.Report {
		r := report.New(w.DB.Reports(), report.More{}, time.Now, slog.New(slog.DiscardHandler))
		must(t, r.CatchUp(ctx))
		f, err := r.Figures(ctx, boss, report.Query{From: w.Now().AddDate(0, 0, -1), To: w.Now().AddDate(0, 0, 1), By: report.ByTechnician})
		must(t, err)
		f.AsOf, f.Query = report.AsOf{}, report.Query{}
		return f
	}
	before, err := w.DB.Desk().History(ctx, out.Ticket)
	must(t, err)
	other, err := w.DB.Desk().History(ctx, stranger.Ticket)
	must(t, err)
	statistics := figures()

	p, err := w.Keeper.PreviewRemoval(ctx, boss, actor.Person)
	must(t, err)
	if p.Tickets != 2 || p.Words != 4 || p.Files != 1 || p.Snapshots != 1 || len(p.Accounts) != 1 {
		t.Errorf("the preview says %d tickets, %d words, %d files, %d snapshots, %d accounts", p.Tickets, p.Words, p.Files, p.Snapshots, len(p.Accounts))
	}
	if len(w.everywhere(t, "quokka")) == 0 {
		t.Error("the preview has removed something")
	}
	_, err = w.Keeper.Remove(ctx, w.Anna, actor.Person)
	wantCode(t, err, fault.Forbidden)
	_, err = w.Keeper.Remove(ctx, boss, w.Ben.Person) // on the staff
	wantCode(t, err, fault.Conflict)
	_, err = w.Keeper.Remove(ctx, boss, actor.Person)
	must(t, err)
	w.Reopen(t)

	for _, f := range w.everywhere(t, secrets...) {
		t.Errorf("left: %s", f)
	}
	after, err := w.DB.Desk().History(ctx, out.Ticket)
	must(t, err)
	if len(after) != len(before)+1 || after[len(before)].Type != ticket.PersonalDataGone || after[len(before)].Actor.ID != boss.Person {
		t.Errorf("the history has %d events, and had %d", len(after), len(before))
	}
	for i := range before {
		a, b := before[i], after[i]
		if a.Type != b.Type || !a.At.Equal(b.At) || a.Actor.ID != b.Actor.ID || a.Rating != b.Rating || (a.Body == "") != (b.Body == "") {
			t.Errorf("event %d was %+v and is %+v", i, a, b)
		}
	}
	d, err := w.Desk.Get(ctx, w.Anna, out.Ticket)
	must(t, err)
	if diff := cmp.Diff(ticket.Replay(d.ID, d.Number, d.Ref, after), d.Ticket); diff != "" {
		t.Errorf("the stored ticket is not what its history comes to (-history +stored):\n%s", diff)
	}
	if d.Requester.Name != people.Former || d.Title != people.Gone || d.Rating != 5 || d.Findings[0].Code != "disk.full" {
		t.Errorf("got %+v", d.Ticket)
	}
	if diff := cmp.Diff(statistics, figures()); diff != "" {
		t.Errorf("the statistics have changed:\n%s", diff)
	}
	stays, err := w.DB.Desk().History(ctx, stranger.Ticket)
	must(t, err)
	if stays[0].Title != other[0].Title || stays[1].Body != "As with "+people.Former+". Look at the manual." {
		t.Errorf("of the stranger's ticket is left %+v", stays)
	}
	_, file, err := w.Desk.Attachment(ctx, w.Anna, stranger.Ticket, shared.SHA256)
	must(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(file)
	must(t, err)
	if b.String() != "manual-bytes-shared" {
		t.Errorf("the manual that others need is %q", b.String())
	}
	if got := w.found(t, people.Query{}); strings.Contains(fmt.Sprint(got), people.Former) {
		t.Errorf("the list of people has %v", got)
	}
	// Again: nothing more happens.
	_, err = w.Keeper.Remove(ctx, boss, actor.Person)
	must(t, err)
	again, err := w.DB.Desk().History(ctx, out.Ticket)
	must(t, err)
	log, err := w.AuditLog(ctx, "person:"+actor.Person, 0, 50)
	must(t, err)
	n := 0
	for _, row := range log {
		if row.Action == "person.removed" {
			n++
		}
	}
	if len(again) != len(after) || n != 1 {
		t.Errorf("again: %d events and %d entries", len(again), n)
	}
	// Who rings again is somebody new.
	mia.ID, mia.Body = "03A", []byte("y")
	_, err = w.Desk.Ring(ctx, mia, desk.Draft{Title: "Again"})
	must(t, err)
	anew, err := w.Desk.PersonOf(ctx, w.Endpoint, "1001")
	must(t, err)
	if anew.Person == actor.Person {
		t.Error("who was removed is back")
	}
}
