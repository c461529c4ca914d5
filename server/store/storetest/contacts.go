package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/ticket"
)

var boss = auth.Actor{Kind: auth.Staff, Person: "boss", Name: "Boss", Role: auth.Admin}

func (w *World) found(t *testing.T, q people.Query) []string {
	t.Helper()
	var names []string
	for {
		rows, next, err := w.Keeper.List(t.Context(), boss, q)
		must(t, err)
		for _, r := range rows {
			names = append(names, r.Name)
		}
		if next == "" {
			return names
		}
		q.After = next
	}
}

func testContacts(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	ring := w.Ring(t, "01A", "Printer")
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "1000")
	must(t, err)
	yes, site, phone, ben := true, w.Site.ID, "+49 (30) 123-45", w.Ben.Person
	name, email := "Mía Müßter", "Mia@Example.com"
	_, err = w.Keeper.Change(ctx, w.Anna, mia.Person, people.Change{Name: &name, Email: &email, VIP: &yes, Site: &site, Phone: &phone, Manager: &ben})
	must(t, err)
	_, err = w.Desk.Do(ctx, w.Anna, ring.Ticket, 0, ticket.Resolve{Solution: "New drum.", Code: ticket.Fixed})
	must(t, err)
	_, err = w.Desk.Act(ctx, w.message("01B", "b"), ring.Ticket, ticket.Rate{Rating: 4})
	must(t, err)
	w.Reopen(t)
	d, err := w.Keeper.Get(ctx, w.Anna, mia.Person)
	must(t, err)
	if d.Name != name || d.Email != "mia@example.com" || !d.VIP || d.SiteName != "Berlin" || d.ManagerName != "Ben" || d.Phone != phone {
		t.Errorf("got %+v", d.Row)
	}
	if want := (people.Tickets{Open: 0, All: 1, Rated: 1, Rating: 4}); d.Tickets != want || len(d.Accounts) != 1 || d.Accounts[0].Login != "mia" {
		t.Errorf("got %+v, %+v", d.Tickets, d.Accounts)
	}
	for text, want := range map[string]bool{"mia": true, "MUSSTER": true, "müßter mia": true, "3012345": true, "example.com mia": true, "mia berlin": false, "%": false, "_": false} {
		if got := w.found(t, people.Query{Text: text, Limit: 1}); strings.Contains(fmt.Sprint(got), name) != want {
			t.Errorf("searching for %q finds %v", text, got)
		}
	}
	if got := w.found(t, people.Query{VIP: true}); len(got) != 1 {
		t.Errorf("VIPs: %v", got)
	}
	if got := w.found(t, people.Query{Limit: 1}); len(got) != 3 {
		t.Errorf("in pages of one: %v", got)
	}
	// What cannot be.
	self, other, nowhere := mia.Person, "anna@example.com", "nowhere"
	for field, c := range map[string]people.Change{"manager": {Manager: &self}, "site": {Site: &nowhere}, "email": {Email: &name}} {
		_, err := w.Keeper.Change(ctx, w.Anna, mia.Person, c)
		wantCode(t, err, fault.Invalid)
		if fault.FieldOf(err) != field {
			t.Errorf("%s: the field is %q", field, fault.FieldOf(err))
		}
	}
	_, err = w.Keeper.Change(ctx, w.Anna, mia.Person, people.Change{Email: &other})
	wantCode(t, err, fault.Conflict)
	_, err = w.Keeper.Change(ctx, w.Anna, ben, people.Change{Manager: &self}) // Mia's manager is Ben
	wantCode(t, err, fault.Invalid)
	_, err = w.Keeper.Change(ctx, w.Anna, ben, people.Change{Email: &email}) // who signs in with it
	wantCode(t, err, fault.Invalid)
	_, err = w.Keeper.Change(ctx, auth.Actor{Kind: auth.Staff, Role: auth.Operator}, mia.Person, people.Change{VIP: &yes})
	wantCode(t, err, fault.Forbidden)
}

// half is a list of which half is wrong, as a German Excel writes it.
const half = "E-Mail;Name;Standort;Vorgesetzter;VIP;Telefon\r\n" +
	"a@example.com;Änne Größ;Berlin;b@example.com;ja;1\r\n" +
	"b@example.com;Bo;BERLIN;;nein;2\r\n" +
	"c@example.com;Cleo;Berlim;;;\r\n" + // 4: no such site
	"not an address;Dora;;;;\r\n" + // 5
	"e@example.com;;;;;\r\n" + // 6: new without a name
	"a@example.com;Again;;;;\r\n" + // 7: twice
	"f@example.com;Finn;;nobody@example.com;;\r\n" + // 8: no such manager
	"g@example.com;Gus;;;perhaps;\r\n" + // 9
	"h@example.com;Hal;;i@example.com;;\r\n" + // 10: each other's manager
	"i@example.com;Ida;;h@example.com;;\r\n" + // 11
	"j@example.com;Jo;;j@example.com;;\r\n" + // 12: their own
	";Kim;;;;\r\n" + // 13
	"l@example.com;Lu;Berlin\r\n" + // 14: too few cells
	"m@example.com;\"Mo\r\nMa\";;;;\r\n" + // 15: a line break in a name
	"n@example.com;Ned;;;;\r\n"

func testImportPeople(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	latin := strings.NewReplacer("Ä", "\xc4", "ö", "\xf6", "ß", "\xdf").Replace(half)
	before := w.found(t, people.Query{})
	_, err := w.Keeper.Import(ctx, boss, []byte(latin), nil)
	wantCode(t, err, fault.Invalid)
	wrong, ok := errors.AsType[*people.LinesError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, l := range wrong.Lines {
		got = append(got, fmt.Sprintf("%d %s", l.Line, l.Column))
		if !strings.HasSuffix(l.Sentence, ".") && !strings.HasSuffix(l.Sentence, "?") {
			t.Errorf("line %d: %q is no sentence", l.Line, l.Sentence)
		}
	}
	want := []string{"4 Standort", "5 E-Mail", "6 Name", "7 E-Mail", "8 Vorgesetzter", "9 VIP", "10 Vorgesetzter", "11 Vorgesetzter", "12 Vorgesetzter", "13 E-Mail", "14 ", "15 Name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the wrong lines (-want +got):\n%s", diff)
	}
	if !strings.Contains(fmt.Sprint(wrong.Lines), "“Berlin”?") {
		t.Error("nobody is told which site was meant")
	}
	if diff := cmp.Diff(before, w.found(t, people.Query{})); diff != "" {
		t.Errorf("something was imported:\n%s", diff)
	}
	p, err := w.Keeper.Preview(ctx, boss, []byte(latin), nil)
	must(t, err)
	if p.Table.Encoding != "Windows-1252" || p.Table.Separator != ';' || len(p.Wrong) != len(want) {
		t.Errorf("the preview: %s %q, %d wrong", p.Table.Encoding, p.Table.Separator, len(p.Wrong))
	}

	good := strings.Join(strings.SplitAfter(latin, "\r\n")[:3], "")
	p, err = w.Keeper.Import(ctx, boss, []byte(good), nil)
	must(t, err)
	if p.Added != 2 {
		t.Errorf("%d added", p.Added)
	}
	w.Reopen(t)
	here, err := w.DB.People().ByEmail(ctx, []string{"a@example.com", "b@example.com"})
	must(t, err)
	a, b := here["a@example.com"], here["b@example.com"]
	if a.Name != "Änne Größ" || a.Manager != b.ID || a.Site != w.Site.ID || !a.VIP || b.VIP || a.Phone != "1" {
		t.Errorf("got %+v and %+v", a, b)
	}
	// Again: nothing changes. Then the other way round, an emptied cell, and somebody on the staff.
	p, err = w.Keeper.Import(ctx, boss, []byte(good), nil)
	must(t, err)
	if p.Added+p.Changed != 0 || p.Same != 2 {
		t.Errorf("the same list again: %+v", p)
	}
	p, err = w.Keeper.Import(ctx, boss, []byte("email,manager,phone,title\nb@example.com,a@example.com,,\"Head, all\"\na@example.com,-,-,\nanna@example.com,b@example.com,77,Technician\n"), nil)
	must(t, err)
	if p.Added != 0 || p.Changed != 3 {
		t.Errorf("got %+v", p)
	}
	here, err = w.DB.People().ByEmail(ctx, []string{"a@example.com", "b@example.com", "anna@example.com"})
	must(t, err)
	a2, b2, anna := here["a@example.com"], here["b@example.com"], here["anna@example.com"]
	if a2.Manager != "" || a2.Phone != "" || a2.Name != a.Name || b2.Manager != a.ID || b2.Phone != "2" || b2.Title != "Head, all" {
		t.Errorf("got %+v and %+v", a2, b2)
	}
	if anna.Role != auth.Technician || anna.Phone != "77" || anna.Disabled {
		t.Errorf("the import made Anna %+v", anna)
	}
	// A circle of which one half is here already.
	_, err = w.Keeper.Import(ctx, boss, []byte("email,manager\na@example.com,anna@example.com\n"), nil)
	wantCode(t, err, fault.Invalid)
	log, err := w.AuditLog(ctx, "people", 0, 10)
	must(t, err)
	if len(log) != 2 || strings.Contains(string(log[0].Detail)+string(log[1].Detail), "example") {
		t.Errorf("the audit log has %d entries: %v", len(log), log)
	}
	_, err = w.Keeper.Import(ctx, w.Anna, []byte(good), nil)
	wantCode(t, err, fault.Forbidden)
}

func testImportMany(t *testing.T, e Engine) {
	w := Open(t, e)
	var b strings.Builder
	b.WriteString("email,name,site,manager,phone\n")
	const n = 10_000
	for i := range n {
		fmt.Fprintf(&b, "p%d@example.com,Person %d,Berlin,%s,%d\n", i, i, map[bool]string{true: fmt.Sprintf("p%d@example.com", i-1)}[i > 0], i)
	}
	start := time.Now()
	p, err := w.Keeper.Import(t.Context(), boss, []byte(b.String()), nil)
	must(t, err)
	if p.Added != n {
		t.Errorf("%d added", p.Added)
	}
	took := time.Since(start)
	start = time.Now()
	p, err = w.Keeper.Import(t.Context(), boss, []byte(strings.ReplaceAll(b.String(), "Person", "Human")), nil)
	must(t, err)
	if p.Changed != n {
		t.Errorf("%d changed", p.Changed)
	}
	t.Logf("%d lines: added in %s, changed in %s", n, took.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	if took > 60*time.Second {
		t.Errorf("it took %s", took)
	}
	// One wrong line of so many, and nothing happens.
	_, err = w.Keeper.Import(t.Context(), boss, []byte(strings.ReplaceAll(b.String(), "p9999@example.com", "p9999")), nil)
	wantCode(t, err, fault.Invalid)
	if got := w.found(t, people.Query{Text: "human 5000", Limit: 200}); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}
