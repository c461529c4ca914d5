package board_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func someone(r *rand.Rand, kind string, n int) ticket.Person {
	i := r.IntN(n)
	if i == 0 {
		return ticket.Person{}
	}
	return ticket.Person{ID: kind + strconv.Itoa(i), Name: "Name " + strconv.Itoa(i)}
}

// known is a ticket with its clock.
type known struct {
	board.Ticket
	DueAt time.Time
}

func random(r *rand.Rand, number, version int64) board.Ticket {
	t := board.Ticket{
		Number: number, Version: version,
		State: pick(r, ticket.New, ticket.InProgress, ticket.Resolved, ticket.Closed), Kind: pick(r, ticket.Incident, ticket.Request),
		Priority: ticket.Priority(1 + r.IntN(5)), Category: pick(r, "", "hardware", "software"), Team: pick(r, "", "network"),
		Requester: someone(r, "r", 40), Assignee: someone(r, "a", 5), Endpoint: someone(r, "e", 30), Site: someone(r, "s", 4),
		Major: r.IntN(9) == 0, Reopened: r.IntN(9) == 0,
		CreatedAt: start.Add(time.Duration(number) * time.Minute), UpdatedAt: start.Add(time.Duration(r.IntN(5000)) * time.Minute),
	}
	for _, tag := range []string{"vpn", "vip", "x"} {
		if r.IntN(4) == 0 {
			t.Tags = append(t.Tags, tag)
		}
	}
	if r.IntN(3) == 0 {
		t.Findings = []string{pick(r, "disk.full", "disk.slow", "dns.down")}
	}
	return t
}

// condition returns a condition and what it means, said in another way.
func condition(r *rand.Rand) (board.Condition, func(known) bool) {
	c := board.Condition{Not: r.IntN(4) == 0}
	var fits func(known) bool
	in := func(of func(known) string) func(known) bool {
		return func(t known) bool { return slices.Contains(c.Values, of(t)) }
	}
	switch r.IntN(9) {
	case 0:
		c.Field, c.Values = board.State, []string{"new", "in_progress"}
		fits = in(func(t known) string { return string(t.State) })
	case 1:
		c.Field, c.Values = board.Assignee, []string{"", "a2"}
		fits = in(func(t known) string { return t.Assignee.ID })
	case 2:
		c.Field, c.Values = board.Requester, []string{"r3", "r4", "unknown"}
		fits = in(func(t known) string { return t.Requester.ID })
	case 3:
		c.Field, c.Values = board.Tag, []string{"vpn", "x"}
		fits = func(t known) bool { return slices.Contains(t.Tags, "vpn") || slices.Contains(t.Tags, "x") }
	case 4:
		c.Field, c.Values = board.Tag, []string{""}
		fits = func(t known) bool { return len(t.Tags) == 0 }
	case 5:
		c.Field, c.Values = board.Flag, []string{board.FlagMajor}
		fits = func(t known) bool { return t.Major }
	case 6:
		from := time.Duration(r.IntN(1500)) * time.Minute // whole zones lie within, and parts of some
		c.Time, c.From, c.To = board.Created, start.Add(from), start.Add(from+time.Duration(r.IntN(2000))*time.Minute)
		fits = func(t known) bool { return !t.CreatedAt.Before(c.From) && t.CreatedAt.Before(c.To) }
	case 7:
		c.Time, c.From = board.Updated, start.Add(2500*time.Minute)
		fits = func(t known) bool { return !t.UpdatedAt.Before(c.From) }
	case 8:
		c.Time, c.To = board.Due, start.Add(100*time.Minute)
		fits = func(t known) bool { return !t.DueAt.IsZero() && t.DueAt.Before(c.To) }
	}
	if c.Not {
		return c, func(t known) bool { return !fits(t) }
	}
	return c, fits
}

func before(order query.Sort) func(a, b known) int {
	return func(a, b known) int {
		switch order {
		case query.Newest:
			return cmp.Compare(b.Number, a.Number)
		case query.Oldest:
			return cmp.Compare(a.Number, b.Number)
		case query.ByUpdated:
			return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(b.Number, a.Number))
		case query.ByDue:
			if a.DueAt.IsZero() != b.DueAt.IsZero() {
				if a.DueAt.IsZero() {
					return 1
				}
				return -1
			}
			return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Number, b.Number))
		}
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Number, b.Number))
	}
}

// TestLikeAScan compares every answer with going through all tickets.
func TestLikeAScan(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		b, truth := board.New(), map[int64]known{}
		for range 4000 {
			n := 1 + r.Int64N(2500)
			x := random(r, n, truth[n].Version+1)
			b.Put(x)
			due := truth[n].DueAt
			if r.IntN(3) == 0 {
				due = time.Time{}
				if r.IntN(2) == 0 {
					due = start.Add(time.Duration(r.IntN(300)) * time.Minute)
				}
				b.SetDue(n, due)
			}
			truth[n] = known{x, due}
			if r.IntN(3) == 0 { // news that comes late
				late := random(r, n, x.Version-1)
				b.Put(late)
			}
		}
		if b.Len() != len(truth) {
			t.Fatalf("seed %d: %d of %d tickets", seed, b.Len(), len(truth))
		}
		for range 60 {
			var f board.Filter
			var fits []func(known) bool
			for range r.IntN(4) {
				c, fit := condition(r)
				f.Conditions, fits = append(f.Conditions, c), append(fits, fit)
			}
			var want []known
			for _, x := range truth {
				if !slices.ContainsFunc(fits, func(fit func(known) bool) bool { return !fit(x) }) {
					want = append(want, x)
				}
			}
			if got := b.Count(f); got != len(want) {
				t.Fatalf("seed %d: %+v selects %d, not %d", seed, f, got, len(want))
			}
			set := b.Select(f)
			down := int64(1 << 30)
			for _, order := range query.Sorts() {
				if order == query.ByRelevance {
					continue // goes by words, which the board does not know
				}
				slices.SortFunc(want, before(order))
				var got []int64
				var at *board.Position
				for {
					page := b.Page(f, order, at, 37)
					if len(page) == 0 {
						break
					}
					got = append(got, page...)
					p := b.PositionOf(page[len(page)-1], order)
					at = &p
				}
				var numbers []int64
				for _, x := range want {
					numbers = append(numbers, x.Number)
				}
				if !slices.Equal(got, numbers) {
					t.Fatalf("seed %d: %+v by %s: %d tickets, not %d\n%v\n%v", seed, f, order, len(got), len(numbers), got, numbers)
				}
			}
			n := 0
			for down = set.Below(down); down > 0; down = set.Below(down) {
				n++
			}
			if n != len(want) || set.Len() != len(want) {
				t.Fatalf("seed %d: the set has %d, going down %d, not %d", seed, set.Len(), n, len(want))
			}
		}
	}
}

func TestFind(t *testing.T) {
	b := board.New()
	for i, name := range []string{"Mara Lind", "Marek Böhm", "Al Mar"} {
		b.Put(board.Ticket{Number: int64(i + 1), Version: 1, Requester: ticket.Person{ID: fmt.Sprint("p", i), Name: name}, Findings: []string{"disk.full", "disk.slow", "dns.down"}})
	}
	for typed, want := range map[string]string{
		"p1": "p1", "mara lind": "p0", "MAREK": "p1", "bohm": "p1", "böhm mar": "p1", "mar": "p0 p1 p2", "al mar": "p2", "lin*": "", "mar*": "p0 p1", "nobody": "", "!": "",
	} {
		if got := strings.Join(b.Find(board.Requester, typed), " "); got != want {
			t.Errorf("%q means %q, not %q", typed, got, want)
		}
	}
	if got := b.Find(board.Finding, "disk.*"); !slices.Equal(got, []string{"disk.full", "disk.slow"}) {
		t.Errorf("disk.* means %q", got)
	}
}

// TestTogether reads while it is written to.
func TestTogether(t *testing.T) {
	b := board.New()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 2))
			for i := range 300 {
				b.Put(random(r, 1+r.Int64N(500), int64(i+1)))
			}
		})
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 3))
			for range 50 {
				c, _ := condition(r)
				f := board.Filter{Conditions: []board.Condition{c}}
				s := b.Select(f)
				for n := s.Below(1000); n > 0; n = s.Below(n) {
				}
				b.Page(f, pick(r, query.Sorts()...), nil, 50)
				b.Find(board.Requester, "name 1")
			}
		})
	}
	all.Wait()
}
