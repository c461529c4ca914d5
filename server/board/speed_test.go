package board_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/ticket"
)

// BenchmarkCount counts views among a million tickets.
func BenchmarkCount(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x := board.New()
	for i := range int64(1_000_000) {
		t := random(r, 1000+i, 1)
		t.State = ticket.Closed
		if i > 970_000 || r.IntN(400) == 0 {
			t.State = ticket.InProgress
		}
		t.CreatedAt = start.Add(time.Duration(i) * 2 * time.Minute)
		t.UpdatedAt = t.CreatedAt.Add(time.Duration(r.IntN(6000)) * time.Minute)
		t.Requester.ID = "r" + strconv.Itoa(r.IntN(30000))
		x.Put(t)
		if t.State != ticket.Closed {
			x.SetDue(t.Number, t.UpdatedAt.Add(time.Hour))
		}
	}
	end := start.Add(2_000_000 * time.Minute)
	open := board.Condition{Field: board.State, Values: []string{"new", "in_progress", "assigned", "pending"}}
	for name, f := range map[string][]board.Condition{
		"all": {}, "open": {open}, "mine": {open, {Field: board.Assignee, Values: []string{"a1"}}}, "site": {{Field: board.Site, Values: []string{"s1"}}},
		"site-closed": {{Field: board.Site, Values: []string{"s1"}}, {Field: board.State, Values: []string{"closed"}}, {Field: board.Kind, Values: []string{"request"}}},
		"not-tag":     {{Not: true, Field: board.Tag, Values: []string{"vpn"}}, open}, "created": {{Time: board.Created, From: end.AddDate(0, 0, -7)}},
		"created-year": {{Time: board.Created, To: end.AddDate(-1, 0, 0)}, open}, "updated": {{Time: board.Updated, From: end.AddDate(0, 0, -1)}},
		"due": {open, {Time: board.Due, To: end}}, "requester": {{Field: board.Requester, Values: []string{"r77"}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Count(board.Filter{Conditions: f})
			}
		})
	}
}
