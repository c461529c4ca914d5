package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// noBook is a configuration with one team.
type noBook struct{}

func (noBook) Teams() []find.Choice {
	return []find.Choice{{ID: "network", Name: "Network"}, {ID: "field", Name: "Field service"}}
}
func (noBook) Categories() []find.Choice { return nil }
func (noBook) VIPs() []string            { return nil }

// mergeless is a desk whose merging is tested elsewhere.
type mergeless struct{ *desk.Desk }

func (mergeless) Merge(context.Context, auth.Actor, string, int64, string) error {
	return fault.New(fault.Unsupported, "Not here.")
}

// hasty is a desk at which somebody else is a moment faster.
type hasty struct {
	mergeless
	before func(id string)
}

// Do implements find.Desk.
func (h hasty) Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error) {
	h.before(id)
	return h.mergeless.Do(ctx, actor, id, seen, c)
}

// finder returns a finder over the world, with its board loaded.
func (w *World) finder(t *testing.T) (*find.Finder, *board.Board) {
	t.Helper()
	b := board.New()
	must(t, w.KeepBoard(t.Context(), b))
	return find.New(b, w.DB.Find(), mergeless{w.Desk}, noBook{}, w.Now), b
}

func (w *World) ask(t *testing.T, f *find.Finder, actor auth.Actor, text string) []string {
	t.Helper()
	q, err := query.Parse(text)
	must(t, err)
	page, err := f.List(t.Context(), actor, find.Query{Filter: q, Limit: 200})
	must(t, err)
	var out []string
	for _, r := range page.Rows {
		out = append(out, r.Title)
	}
	return out
}

// jump lets the next ticket have a number that is far away, in another block of the
// index.
func (w *World) jump(t *testing.T, last string, to int64) {
	t.Helper()
	if w.Engine() == "postgres" {
		w.behind(t, fmt.Sprintf("SELECT setval('ticket_numbers', %d)", to))
		return
	}
	w.behind(t, fmt.Sprintf("UPDATE tickets SET number = %d WHERE id = '%s'", to, last))
}

func testFind(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	ring := func(id, title, body string, findings ...diagnostics.Finding) desk.Outcome {
		out, err := w.Desk.Ring(ctx, w.message(id, title), desk.Draft{Title: title, Body: body, Findings: findings})
		must(t, err)
		return out
	}
	printer := ring("m1", "Der Drucker im Büro druckt nicht", "Seit gestern: blue screen of death.")
	disk := ring("m2", "Disk", "Tout est lent depuis l'été", diagnostics.Finding{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full."})
	w.jump(t, ring("m3", "Filler", "").Ticket, 50_000)
	f, b := w.finder(t)
	far := ring("m4", "The blue lamp", "and the screen are broken, says Müller")
	note := func(id, body string) {
		_, err := w.Desk.Do(ctx, w.Anna, id, 0, ticket.Note{Message: "n" + id, Body: body})
		must(t, err)
	}
	note(printer.Ticket, "The Ribbon is torn")
	_, err := w.Desk.Do(ctx, w.Anna, disk.Ticket, 0, ticket.Resolve{Message: "s", Solution: "Emptied the recycle bin", Code: ticket.Fixed})
	must(t, err)
	requester := auth.Actor{Kind: auth.Requester, Person: b.Find(board.Requester, "Mia Muster")[0]}
	other := auth.Actor{Kind: auth.Requester, Person: "somebody else"}
	const p, d, l = "Der Drucker im Büro druckt nicht", "Disk", "The blue lamp"
	for _, x := range []struct {
		who  auth.Actor
		text string
		want []string
	}{
		{w.Anna, "drucker", []string{p}}, {w.Anna, "DRUCK", []string{p}}, {w.Anna, "buro", []string{p}}, {w.Anna, "BÜR", []string{p}},
		{w.Anna, "ruck", nil}, {w.Anna, "ete", []string{d}}, {w.Anna, "muller", []string{l}},
		{w.Anna, "blue screen", []string{l, p}}, {w.Anna, `"blue screen"`, []string{p}}, {w.Anna, `"screen blue"`, nil}, {w.Anna, `"blue scr"`, nil},
		{w.Anna, "blue -death", []string{l}}, {w.Anna, "-blue", []string{"Filler", d}}, {w.Anna, "blue drucker", []string{p}},
		{w.Anna, "disk.full", []string{d}}, {w.Anna, "recycle", []string{d}}, {w.Anna, `"lamp and"`, nil}, // two texts are no phrase
		{w.Anna, "ribbon", []string{p}}, {requester, "ribbon", nil}, {requester, "recycle", []string{d}}, {other, "drucker", nil}, {requester, "blue", []string{l, p}},
		{requester, `"blue screen"`, []string{p}}, {requester, "-ribbon drucker", []string{p}},
		{w.Anna, "state:open", []string{p, "Filler", l}}, {w.Anna, "state:open sort:newest", []string{l, "Filler", p}}, {w.Anna, "state:resolved", []string{d}},
		{w.Anna, "finding:disk.*", []string{d}}, {w.Anna, "finding:disk.full -state:open", []string{d}}, {w.Anna, "endpoint:pc-17 is:open blue", []string{l, p}},
		{w.Anna, "site:berlin priority:1..5 state:resolved", []string{d}}, {w.Anna, `requester:"mia muster" created:<1h`, []string{d, p, "Filler", l}}, {w.Anna, "is:mine is:open", nil},
		{w.Anna, fmt.Sprintf("#%d", far.Number), []string{l}}, {requester, "sort:oldest", []string{p, d, "Filler", l}}, {other, "sort:oldest", nil},
	} {
		if w.Engine() != "postgres" && slices.Contains(x.want, "Filler") && len(x.who.Person) > 0 && strings.Contains(x.text, "-blue") {
			continue // SQLite's filler was renumbered behind the index
		}
		if diff := cmp.Diff(x.want, w.ask(t, f, x.who, x.text)); diff != "" {
			t.Errorf("%s of %s:\n%s", x.text, x.who.Kind, diff)
		}
	}
	if got := w.ask(t, f, w.Anna, "state:open assignee:none"); len(got) != 3 {
		t.Errorf("%q are nobody's", got)
	}
	_, err = w.Desk.Do(ctx, w.Anna, far.Ticket, 0, ticket.Take{})
	must(t, err)
	if got := w.ask(t, f, w.Anna, "is:mine is:open"); !slices.Equal(got, []string{l}) {
		t.Errorf("%q are mine right after taking one", got)
	}
	// Who opens the database again finds the same.
	w.Reopen(t)
	f, _ = w.finder(t)
	if got := w.ask(t, f, w.Anna, "assignee:anna lamp"); !slices.Equal(got, []string{l}) {
		t.Errorf("%q after a restart", got)
	}
	q, err := query.Parse("site:Paris")
	must(t, err)
	_, err = f.List(ctx, w.Anna, find.Query{Filter: q})
	wantCode(t, err, fault.Invalid)
	if s := fault.Sentence(err); !strings.Contains(s, "Paris") || !strings.Contains(s, "Berlin") {
		t.Errorf("an unknown site: %s", s)
	}
}

// many says that it is too many to be looked at one by one.
type many struct{ find.Numbers }

func (many) Len() int { return 1 << 20 }

// testWordsLikeAScan compares what the index finds with going through all words, in
// every mixture of rare and common ones.
func testWordsLikeAScan(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	r := rand.New(rand.NewPCG(1, 7))
	vocabulary := strings.Fields("a ab abc b ba bad c ca cab über uber x xy xyz")
	texts := map[int64]string{}
	last := ""
	for i := range 240 {
		if i%60 == 59 {
			w.jump(t, last, int64(20_000*(i/60+1)))
			if w.Engine() == "sqlite" {
				clear(texts)
			}
		}
		var said []string
		for range 1 + r.IntN(6) {
			said = append(said, vocabulary[min(r.IntN(len(vocabulary)), r.IntN(len(vocabulary)))])
		}
		text := strings.Join(said, " ")
		out, err := w.Desk.Ring(ctx, w.message(fmt.Sprint("m", i), text), desk.Draft{Title: text})
		must(t, err)
		last, texts[out.Number] = out.Ticket, text
	}
	_, b := w.finder(t)
	fold := func(s string) string { return " " + query.Fold(s) + " " }
	fits := func(text string, terms []query.Term) bool {
		for _, x := range terms {
			want := strings.TrimRight(fold(x.Values[0]), " ")
			if x.Phrase {
				want = fold(x.Values[0])
			}
			if strings.Contains(fold(text), want) == x.Not {
				return false
			}
		}
		return true
	}
	for range 150 {
		var parts []string
		for range 1 + r.IntN(3) {
			p := vocabulary[r.IntN(len(vocabulary))]
			switch r.IntN(5) {
			case 0:
				p = `"` + p + " " + vocabulary[r.IntN(len(vocabulary))] + `"`
			case 1:
				p = `"` + p + `"`
			case 2:
				p = "-" + p
			}
			parts = append(parts, p)
		}
		q, err := query.Parse(strings.Join(parts, " "))
		must(t, err)
		var want []int64
		for n, text := range texts {
			if fits(text, q.Texts()) {
				want = append(want, n)
			}
		}
		slices.SortFunc(want, func(a, b int64) int { return int(b - a) })
		var got []int64
		for below := int64(1 << 40); below > 0; { // in small pages, with no time to look far
			res, err := w.DB.Find().Search(ctx, find.TextQuery{Terms: q.Texts(), Notes: r.IntN(2) == 0, In: many{b.Select(board.Filter{})}, Below: below, Limit: 7, Budget: time.Duration(r.IntN(2)) * time.Second})
			must(t, err)
			for _, n := range res.Numbers {
				if _, ok := texts[n]; ok { // not one of before the renumbering
					got = append(got, n)
				}
			}
			switch {
			case len(res.Numbers) == 7:
				below = res.Numbers[6]
			case res.Reached > 0 && res.Reached < below:
				below = res.Reached
			default:
				below = 0
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s:\n%s", query.Print(q), diff)
		}
	}
}

// testBulk changes many tickets, and takes it back from those that nobody has touched.
func testBulk(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	f, b := w.finder(t)
	var list []find.Target
	var ids []string
	for i := range 20 {
		out := w.Ring(t, fmt.Sprint("m", i), fmt.Sprint("Ticket ", i))
		list, ids = append(list, find.Target{Number: out.Number}), append(ids, out.Ticket)
	}
	for _, id := range ids[:6] {
		_, err := w.Desk.Do(ctx, w.Anna, id, 0, ticket.Resolve{Message: "s", Solution: "Done", Code: ticket.Fixed})
		must(t, err)
	}
	act := find.Action{Do: find.Assign, Person: w.Ben.Person}
	preview, err := f.Preview(ctx, w.Anna, append(list, find.Target{Number: 99}), act)
	must(t, err)
	if len(preview.Changed) != 14 || len(preview.Refused) != 7 || preview.Refused[1].Sentence == "" || preview.Refused[0].Code != fault.NotFound {
		t.Fatalf("the preview: %+v", preview)
	}
	if got := w.ask(t, f, w.Anna, "is:unassigned"); len(got) != 14 {
		t.Fatalf("after a preview %q are nobody's", got)
	}
	done, err := f.Bulk(ctx, w.Anna, list, act)
	must(t, err)
	if diff := cmp.Diff(preview.Changed, done.Changed); diff != "" || !done.Undoable || len(done.Refused) != 6 {
		t.Fatalf("done: %+v\n%s", done, diff)
	}
	if got := w.ask(t, f, w.Anna, "assignee:ben"); len(got) != 14 {
		t.Fatalf("%d are Ben's", len(got))
	}
	_, err = w.Desk.Do(ctx, w.Ben, ids[10], 0, ticket.Note{Message: "n", Body: "I am on it"})
	must(t, err)
	_, err = f.Undo(ctx, w.Ben, done.ID)
	wantCode(t, err, fault.NotFound)
	back, err := f.Undo(ctx, w.Anna, done.ID)
	must(t, err)
	if len(back.Changed) != 13 || len(back.Refused) != 1 || back.Refused[0].Number != list[10].Number || back.Refused[0].Code != fault.Stale {
		t.Fatalf("undone: %+v", back)
	}
	_, err = f.Undo(ctx, w.Anna, done.ID)
	wantCode(t, err, fault.Used)
	// What has changed since it was chosen is refused.
	row, err := w.Desk.Get(ctx, w.Anna, ids[10])
	must(t, err)
	done, err = f.Bulk(ctx, w.Anna, []find.Target{{Number: list[10].Number, Version: row.Version - 1}, {Number: list[11].Number}}, find.Action{Do: find.Tag, Add: []string{"vpn"}})
	must(t, err)
	if len(done.Changed) != 1 || len(done.Refused) != 1 || done.Refused[0].Code != fault.Stale {
		t.Fatalf("with an old version: %+v", done)
	}
	// What nobody named a version of is changed as it is, also when it is changed at
	// this very moment.
	meanwhile := false
	quick := find.New(b, w.DB.Find(), hasty{mergeless{w.Desk}, func(id string) {
		if !meanwhile {
			meanwhile = true
			_, err := w.Desk.Do(ctx, w.Ben, id, 0, ticket.Tag{Add: []string{"meanwhile"}})
			must(t, err)
		}
	}}, noBook{}, w.Now)
	done, err = quick.Bulk(ctx, w.Anna, []find.Target{{Number: list[12].Number}}, find.Action{Do: find.Tag, Add: []string{"late"}})
	must(t, err)
	row, err = w.Desk.Get(ctx, w.Anna, ids[12])
	must(t, err)
	if len(done.Changed) != 1 || !slices.Equal(row.Tags, []string{"meanwhile", "late"}) && !slices.Equal(row.Tags, []string{"late", "meanwhile"}) {
		t.Fatalf("changed meanwhile: %+v, tags %q", done, row.Tags)
	}
	if got := w.ask(t, f, w.Anna, "tag:vpn"); len(got) != 1 {
		t.Fatalf("%q have the tag", got)
	}
	// Closing and reopening are taken back to where each ticket was.
	ended := func() map[ticket.State]int {
		n := map[ticket.State]int{}
		for _, id := range ids[:6] {
			d, err := w.Desk.Get(ctx, w.Anna, id)
			must(t, err)
			if n[d.State]++; !d.State.Open() && (d.Solution != "Done" || d.Code != ticket.Fixed) {
				t.Errorf("%d has the solution %q, %s", d.Number, d.Solution, d.Code)
			}
		}
		return n
	}
	change := func(list []find.Target, a find.Action) string {
		t.Helper()
		preview, err := f.Preview(ctx, w.Anna, list, a)
		must(t, err)
		done, err := f.Bulk(ctx, w.Anna, list, a)
		must(t, err)
		if !preview.Undoable || !done.Undoable || len(done.Changed) != 3 && len(done.Changed) != 6 {
			t.Errorf("%s: %+v, before it %+v", a.Do, done, preview)
		}
		return done.ID
	}
	takeBack := func(id string, want map[ticket.State]int) {
		t.Helper()
		back, err := f.Undo(ctx, w.Anna, id)
		must(t, err)
		if diff := cmp.Diff(want, ended()); diff != "" || len(back.Refused) != 0 {
			t.Errorf("taken back: %+v\n%s", back, diff)
		}
	}
	closed := change(list[:3], find.Action{Do: find.Close})
	if got := ended(); got[ticket.Closed] != 3 {
		t.Errorf("after closing three: %v", got)
	}
	before, err := w.Desk.Get(ctx, w.Anna, ids[0])
	must(t, err)
	takeBack(closed, map[ticket.State]int{ticket.Resolved: 6})
	// Nobody has reopened anything, and the history says who has undone it.
	for _, id := range ids[:3] {
		d, err := w.Desk.Get(ctx, w.Anna, id)
		must(t, err)
		h, err := w.DB.Desk().History(ctx, id)
		must(t, err)
		last := h[len(h)-1]
		if d.Reopened != 0 || d.ReopenedBy.ID != "" || last.Type != ticket.TakenBack || last.Actor.ID != w.Anna.Person || !d.ResolvedAt.Before(before.ClosedAt) {
			t.Errorf("%d was reopened %d times, solved at %s; at last %+v", d.Number, d.Reopened, d.ResolvedAt, last)
		}
	}
	undo := change(list[13:16], find.Action{Do: find.Resolve, Text: "Too soon", Code: ticket.Fixed})
	_, err = f.Undo(ctx, w.Anna, undo)
	must(t, err)
	for _, id := range ids[13:16] {
		d, err := w.Desk.Get(ctx, w.Anna, id)
		must(t, err)
		if !d.State.Open() || d.Reopened != 0 || !d.FirstResolvedAt.IsZero() {
			t.Errorf("%d after its solution was undone: %s, reopened %d times", d.Number, d.State, d.Reopened)
		}
	}
	change(list[:3], find.Action{Do: find.Close})
	takeBack(change(list[:6], find.Action{Do: find.Reopen, Text: "It is back"}), map[ticket.State]int{ticket.Closed: 3, ticket.Resolved: 3})
	// A merge is for good, and says so before.
	merge, err := f.Preview(ctx, w.Anna, list[7:9], find.Action{Do: find.Merge, Into: list[9].Number})
	must(t, err)
	if len(merge.Changed) != 2 || merge.Undoable {
		t.Errorf("a merge to be: %+v", merge)
	}
	_, err = f.Bulk(ctx, auth.Actor{Kind: auth.Staff, Person: "x", Role: auth.Operator}, list, act)
	wantCode(t, err, fault.Forbidden)
	for _, a := range []find.Action{{Do: "explode"}, {Do: "take_back", State: ticket.Resolved}, {Do: find.GiveTeam}, {Do: find.Tag}, {Do: find.Merge, Into: 5}} {
		_, err = f.Bulk(ctx, w.Anna, list, a)
		wantCode(t, err, fault.Invalid)
	}
}

func testViews(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	f, _ := w.finder(t)
	mine, err := f.SaveView(ctx, w.Anna, find.View{Owner: w.Anna.Person, Name: " My  printers ", Filter: "print sort:updated is:open"})
	must(t, err)
	if mine.Name != "My printers" || mine.Filter != "print is:open" || mine.Sort != query.ByUpdated {
		t.Errorf("saved %+v", mine)
	}
	_, err = f.SaveView(ctx, w.Anna, find.View{Name: "Everybody's", Filter: "is:open"})
	wantCode(t, err, fault.Forbidden)
	boss := w.Anna
	boss.Role = auth.Manager
	shared, err := f.SaveView(ctx, boss, find.View{Name: "Everybody's", Filter: "is:open"})
	must(t, err)
	_, err = f.SaveView(ctx, boss, find.View{Name: "everybody's", Filter: ""})
	wantCode(t, err, fault.Conflict)
	for actor, want := range map[string]int{w.Anna.Person: 2, w.Ben.Person: 1} {
		list, err := f.Views(ctx, auth.Actor{Kind: auth.Staff, Person: actor, Role: auth.Technician})
		must(t, err)
		if len(list) != want || list[0].Name != "Everybody's" {
			t.Errorf("%d views: %+v", len(list), list)
		}
	}
	stolen := mine
	stolen.Owner = w.Ben.Person
	_, err = f.SaveView(ctx, w.Ben, stolen)
	wantCode(t, err, fault.NotFound)
	wantCode(t, f.DeleteView(ctx, w.Ben, mine.ID), fault.NotFound)
	wantCode(t, f.DeleteView(ctx, w.Ben, shared.ID), fault.Forbidden)
	mine.Filter = "is:mine"
	again, err := f.SaveView(ctx, w.Anna, mine)
	must(t, err)
	_, err = f.SaveView(ctx, w.Anna, mine)
	wantCode(t, err, fault.Stale)
	_, err = f.SaveView(ctx, w.Anna, find.View{Owner: w.Anna.Person, Name: "x", Filter: "state:opne"})
	wantCode(t, err, fault.Invalid)
	must(t, f.DeleteView(ctx, w.Anna, again.ID))
	wantCode(t, f.DeleteView(ctx, w.Anna, again.ID), fault.NotFound)
}

func testExport(t *testing.T, e Engine) {
	w := Open(t, e)
	f, _ := w.finder(t)
	w.Ring(t, "m1", `=HYPERLINK("http://x","y")`)
	w.Ring(t, "m2", "Two, with a \"quote\"")
	var b strings.Builder
	q, err := query.Parse("sort:oldest")
	must(t, err)
	must(t, f.Export(t.Context(), w.Anna, find.Query{Filter: q}, &b, func() {}))
	lines := strings.Split(b.String(), "\r\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "number,title,") || !strings.Contains(lines[1], `,"'=HYPERLINK(""http://x"",""y"")",`) || !strings.Contains(lines[2], `,"Two, with a ""quote""",incident,new,`) {
		t.Errorf("exported\n%s", b.String())
	}
}
