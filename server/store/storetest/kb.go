package storetest

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/ticket"
)

func (w *World) base() *kb.Base { return kb.New(w.Knowledge(), w.Now) }

// employee is somebody who has never rung.
func (w *World) employee(uid string) auth.Actor {
	return auth.Actor{Kind: auth.Requester, Endpoint: w.Endpoint, UID: uid, Name: "uid " + uid}
}

func publish(t *testing.T, w *World, b *kb.Base, x kb.Text) kb.Article {
	t.Helper()
	a, err := b.Create(t.Context(), w.Anna, x, "")
	must(t, err)
	a, err = b.Publish(t.Context(), w.Anna, a.ID, a.Revision, "first")
	must(t, err)
	return a
}

func testArticles(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx, b := t.Context(), w.base()
	file, err := w.Desk.Store(ctx, w.Anna, "../../screen.png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01 picture"))
	must(t, err)
	text := kb.Text{Title: "  Restart the spooler ", Body: "Do **this**.", Audience: kb.Everyone, Files: []ticket.Attachment{file}}
	a, err := b.Create(ctx, w.Anna, text, "T1")
	must(t, err)
	mia := w.employee("1000")
	_, err = b.Get(ctx, mia, a.ID)
	wantCode(t, err, fault.NotFound) // a draft is nobody's to read
	if a.Draft.Title != "Restart the spooler" || a.Draft.Files[0].Name != "screen.png" || a.Draft.Files[0].Type != "image/png" {
		t.Errorf("got %+v", a.Draft)
	}
	if a, err = b.Publish(ctx, w.Anna, a.ID, a.Revision, "New."); err != nil {
		t.Fatal(err)
	}
	second := text
	second.Title, second.Body, second.Files = "Restart the print spooler", "Do that.", nil
	seen := a.Revision
	if a, err = b.SaveDraft(ctx, w.Ben, a.ID, seen, second); err != nil {
		t.Fatal(err)
	}
	_, err = b.SaveDraft(ctx, w.Anna, a.ID, seen, text) // she saw the one before Ben's
	wantCode(t, err, fault.Stale)
	if got, err := b.Get(ctx, mia, a.ID); err != nil || got.Title != "Restart the spooler" || got.Draft != nil || got.From != "" {
		t.Errorf("an employee reads %+v, %v", got, err)
	}
	if a, err = b.Publish(ctx, w.Ben, a.ID, a.Revision, "Shorter."); err != nil {
		t.Fatal(err)
	}
	_, err = b.Publish(ctx, w.Ben, a.ID, a.Revision, "")
	wantCode(t, err, fault.Conflict)
	versions, err := b.Versions(ctx, w.Anna, a.ID)
	must(t, err)
	var got []string
	for _, v := range versions {
		got = append(got, fmt.Sprintf("%d %s %s %s", v.Number, v.By.Name, v.What, v.Title))
	}
	if diff := cmp.Diff([]string{"2 Ben Shorter. Restart the print spooler", "1 Anna New. Restart the spooler"}, got); diff != "" {
		t.Error(diff)
	}
	if a, err = b.Restore(ctx, w.Anna, a.ID, a.Revision, 1); err != nil || a.Draft == nil || a.Draft.Body != "Do **this**." {
		t.Fatalf("got %+v, %v", a.Draft, err)
	}
	_, _, err = b.File(ctx, mia, a.ID, file.SHA256) // only in an old version, and in a draft
	wantCode(t, err, fault.NotFound)
	_, data, err := b.File(ctx, w.Ben, a.ID, file.SHA256)
	must(t, err)
	if all, err := io.ReadAll(data); err != nil || !strings.HasSuffix(string(all), "picture") {
		t.Errorf("got %q, %v", all, err)
	}
	if a, err = b.DropDraft(ctx, w.Anna, a.ID, a.Revision); err != nil || a.Draft != nil {
		t.Fatalf("got %+v, %v", a.Draft, err)
	}
	w.Reopen(t)
	b = w.base()
	again, err := b.Get(ctx, w.Anna, a.ID)
	must(t, err)
	if diff := cmp.Diff(a, again); diff != "" {
		t.Error(diff)
	}
	_, err = b.Care(ctx, w.Anna, a.ID, a.Revision, kb.Care{Owner: "nobody"})
	wantCode(t, err, fault.Invalid)
	if a, err = b.Care(ctx, w.Anna, a.ID, a.Revision, kb.Care{Owner: w.Ben.Person, ReviewAt: w.Now()}); err != nil {
		t.Fatal(err)
	}
	for which, want := range map[kb.Which]int{kb.All: 1, kb.Drafts: 0, kb.Review: 1, kb.Retired: 0} {
		list, _, err := b.List(ctx, w.Anna, which, "", 50)
		if err != nil || len(list) != want {
			t.Errorf("the list %q has %d, %v; want %d", which, len(list), err, want)
		}
	}
	if a, err = b.Care(ctx, w.Anna, a.ID, a.Revision, kb.Care{Owner: w.Ben.Person, Retired: true}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Get(ctx, mia, a.ID)
	wantCode(t, err, fault.NotFound)
	if hits, err := b.Search(ctx, w.Anna, "spooler", 10); err != nil || len(hits) != 0 {
		t.Errorf("a retired article is found: %+v, %v", hits, err)
	}
	for _, bad := range []kb.Text{{Title: " "}, {Title: "a\nb"}, {Title: "x", Audience: "friends"}, {Title: strings.Repeat("x", 201)}, {Title: "x", Body: "\xff"}} {
		_, err := b.Create(ctx, w.Anna, bad, "")
		wantCode(t, err, fault.Invalid)
	}
	_, err = b.Create(ctx, w.Anna, kb.Text{Title: "x", Files: []ticket.Attachment{{SHA256: strings.Repeat("0", 64), Name: "x"}}}, "")
	wantCode(t, err, fault.Unavailable)
	_, err = b.Create(ctx, mia, kb.Text{Title: "x"}, "")
	wantCode(t, err, fault.Forbidden)
	_, err = b.Create(ctx, auth.Actor{Kind: auth.Staff, Person: w.Ben.Person, Role: auth.Operator}, kb.Text{Title: "x"}, "")
	wantCode(t, err, fault.Forbidden)
	_, _, err = b.List(ctx, mia, kb.All, "", 10)
	wantCode(t, err, fault.Forbidden)
}

func testFindArticles(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx, b := t.Context(), w.base()
	printer := publish(t, w, b, kb.Text{Title: "The printer prints empty pages", Body: "Restart the *spooler* and change the toner.", Audience: kb.Everyone})
	vpn := publish(t, w, b, kb.Text{Title: "Verbindung über das VPN in München", Body: "Größe der Pakete: `1400`. Ask the NOC.", Audience: kb.Everyone})
	staff := publish(t, w, b, kb.Text{Title: "Printer passwords", Body: "In the safe.", Audience: kb.Staff})
	publish(t, w, b, kb.Text{Title: "How to book a room", Body: "In the calendar. The printer is next door.", Audience: kb.Everyone})
	hidden, err := b.Create(ctx, w.Anna, kb.Text{Title: "Printer draft", Body: "x", Audience: kb.Everyone}, "")
	must(t, err)
	mia := w.employee("1000")
	ids := func(hits []kb.Hit, err error) string {
		t.Helper()
		must(t, err)
		var out []string
		for _, h := range hits {
			switch h.ID {
			case printer.ID:
				out = append(out, "printer")
			case vpn.ID:
				out = append(out, "vpn")
			case staff.ID:
				out = append(out, "staff")
			case hidden.ID:
				out = append(out, "hidden")
			default:
				out = append(out, "room")
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		actor auth.Actor
		typed string
		want  string
	}{
		{mia, "print", "printer room"}, {w.Anna, "printer pass", "staff"}, {mia, "pass", ""}, {mia, "MUNCHEN grosse", "vpn"}, {mia, "münch GRÖSSE", "vpn"}, {mia, "spooler toner", "printer"},
		{mia, "", ""}, {mia, `" OR title:* ' & | ! :* (`, ""}, {mia, "1400", "vpn"}, {mia, "rinter", ""},
	} {
		if got := ids(b.Search(ctx, c.actor, c.typed, 10)); got != c.want {
			t.Errorf("search %q: got %q, want %q", c.typed, got, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"My printer only prints empty pages since this morning, please help", "printer"},
		{"printing does not work: pages are empty", "printer"},
		{"VPN Verbindung bricht ab", "vpn"},
		{"I cannot book rooms", "room"},
		{"my chair is broken", ""},
		{"the and is", ""},
		{"there is something about a calendar in the car park and nobody answers the phone there", ""},
	} {
		if got := ids(b.Suggest(ctx, mia, c.text, 3)); got != c.want {
			t.Errorf("suggest for %q: got %q, want %q", c.text, got, c.want)
		}
	}
	if got := ids(b.Suggest(ctx, w.Anna, "printer password", 3)); !strings.HasPrefix(got, "staff") {
		t.Errorf("the staff is suggested %q", got)
	}
}

func testReaders(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx, b := t.Context(), w.base()
	a := publish(t, w, b, kb.Text{Title: "A", Body: "b", Audience: kb.Everyone})
	secret := publish(t, w, b, kb.Text{Title: "S", Body: "s", Audience: kb.Staff})
	mia, tom := w.employee("1000"), w.employee("1001")
	must(t, b.Rate(ctx, mia, a.ID, false, "It is out of date."))
	must(t, b.Rate(ctx, mia, a.ID, true, "")) // she changed her mind, and counts once
	must(t, b.Rate(ctx, tom, a.ID, false, ""))
	for range 3 {
		must(t, b.Deflect(ctx, tom, a.ID, "my question")) // pressed three times: kept from ringing once
	}
	wantCode(t, b.Deflect(ctx, w.Anna, a.ID, ""), fault.Forbidden)
	wantCode(t, b.Deflect(ctx, mia, secret.ID, ""), fault.NotFound)
	wantCode(t, b.Rate(ctx, mia, secret.ID, true, ""), fault.NotFound)
	got, err := b.Get(ctx, w.Anna, a.ID)
	must(t, err)
	if got.Helped != 2 || got.Unhelped != 0 || got.Deflected != 1 {
		t.Errorf("helped %d, not %d, deflected %d", got.Helped, got.Unhelped, got.Deflected)
	}
	list, err := b.Feedback(ctx, w.Anna, a.ID)
	must(t, err)
	if len(list) != 2 || list[1].Comment != "It is out of date." || !list[1].Helped {
		t.Errorf("got %+v", list)
	}
	if n, err := w.Deflections(ctx, got.CreatedAt, w.Now()); err != nil || n != 1 {
		t.Errorf("%d deflections, %v", n, err)
	}
}
