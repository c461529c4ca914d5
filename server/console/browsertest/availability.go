package browsertest

import (
	"context"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/availability"
)

// availability is how the sites did in the last two weeks: one well, one with outages,
// maintenance and an evening of which nothing is known.
func (w *World) availability(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	machines, err := w.Server.DB.NOC().Endpoints(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sites := map[string]string{}
	for _, m := range machines {
		sites[m.Site.ID] = m.Site.Name
		if m.ID == w.Machines[0].ID {
			w.IDs["site"] = m.Site.ID
		}
	}
	var rows []availability.Row
	now := time.Now().UTC().Truncate(time.Hour)
	for n := 1; n <= 14*24; n++ {
		begin := now.Add(time.Duration(-n) * time.Hour)
		for id, name := range sites {
			if id == w.IDs["site"] && n%90 == 50 {
				continue // the server was away
			}
			h := siteHour(id == w.IDs["site"], n)
			rows = append(rows, availability.Row{Kind: availability.Site, ID: id, Name: name, Begin: begin, Doc: h.Encode()})
		}
	}
	if err := w.Server.DB.Availability().SaveHours(ctx, rows); err != nil {
		t.Fatal(err)
	}
}

// siteHour is an hour of a site of four machines.
func siteHour(troubled bool, n int) (h availability.Hour) {
	for i := range h.Minutes {
		c := availability.Count{Up: 4}
		switch {
		case troubled && n%70 == 20 && i < 35:
			c = availability.Count{Up: 1, Down: 3}
		case troubled && n%100 == 30:
			c = availability.Count{Out: 4}
		}
		h.Minutes[i] = c.State()
		q := &h.Quarters[i/15]
		q.Count = q.Count.Add(c)
		for range c.Up {
			score := 100 - n%4*10
			if troubled && n%24 < 6 {
				score = 55
			}
			q.Scores.Take(score)
		}
	}
	return h
}
