package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// testRelevance wants what says most of the words first: in the title, then in the
// solution, then in a message.
func testRelevance(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	f, b := w.finder(t)
	ring := func(id, title, body string) desk.Outcome {
		out, err := w.Desk.Ring(ctx, w.message(id, title), desk.Draft{Title: title, Body: body})
		must(t, err)
		return out
	}
	ring("m1", "Paper jam in tray two", "")
	solved := ring("m2", "It smells", "")
	_, err := w.Desk.Do(ctx, w.Anna, solved.Ticket, 0, ticket.Resolve{Message: "s", Solution: "Took the paper jam out.", Code: ticket.Fixed})
	must(t, err)
	ring("m3", "Cannot work", "A paper jam again.")
	ring("m4", "Late", "There is some paper, and then a jam, and paper that jams: "+strings.Repeat("it goes on and on ", 80))
	ring("m5", "Paper jam in tray two", "")
	ring("m6", "Papering the jammed wall", "")
	ring("m7", "Lamp", "")
	quiet := ring("m8", "A quiet one", "paper, nothing else")
	_, err = w.Desk.Do(ctx, w.Anna, quiet.Ticket, 0, ticket.Note{Message: "n", Body: "jam paper jam paper jam"})
	must(t, err)
	requester := auth.Actor{Kind: auth.Requester, Person: b.Find(board.Requester, "Mia Muster")[0]}
	for _, x := range []struct {
		who  auth.Actor
		text string
		want []string
	}{
		{w.Anna, "paper jam sort:relevance", []string{"Paper jam in tray two", "Paper jam in tray two", "It smells", "A quiet one", "Cannot work", "Papering the jammed wall", "Late"}},
		{requester, "paper jam sort:relevance", []string{"Paper jam in tray two", "Paper jam in tray two", "It smells", "Cannot work", "Papering the jammed wall", "Late"}},
		{w.Anna, `"paper jam" sort:relevance`, []string{"Paper jam in tray two", "Paper jam in tray two", "It smells", "A quiet one", "Cannot work"}},
		{w.Anna, "paper jam", []string{"A quiet one", "Papering the jammed wall", "Paper jam in tray two", "Late", "Cannot work", "It smells", "Paper jam in tray two"}},
		{w.Anna, "lamp sort:relevance", []string{"Lamp"}},
		{w.Anna, "-jam -a sort:relevance", []string{"Lamp"}},
		{w.Anna, "state:resolved sort:relevance", []string{"It smells"}},
		{w.Anna, "absent sort:relevance", nil},
	} {
		if d := cmp.Diff(x.want, w.ask(t, f, x.who, x.text)); d != "" {
			t.Errorf("%s of %s:\n%s", x.text, x.who.Kind, d)
		}
	}
	// Of two that say the same the newer one is first.
	q, err := query.Parse("tray sort:relevance")
	must(t, err)
	page, err := f.List(ctx, w.Anna, find.Query{Filter: q})
	must(t, err)
	if len(page.Rows) != 2 || page.Rows[0].Number < page.Rows[1].Number || page.Among != 0 {
		t.Errorf("equal ones: %+v", page)
	}
}

// testRelevanceWindow goes on past the hits that are ordered, while a ticket comes in.
func testRelevanceWindow(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	f, _ := w.finder(t)
	place := map[int64]int{}
	var all []int64
	for i := range 230 {
		title := "Something else"
		if i%7 == 0 {
			title = "The lamp is out"
		}
		out, err := w.Desk.Ring(ctx, w.message(fmt.Sprint("m", i), title), desk.Draft{Title: title, Body: "lamp"})
		must(t, err)
		if place[out.Number] = 1; i%7 == 0 {
			place[out.Number] = 0
		}
		all = append(all, out.Number)
	}
	slices.Reverse(all)
	q, err := query.Parse("lamp sort:relevance")
	must(t, err)
	var got []int64
	among := 0
	ask := find.Query{Filter: q, Limit: 60}
	for pages := 0; ; pages++ {
		page, err := f.List(ctx, w.Anna, ask)
		must(t, err)
		if pages == 0 {
			among = page.Among
			w.Ring(t, "late", "lamp lamp lamp")
		}
		for _, r := range page.Rows {
			got = append(got, r.Number)
		}
		if page.Next == nil || pages > 20 {
			break
		}
		ask.After = page.Next
	}
	// Less than 200 when the search was out of time, but never less than it reads at once.
	if among < 32 || among > 200 {
		t.Fatalf("%d were ordered", among)
	}
	want := slices.Clone(all)
	slices.SortStableFunc(want[:among], func(a, b int64) int { return place[a] - place[b] })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("of %d ordered:\n%s", among, d)
	}
	numbers, err := f.Numbers(ctx, w.Anna, find.Query{Filter: q}, 1000)
	must(t, err)
	if len(numbers) != 231 || place[numbers[1]] != 0 || numbers[230] != all[229] {
		t.Errorf("all at once: %d, %v", len(numbers), numbers[:3])
	}
}
