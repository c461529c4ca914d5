package sla_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// anyHistory draws a history by commands, so that only what may happen happens. The
// clock of the server goes forward by up to two days at a time, or back, when it may.
func anyHistory(t *rapid.T, back bool) []ticket.Event {
	now := when("2026-03-26 08:00").Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "opened")) * time.Minute)
	x, events, err := ticket.Apply(ticket.Ticket{ID: "t"}, ticket.Open{Title: "It is dark", Requester: maria.Person}, maria, now)
	if err != nil {
		t.Fatal(err)
	}
	all := events
	for range rapid.IntRange(0, 14).Draw(t, "length") {
		low := 0
		if back {
			low = -600
		}
		now = now.Add(time.Duration(rapid.IntRange(low, 2880).Draw(t, "minutes")) * time.Minute)
		by := rapid.SampledFrom([]ticket.Actor{anna, maria}).Draw(t, "by")
		c := rapid.SampledFrom([]ticket.Command{
			ticket.Take{}, ticket.Reply{Message: "m", Body: "Hello."}, ticket.Note{Message: "m", Body: "Hm."}, ticket.Wait{For: ticket.WaitRequester},
			ticket.Wait{For: ticket.WaitVendor, Message: "m", Body: "It is ordered."}, ticket.Resume{}, ticket.Resolve{Message: "m", Solution: "Done.", Code: ticket.Fixed},
			ticket.Reopen{Message: "m", Body: "No."}, ticket.Cancel{}, ticket.Confirm{}, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High},
			ticket.Prioritise{Impact: ticket.Low, Urgency: ticket.Low}, ticket.Assign{},
		}).Draw(t, "command")
		if after, events, err := ticket.Apply(x, c, by, now); err == nil {
			x, all = after, append(all, events...)
		}
	}
	return all
}

// anyRules draws two policies by priority, over calendars with lunch, holidays,
// nights and changes of the clocks.
func anyRules(t *rapid.T) (*sla.Rules, map[string]sla.Calendar, []sla.Policy) {
	calendars := map[string]sla.Calendar{
		"office": weekly(rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu"}).Draw(t, "zone"), "09:00-12:30 13:00-17:00", 1, 2, 3, 4, 5),
		"nights": weekly("Europe/Berlin", "00:00-02:30 02:30-06:00 22:00-24:00", 0, 1, 2, 4, 6),
	}
	c := calendars["office"]
	c.Holidays = []sla.Holiday{{Date: "2026-04-03", Name: "Good Friday"}}
	c.Exceptions = []sla.Exception{{Date: "2026-03-28", Name: "Saturday", Spans: spans("10:00-11:00")}}
	calendars["office"] = c
	target := rapid.Custom(func(t *rapid.T) sla.Target {
		return sla.Target{Amount: rapid.IntRange(0, 30).Draw(t, "amount"), Unit: rapid.SampledFrom([]sla.Unit{sla.OpenHours, sla.Hours24, sla.OpenMinutes}).Draw(t, "unit")}
	})
	var policies []sla.Policy
	var ordered []sla.Ordered
	for i, id := range []string{"a", "b"} {
		p := sla.Policy{
			Name: id, Calendar: rapid.SampledFrom([]string{"office", "nights"}).Draw(t, "calendar"),
			Updates: rapid.SampledFrom([]sla.Updates{sla.Always, sla.AfterReply}).Draw(t, "updates"), TakingAnswers: rapid.Bool().Draw(t, "taking"),
			Pauses: rapid.SampledFrom([][]sla.Pause{nil, waiting, {{State: ticket.Pending, Waiting: ticket.WaitVendor}}, {{State: ticket.New}}}).Draw(t, "pauses"),
		}
		if i == 0 {
			p.When.Priorities = []ticket.Priority{1}
		}
		for priority := ticket.Priority(1); priority <= 5; priority++ {
			p.Goals = append(p.Goals, sla.Goal{Priority: priority, FirstResponse: target.Draw(t, "first"), NextUpdate: target.Draw(t, "update"), Resolution: target.Draw(t, "resolution")})
		}
		policies, ordered = append(policies, p), append(ordered, sla.Ordered{ID: id, Policy: p})
	}
	r, wrong := sla.Compile(ordered, calendars, sla.Options{Around: when("2026-03-26 08:00")})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return r, calendars, policies
}

// TestIncremental: a line that grew one event at a time, and went through the store
// after each, has the same clocks as the whole history.
func TestIncremental(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, _, _ := anyRules(t)
		all := anyHistory(t, true)
		var x ticket.Ticket
		var l sla.Line
		for i, e := range all {
			x = x.Fold(e)
			l.Add(x, e)
			doc, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			l = sla.Line{}
			if err := json.Unmarshal(doc, &l); err != nil {
				t.Fatal(err)
			}
			now := e.At.Add(time.Hour)
			if diff := cmp.Diff(r.Clocks(all[:i+1], now), r.Derive(l, now)); diff != "" {
				t.Fatalf("after %d events: %s", i+1, diff)
			}
		}
	})
}

// TestBruteForce: the resolution clock is what one gets by asking for each minute
// what the ticket was and whether the desk was open, with the policy of the end. It
// shares no line of code with the clocks but the policy itself.
func TestBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, calendars, policies := anyRules(t)
		all := anyHistory(t, false)
		now := all[len(all)-1].At.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "later")) * time.Minute)
		var got sla.Clock
		for _, c := range r.Clocks(all, now) {
			if c.Kind == sla.Resolution {
				got = c
			}
		}
		// The facts are those of now, or of the moment at which it was solved.
		end, stop := len(all), now
		for i := len(all); i > 0 && !ticket.Replay("t", 1, "", all[:i]).State.Open(); i-- {
			end, stop = i, all[i-1].At
		}
		facts := ticket.Replay("t", 1, "", all[:end])
		p := policies[1]
		if facts.Priority == 1 {
			p = policies[0]
		}
		target := p.Goals[facts.Priority-1].Resolution
		if target.Amount == 0 {
			if got.Kind != "" {
				t.Fatalf("a clock without a target: %+v", got)
			}
			return
		}
		total := time.Duration(target.Amount) * time.Hour
		if target.Unit == sla.OpenMinutes {
			total = time.Duration(target.Amount) * time.Minute
		}
		var used time.Duration
		var due time.Time
		n, x := 0, ticket.Ticket{}
		for m := all[0].At; m.Before(stop); m = m.Add(time.Minute) {
			for n < len(all) && !all[n].At.After(m) {
				x, n = x.Fold(all[n]), n+1
			}
			paused := slices.ContainsFunc(p.Pauses, func(q sla.Pause) bool { return q.State == x.State && (q.Waiting == "" || q.Waiting == x.Waiting) })
			if x.State.Open() && !paused && (target.Unit == sla.Hours24 || openAt(calendars[p.Calendar], m)) {
				if used += time.Minute; used == total {
					due = m.Add(time.Minute)
				}
			}
		}
		if got.Used != used || (!due.IsZero() && !got.Due.Equal(due)) {
			t.Fatalf("got %s due %s, by minutes %s due %s\n%s", got.Used, show(got.Due), used, show(due), words([]sla.Clock{got}))
		}
	})
}

// openAt looks at the wall.
func openAt(c sla.Calendar, at time.Time) bool {
	local := at.In(zoneOf(c.Zone))
	var list []sla.Span
	for _, d := range c.Week {
		if d.Day == int(local.Weekday()) {
			list = d.Spans
		}
	}
	for _, h := range c.Holidays {
		if h.Date == sla.DateOf(local) {
			list = nil
		}
	}
	for _, e := range c.Exceptions {
		if e.Date == sla.DateOf(local) {
			list = e.Spans
		}
	}
	minute := sla.Minute(local.Hour()*60 + local.Minute())
	return slices.ContainsFunc(list, func(s sla.Span) bool { return s.From <= minute && minute < s.To })
}

var zones sync.Map // of *time.Location by name

// zoneOf reads a zone once: to read it for each minute takes longer than all that is
// looked at.
func zoneOf(name string) *time.Location {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	zones.Store(name, zone)
	return zone
}

// TestNoDeadlineMoves: time going on, or back, moves no deadline; nor does what
// neither pauses a clock nor ends it.
func TestNoDeadlineMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, _, _ := anyRules(t)
		all := anyHistory(t, true)
		last := all[len(all)-1].At
		before := r.Clocks(all, last)
		check := func(what string, after []sla.Clock) {
			for i, c := range before {
				if i >= len(after) || !after[i].Due.Equal(c.Due) || after[i].Kind != c.Kind || after[i].Used < 0 {
					t.Fatalf("%s\nbefore\n%safter\n%s", what, words(before), words(after))
				}
			}
		}
		check("time went", r.Clocks(all, last.Add(time.Duration(rapid.IntRange(-10000, 10000).Draw(t, "minutes"))*time.Minute)))
		note := ticket.Event{Type: ticket.Noted, Actor: anna, Body: "Hm.", Message: "m", At: last.Add(time.Duration(rapid.IntRange(-5000, 5000).Draw(t, "note")) * time.Minute)}
		check("a note", r.Clocks(append(slices.Clone(all), note), last))
		// Its stretches come to the clock's own figure, and leave no gap.
		for _, x := range r.Explain(sla.LineOf(all), last.Add(time.Hour)) {
			var sum time.Duration
			at := x.Started
			for _, s := range x.Stretches {
				if !s.From.Equal(at) || !s.To.After(s.From) {
					t.Fatalf("a gap before %v", s)
				}
				sum, at = sum+s.Counted, s.To
			}
			if sum != x.Used {
				t.Fatalf("explained %s of %s", sum, x.Used)
			}
		}
	})
}
