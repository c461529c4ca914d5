package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/ticket"
)

// past is where the made-up histories begin; they reach over a change to summer time.
var past = time.Date(2026, 3, 20, 7, 13, 11, 123456789, time.UTC)

// lives writes tickets with made-up lives into the store, as the desk would have,
// and returns them as they are. Times have nanoseconds, as real clocks do.
func (w *World) lives(t *testing.T, store desk.Store, r *rand.Rand, n int) []string {
	t.Helper()
	person := func(id string) ticket.Person { return ticket.Person{ID: id, Name: "The " + id} }
	staff := []ticket.Actor{{Person: person(w.Anna.Person), Side: ticket.Staff}, {Person: person(w.Ben.Person), Side: ticket.Staff}}
	mia := ticket.Actor{Person: person("mia"), Side: ticket.Requester}
	system := ticket.Actor{Side: ticket.System}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var ids []string
	must(t, store.Update(t.Context(), func(tx desk.Tx) error {
		for range n {
			now := past.Add(time.Duration(r.Int64N(int64(20 * 24 * time.Hour))))
			id := ulid.MustNewDefault(now).String()
			opener := mia
			if r.IntN(3) == 0 {
				opener = staff[r.IntN(2)]
			}
			x, events, err := ticket.Apply(ticket.Ticket{ID: id}, ticket.Open{
				Title: "T", Body: pick("", "Words."), Requester: mia.Person, Site: pick("", w.Site.ID, "elsewhere"), Team: pick("", "net", "desk"), Category: pick("", "print", "mail"),
			}, opener, now)
			if err != nil {
				return err
			}
			for range r.IntN(14) {
				now = now.Add(time.Duration(r.Int64N(int64(30 * time.Hour))))
				if r.IntN(8) == 0 {
					now = now.Add(10 * 24 * time.Hour)
				}
				by := staff[r.IntN(2)]
				if r.IntN(3) == 0 {
					by = mia
				} else if r.IntN(6) == 0 {
					by = system
				}
				commands := []ticket.Command{
					ticket.Take{}, ticket.Assign{To: person(w.Ben.Person)}, ticket.Assign{}, ticket.Reply{Message: "m", Body: "Words."}, ticket.Reply{Message: "m", Body: "Away.", Automatic: true},
					ticket.Note{Message: "m", Body: "Among us."}, ticket.Wait{For: ticket.WaitRequester, Body: pick("", "Which one?")}, ticket.Wait{For: ticket.WaitVendor}, ticket.Resume{},
					ticket.Resolve{Solution: "Done.", Code: ticket.Fixed}, ticket.Resolve{Solution: "Done.", Code: ticket.Fixed}, ticket.Confirm{}, ticket.Close{}, ticket.Reopen{Body: pick("", "No.")},
					ticket.Rate{Rating: 1 + r.IntN(5)}, ticket.Cancel{Reason: pick("", "Gone.")}, ticket.Delegate{Team: pick("", "net", "desk"), To: person(w.Anna.Person), Body: "Look."},
					ticket.Escalate{Team: pick("", "net"), Tier: 2, Tried: "All."}, ticket.Categorise{Category: pick("print", "mail")}, ticket.Read{Message: fmt.Sprint(r.IntN(100))},
				}
				after, more, err := ticket.Apply(x, commands[r.IntN(len(commands))], by, now)
				if err != nil {
					continue // not in this state, or not theirs
				}
				x, events = after, append(events, more...)
			}
			if err := tx.Insert(&x, events); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}))
	return ids
}

// brute computes figures straight from the log of events, each by its own words and
// by nothing that the reporter is made of.
type brute struct {
	histories [][]ticket.Event
	helped    []time.Time // when articles kept employees from ringing
}

func (b brute) upTo(h []ticket.Event, n int) ticket.Ticket { return ticket.Replay("", 0, "", h[:n]) }

func ms(at time.Time) time.Time { return time.UnixMilli(at.UnixMilli()).UTC() }

// answered: the first event of a person on the staff that is a public word, or, unless
// they opened it with words, makes it somebody's.
func (b brute) answered(h []ticket.Event) (int, string) {
	spoken := h[0].Actor.Side == ticket.Staff && h[0].Body != ""
	for i, e := range h[1:] {
		if e.Actor.Side != ticket.Staff {
			continue
		}
		switch e.Type {
		case ticket.Replied:
			if !e.Automatic {
				return i + 1, e.Actor.ID
			}
		case ticket.ResolvedAs:
			return i + 1, e.Actor.ID
		case ticket.Waits, ticket.CancelledBy, ticket.ReopenedBy:
			if e.Body != "" {
				return i + 1, e.Actor.ID
			}
		case ticket.Took:
			if !spoken {
				return i + 1, e.Actor.ID
			}
		case ticket.AssignedTo, ticket.HandedOver:
			if !spoken && e.Person != nil {
				return i + 1, e.Person.ID
			}
		}
	}
	return -1, ""
}

// solver: whoever of the staff said so, or else who had the ticket when the system did.
func (b brute) solver(h []ticket.Event, i int) string {
	if h[i].Actor.Side == ticket.Staff {
		return h[i].Actor.ID
	}
	return b.upTo(h, i+1).Assignee.ID
}

func (b brute) resolutions(h []ticket.Event) []int {
	var at []int
	for i, e := range h {
		if e.Type == ticket.ResolvedAs {
			at = append(at, i)
		}
	}
	return at
}

func (b brute) oneContact(h []ticket.Event, first int) bool {
	said := 0
	for i, e := range h[1:first] {
		human := e.Actor.Side == ticket.Staff
		word := human && (e.Type == ticket.Replied && !e.Automatic || e.Body != "" && (e.Type == ticket.Waits || e.Type == ticket.CancelledBy || e.Type == ticket.ReopenedBy))
		switch {
		case e.Type == ticket.Waits && e.Waiting == ticket.WaitRequester, e.Type == ticket.Escalated:
			return false
		case e.Type == ticket.HandedOver && e.Team != "":
			if team := b.upTo(h, i+1).Team; team != "" && team != e.Team {
				return false
			}
		case e.Type == ticket.Replied && e.Actor.Side == ticket.Requester && !e.Automatic && said > 0:
			return false
		}
		if word {
			if said++; said > 1 {
				return false
			}
		}
	}
	for _, e := range h {
		if e.Type == ticket.ReopenedBy {
			return false
		}
	}
	return true
}

// figures computes one group: the tickets that fit, the moments that fit.
func (b brute) figures(q report.Query, open report.Open, fits func(t ticket.Ticket, at time.Time, who string) bool) report.Set {
	var out report.Set
	times := map[string][]time.Duration{}
	stars, rung := 0, 0
	for _, at := range b.helped {
		if !at.Before(q.From) && at.Before(q.To) && fits(ticket.Ticket{}, at, "") {
			out.Deflection.Part++
		}
	}
	for _, h := range b.histories {
		now := b.upTo(h, len(h))
		in := func(i int, who string) bool {
			at := ms(h[i].At)
			return !at.Before(q.From) && at.Before(q.To) && fits(now, at, who)
		}
		add := func(name string, i int) {
			times[name] = append(times[name], ms(h[i].At).Sub(ms(h[0].At)))
			times[name+" open"] = append(times[name+" open"], open(ms(h[0].At), ms(h[i].At)))
		}
		if in(0, now.Assignee.ID) {
			out.Created++
			if h[0].Actor.Side == ticket.Requester {
				rung++
			}
		}
		for _, p := range b.promises(h, time.Now()) {
			if !p.at.Before(q.From) && p.at.Before(q.To) && fits(now, p.at, now.Assignee.ID) {
				out.Kept.Of++
				if p.kept {
					out.Kept.Part++
				}
			}
		}
		if i, who := b.answered(h); i >= 0 && in(i, who) {
			add("answer", i)
		}
		list := b.resolutions(h)
		if len(list) > 0 {
			first, last := list[0], list[len(list)-1]
			if in(first, b.solver(h, first)) {
				add("first", first)
				out.FirstContact.Of++
				if b.oneContact(h, first) {
					out.FirstContact.Part++
				}
			}
			if in(last, b.solver(h, last)) {
				out.Resolved++
				if now.Reopened >= 1 {
					out.Reopened.Part++
				}
				if now.State == ticket.Resolved || now.State == ticket.Closed {
					add("final", last)
				}
			}
		}
		rated := -1
		for i, e := range h {
			if e.Type == ticket.Rated {
				rated = i
			}
		}
		if rated >= 0 {
			// Of several solutions the last one counts, also when it came after the rating.
			if in(rated, b.solver(h, list[len(list)-1])) {
				out.Satisfaction.N++
				stars += now.Rating
				if now.Rating >= 4 {
					out.Satisfaction.Good.Part++
				}
			}
		}
	}
	if out.Deflection.Part > 0 { // where no article has helped, none was asked
		out.Deflection.Of = out.Deflection.Part + rung
	}
	out.Reopened.Of, out.Satisfaction.Good.Of = out.Resolved, out.Satisfaction.N
	if out.Satisfaction.N > 0 {
		out.Satisfaction.Mean = float64(stars) / float64(out.Satisfaction.N)
	}
	sum := func(name string) report.Times {
		list := times[name]
		if len(list) == 0 {
			return report.Times{}
		}
		slices.Sort(list)
		var all time.Duration
		for _, d := range list {
			all += d
		}
		rank := func(share float64) time.Duration {
			for i, d := range list {
				if float64(i+1) >= share*float64(len(list))-1e-9 {
					return d
				}
			}
			return 0
		}
		return report.Times{N: len(list), Mean: (all / time.Duration(len(list))).Truncate(time.Millisecond), Median: rank(0.5), P90: rank(0.9)}
	}
	out.Answer, out.AnswerOpen, out.First, out.FirstOpen, out.Final, out.FinalOpen = sum("answer"), sum("answer open"), sum("first"), sum("first open"), sum("final"), sum("final open")
	return out
}

// nineToFive is a simple calendar, computed minute by minute of the clock on the wall.
func nineToFive(from, to time.Time) time.Duration {
	var sum time.Duration
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC); day.Before(to); day = day.AddDate(0, 0, 1) {
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			continue
		}
		a, b := day.Add(9*time.Hour), day.Add(17*time.Hour)
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		if b.After(a) {
			sum += b.Sub(a)
		}
	}
	return sum
}

func testFigures(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	fresh := func() *report.Reporter { // one that remembers no answers
		return report.New(w.DB.Reports(), report.More{
			Hours: func(string) report.Open { return nineToFive }, Promises: w.DB.Promises, Deflections: w.DB.DeflectionsBetween,
		}, time.Now, slog.New(slog.DiscardHandler))
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var b brute
	desk := w.promising(t)
	for round := range 3 {
		b.helped = append(b.helped, w.helped(t, r, 20)...)
		for _, id := range w.lives(t, desk, r, 120) {
			h, err := w.DB.Desk().History(ctx, id)
			must(t, err)
			b.histories = append(b.histories, h)
		}
		reporter := fresh()
		must(t, reporter.CatchUp(ctx))
		w.compare(t, reporter, b, report.Query{From: past.AddDate(0, 0, -1), To: past.AddDate(0, 3, 0)}, past.AddDate(0, 0, 9+round))
		from := ms(past.Add(time.Duration(r.Int64N(int64(20 * 24 * time.Hour)))))
		w.compare(t, reporter, b, report.Query{From: from, To: from.AddDate(0, 0, 12), Zone: berlin, Team: "net"}, from.AddDate(0, 0, 3))
		w.compare(t, reporter, b, report.Query{From: from, To: from.Add(31 * time.Hour), Zone: berlin, Site: w.Site.ID, Technician: w.Anna.Person}, from)
	}
	// A category counts with what is below it.
	tree := report.New(w.DB.Reports(), report.More{Below: func(category string) []string {
		return map[string][]string{"hardware": {"hardware", "print"}, "print": {"print"}}[category]
	}}, time.Now, slog.New(slog.DiscardHandler))
	for _, by := range []report.By{report.Whole, report.ByTeam} {
		all := report.Query{From: past, To: past.AddDate(0, 2, 0), By: by, Category: "hardware"}
		leaf := all
		leaf.Category = "print"
		have, err := tree.Figures(ctx, boss, all)
		must(t, err)
		want, err := tree.Figures(ctx, boss, leaf)
		must(t, err)
		if diff := cmp.Diff(want.Total, have.Total); diff != "" || have.Total.Created == 0 {
			t.Errorf("hardware, of which there are only printers:\n%s", diff)
		}
		piles, err := tree.Backlog(ctx, boss, past.AddDate(0, 0, 15), all)
		must(t, err)
		trend, err := tree.Trend(ctx, boss, report.Query{From: past, To: past.AddDate(0, 0, 15), By: report.ByDay, Category: "hardware"})
		must(t, err)
		if piles.Total.Open == 0 || slices.Max(trend.Open) == 0 {
			t.Errorf("open below hardware: %+v, %v", piles.Total, trend.Open)
		}
	}
	// Made again from the beginning, they are the same.
	q := report.Query{From: past, To: past.AddDate(0, 2, 0), By: report.ByTeam}
	before, err := fresh().Figures(ctx, boss, q)
	must(t, err)
	must(t, w.SetMeta(ctx, "facts", ""))
	again := fresh()
	must(t, again.CatchUp(ctx))
	after, err := again.Figures(ctx, boss, q)
	must(t, err)
	if diff := cmp.Diff(before.Groups, after.Groups); diff != "" {
		t.Errorf("made again the figures differ:\n%s", diff)
	}
}

func (w *World) compare(t *testing.T, reporter *report.Reporter, b brute, q report.Query, at time.Time) {
	t.Helper()
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, by := range report.Bys() {
		q.By = by
		got, err := reporter.Figures(context.WithoutCancel(t.Context()), boss, q)
		must(t, err)
		check := func(what string, got report.Set, group func(x ticket.Ticket, at time.Time, who string) bool) {
			t.Helper()
			want := b.figures(q, nineToFive, func(x ticket.Ticket, at time.Time, who string) bool {
				return (q.Team == "" || x.Team == q.Team) && (q.Site == "" || x.Site == q.Site) && (q.Technician == "" || who == q.Technician) && group(x, at, who)
			})
			want.Key, want.Name = got.Key, got.Name
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %q of %s to %s (-brute +reporter):\n%s", what, by, q.From, q.To, diff)
			}
		}
		check("all", got.Total, func(ticket.Ticket, time.Time, string) bool { return true })
		created := 0
		for _, g := range got.Groups {
			created += g.Created
			check(g.Key, g, func(x ticket.Ticket, at time.Time, who string) bool {
				switch by {
				case report.ByTeam:
					return x.Team == g.Key
				case report.BySite:
					return x.Site == g.Key
				case report.ByCategory:
					return x.Category == g.Key
				case report.ByTechnician:
					return who == g.Key
				}
				begin, err := time.ParseInLocation(time.DateOnly, g.Key, zone)
				must(t, err)
				end := map[report.By]time.Time{report.ByDay: begin.AddDate(0, 0, 1), report.ByWeek: begin.AddDate(0, 0, 7), report.ByMonth: begin.AddDate(0, 1, 0)}[by]
				return !at.Before(begin) && at.Before(end)
			})
		}
		if by != report.Whole && created != got.Total.Created {
			t.Errorf("by %q: the groups have %d new tickets together, and there are %d", by, created, got.Total.Created)
		}
	}
	q.By = report.ByTeam
	pile, err := reporter.Backlog(t.Context(), boss, at, q)
	must(t, err)
	var want report.Pile
	teams := map[string]int{}
	openAt := func(h []ticket.Event, at time.Time) bool {
		n := 0
		for n < len(h) && !ms(h[n].At).After(at) {
			n++
		}
		now := b.upTo(h, len(h))
		return n > 0 && b.upTo(h, n).State.Open() && (q.Team == "" || now.Team == q.Team) && (q.Site == "" || now.Site == q.Site) && (q.Technician == "" || now.Assignee.ID == q.Technician)
	}
	for _, h := range b.histories {
		if !openAt(h, at) {
			continue
		}
		age := at.Sub(ms(h[0].At))
		want.Open++
		want.Oldest = max(want.Oldest, age)
		teams[b.upTo(h, len(h)).Team]++
		switch days := age.Hours() / 24; {
		case days < 1:
			want.ByAge[0]++
		case days < 3:
			want.ByAge[1]++
		case days < 7:
			want.ByAge[2]++
		case days < 30:
			want.ByAge[3]++
		default:
			want.ByAge[4]++
		}
	}
	if diff := cmp.Diff(want, pile.Total); diff != "" {
		t.Errorf("the backlog at %s (-brute +reporter):\n%s", at, diff)
	}
	for _, g := range pile.Groups {
		if g.Open != teams[g.Key] {
			t.Errorf("the backlog of the team %q at %s is %d, want %d", g.Key, at, g.Open, teams[g.Key])
		}
	}
	q.By = report.ByDay
	trend, err := reporter.Trend(t.Context(), boss, q)
	must(t, err)
	for i, start := range trend.Starts {
		begin, err := time.ParseInLocation(time.DateOnly, start, zone)
		must(t, err)
		n := 0
		for _, h := range b.histories {
			if openAt(h, begin.AddDate(0, 0, 1)) {
				n++
			}
		}
		if n != trend.Open[i] {
			t.Errorf("at the end of %s %d were open, and the trend says %d", start, n, trend.Open[i])
		}
	}
}
