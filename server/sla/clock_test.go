package sla_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

var (
	anna  = ticket.Actor{Person: ticket.Person{ID: "p1", Name: "Anna"}, Side: ticket.Staff}
	maria = ticket.Actor{Person: ticket.Person{ID: "p3", Name: "Maria"}, Side: ticket.Requester}
)

// spans reads "09:00-12:30 13:00-17:00".
func spans(text string) []sla.Span {
	var out []sla.Span
	for _, f := range strings.Fields(text) {
		a, b, _ := strings.Cut(f, "-")
		var s sla.Span
		if s.From.UnmarshalText([]byte(a)) != nil || s.To.UnmarshalText([]byte(b)) != nil {
			panic(f)
		}
		out = append(out, s)
	}
	return out
}

// weekly is a calendar with the same hours on some days of the week.
func weekly(zone, hours string, days ...int) sla.Calendar {
	c := sla.Calendar{Name: "Office", Zone: zone}
	for _, d := range days {
		c.Week = append(c.Week, sla.Weekday{Day: d, Spans: spans(hours)})
	}
	return c
}

func office() sla.Calendar { return weekly("Europe/Berlin", "09:00-17:00", 1, 2, 3, 4, 5) }

// when reads a moment in Berlin.
func when(text string) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err)
	}
	return t
}

func show(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	zone, _ := time.LoadLocation("Europe/Berlin")
	return t.In(zone).Format("2006-01-02 15:04")
}

// history reads lines of a moment and what happened then.
func history(text string) []ticket.Event {
	var out []ticket.Event
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		at, what := when(line[:16]), strings.Fields(line[16:])
		e := ticket.Event{At: at, Actor: anna}
		switch what[0] {
		case "opened":
			e.Type, e.Actor, e.Requester, e.Kind, e.Priority = ticket.Opened, maria, &maria.Person, ticket.Incident, 3
		case "took":
			e.Type = ticket.Took
		case "reply":
			e.Type, e.Message, e.Body = ticket.Replied, "m", "Hello."
		case "note":
			e.Type, e.Message, e.Body = ticket.Noted, "m", "Hm."
		case "asks":
			e.Type, e.Message, e.Body, e.Actor = ticket.Replied, "m", "And now?", maria
		case "waits":
			e.Type, e.Waiting = ticket.Waits, ticket.Waiting(what[1])
		case "resumed":
			e.Type = ticket.Resumed
		case "resolved":
			e.Type, e.Body, e.Code = ticket.ResolvedAs, "Done.", ticket.Fixed
		case "reopened":
			e.Type, e.Actor = ticket.ReopenedBy, maria
		case "closed":
			e.Type = ticket.ClosedBy
		case "cancelled":
			e.Type, e.Actor = ticket.CancelledBy, maria
		case "priority":
			e.Type = ticket.Prioritised
			if _, err := fmt.Sscan(what[1], (*int)(&e.Priority)); err != nil {
				panic(err)
			}
		default:
			panic(what[0])
		}
		out = append(out, e)
	}
	return out
}

func hours(n int) sla.Target { return sla.Target{Amount: n, Unit: sla.OpenHours} }

var waiting = []sla.Pause{{State: ticket.Pending}}

// usual is a policy that differs by priority.
func usual() sla.Policy {
	return sla.Policy{
		Name: "Usual", Calendar: "office", Pauses: waiting,
		Goals: []sla.Goal{
			{Priority: 1, FirstResponse: sla.Target{Amount: 30, Unit: sla.OpenMinutes}, NextUpdate: hours(1), Resolution: hours(4)},
			{Priority: 3, FirstResponse: hours(4), NextUpdate: hours(2), Resolution: hours(16)},
		},
	}
}

func rules(t *testing.T, c sla.Calendar, policies ...sla.Policy) *sla.Rules {
	t.Helper()
	var list []sla.Ordered
	for i, p := range policies {
		list = append(list, sla.Ordered{ID: fmt.Sprint(i), Policy: p})
	}
	r, wrong := sla.Compile(list, map[string]sla.Calendar{"office": c}, sla.Options{Around: when("2026-03-02 12:00")})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return r
}

// words writes clocks as a line each: kind, state, due, used.
func words(clocks []sla.Clock) string {
	var b strings.Builder
	for _, c := range clocks {
		fmt.Fprintf(&b, "%s %s due %s used %s\n", c.Kind, c.State, show(c.Due), brief(c.Used))
	}
	return b.String()
}

func brief(d time.Duration) string {
	if d = d.Round(time.Minute); d == 0 {
		return "0s"
	}
	return strings.TrimSuffix(d.String(), "0s")
}

// TestKnownBugs holds clocks against what other help desks got wrong.
func TestKnownBugs(t *testing.T) {
	lunch := weekly("Europe/Berlin", "09:00-12:00 13:00-17:00", 1, 2, 3, 4, 5)
	feed := office()
	feed.Holidays = []sla.Holiday{{Date: "2026-03-03", Name: "Founders' day"}}
	short := office()
	short.Exceptions = []sla.Exception{{Date: "2026-03-03", Name: "Works meeting", Spans: spans("13:00-15:00")}}
	days := func(u sla.Unit) sla.Policy {
		p := usual()
		p.Goals = []sla.Goal{{Priority: 3, Resolution: sla.Target{Amount: 1, Unit: u}}}
		return p
	}
	only := func(p sla.Policy, k sla.Kind) sla.Policy {
		for i := range p.Goals {
			if g := &p.Goals[i]; k == sla.Resolution {
				g.FirstResponse, g.NextUpdate = sla.Target{}, sla.Target{}
			} else if k == sla.FirstResponse {
				g.Resolution, g.NextUpdate = sla.Target{}, sla.Target{}
			} else {
				g.Resolution = sla.Target{}
			}
		}
		return p
	}
	always := only(usual(), sla.NextUpdate)
	always.Updates = sla.Always
	taking := only(usual(), sla.FirstResponse)
	taking.TakingAnswers = true
	nights := weekly("Europe/Berlin", "00:00-24:00", 0, 1, 2, 3, 4, 5, 6)

	for _, x := range []struct {
		name    string
		c       sla.Calendar
		p       sla.Policy
		history string
		now     string
		want    string
	}{
		{"pause lost when the policy changes", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 waits requester \n 2026-03-02 12:00 resumed \n 2026-03-02 13:00 priority 1", "2026-03-02 14:00",
			"resolution running due 2026-03-02 15:00 used 3h0m\n"},
		{"a pause counted around the clock", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 16:00 waits vendor \n 2026-03-03 10:00 resumed", "2026-03-03 10:00",
			"resolution running due 2026-03-04 11:00 used 7h0m\n"},
		{"a pause that began before opening", office(), only(usual(), sla.Resolution),
			"2026-03-02 07:00 opened \n 2026-03-02 08:00 waits vendor \n 2026-03-02 08:30 resumed", "2026-03-02 08:30",
			"resolution running due 2026-03-03 17:00 used 0s\n"},
		{"hold added to the time of creation", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 17:00 waits vendor \n 2026-03-03 09:00 resumed", "2026-03-03 09:00",
			"resolution running due 2026-03-03 17:00 used 8h0m\n"},
		{"the update clock overtakes the first response", office(), only(usual(), sla.NextUpdate),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 asks", "2026-03-02 12:30",
			"first_response running due 2026-03-02 13:00 used 3h30m\n"},
		{"an update is owed when the requester has written", office(), only(usual(), sla.NextUpdate),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 reply \n 2026-03-02 11:00 asks \n 2026-03-02 12:00 asks", "2026-03-02 12:30",
			"first_response met due 2026-03-02 13:00 used 1h0m\nnext_update running due 2026-03-02 13:00 used 1h30m\n"},
		{"an update is owed always", office(), always,
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 reply \n 2026-03-02 13:00 reply", "2026-03-02 14:00",
			"first_response met due 2026-03-02 13:00 used 1h0m\nnext_update missed due 2026-03-02 12:00 used 3h0m\nnext_update running due 2026-03-02 15:00 used 1h0m\n"},
		{"a holiday that nobody chose", feed, only(usual(), sla.FirstResponse),
			"2026-03-02 16:00 opened", "2026-03-03 12:00",
			"first_response running due 2026-03-04 12:00 used 1h0m\n"},
		{"a day with other hours", short, only(usual(), sla.FirstResponse),
			"2026-03-02 16:00 opened", "2026-03-03 14:00",
			"first_response running due 2026-03-04 10:00 used 2h0m\n"},
		{"due at closing time, not at midnight or the next morning", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 13:00 opened", "2026-03-02 20:00",
			"first_response running due 2026-03-02 17:00 used 4h0m\n"},
		{"lunch", lunch, only(usual(), sla.FirstResponse),
			"2026-03-02 11:00 opened", "2026-03-02 12:30",
			"first_response running due 2026-03-02 16:00 used 1h0m\n"},
		{"weekdays that are missing", weekly("Europe/Berlin", "09:00-17:00", 1, 4), only(usual(), sla.Resolution),
			"2026-03-03 10:00 opened", "2026-03-04 10:00",
			"resolution running due 2026-03-09 17:00 used 0s\n"},
		{"the offset of today on what was in winter", office(), only(usual(), sla.FirstResponse),
			"2026-01-12 08:00 opened", "2026-07-13 12:00",
			"first_response running due 2026-01-12 13:00 used 1043h0m\n"},
		{"clocks put forward: a night of 23 hours", nights, only(usual(), sla.Resolution),
			"2026-03-28 20:00 opened", "2026-03-29 13:00",
			"resolution running due 2026-03-29 13:00 used 16h0m\n"},
		{"clocks put back: a night of 25 hours", nights, only(usual(), sla.Resolution),
			"2026-10-24 20:00 opened", "2026-10-25 11:00",
			"resolution running due 2026-10-25 11:00 used 16h0m\n"},
		{"office hours after clocks were put forward", office(), only(usual(), sla.Resolution),
			"2026-03-27 16:00 opened", "2026-03-30 09:00",
			"resolution running due 2026-03-31 16:00 used 1h0m\n"},
		{"one day: a working day", office(), days(sla.WorkingDays),
			"2026-03-06 11:00 opened", "2026-03-06 15:00",
			"resolution running due 2026-03-09 11:00 used 12h0m\n"},
		{"one day: 24 hours around the clock", office(), days(sla.Days24),
			"2026-03-06 11:00 opened", "2026-03-06 15:00",
			"resolution running due 2026-03-07 11:00 used 4h0m\n"},
		{"24 open hours are three days", office(), func() sla.Policy { p := days(sla.OpenHours); p.Goals[0].Resolution.Amount = 24; return p }(),
			"2026-03-06 11:00 opened", "2026-03-06 15:00",
			"resolution running due 2026-03-11 11:00 used 4h0m\n"},
		{"a raised priority counts from the start", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 15:00 priority 1", "2026-03-02 15:00",
			"resolution running due 2026-03-02 13:00 used 6h0m\n"},
		{"what was kept stays kept when the priority is raised", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 11:00 reply \n 2026-03-02 15:00 priority 1", "2026-03-02 15:00",
			"first_response met due 2026-03-02 13:00 used 2h0m\n"},
		{"taking is no answer", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 took", "2026-03-02 11:00",
			"first_response running due 2026-03-02 13:00 used 2h0m\n"},
		{"taking is an answer where the policy says so", office(), taking,
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 took", "2026-03-02 11:00",
			"first_response met due 2026-03-02 13:00 used 1h0m\n"},
		{"a note is no answer", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 note", "2026-03-02 11:00",
			"first_response running due 2026-03-02 13:00 used 2h0m\n"},
		{"paused: no deadline", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 waits requester", "2026-03-05 11:00",
			"resolution paused due - used 1h0m\n"},
		{"paused too late: the deadline stays", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 14:00 waits vendor", "2026-03-05 11:00",
			"first_response paused due 2026-03-02 13:00 used 5h0m\n"},
		{"leaving a pause does not escalate at once", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 waits requester \n 2026-03-20 10:00 resumed", "2026-03-20 10:00",
			"resolution running due 2026-03-23 17:00 used 1h0m\n"},
		{"reopened: what was used counts on", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 15:00 resolved \n 2026-03-05 09:00 reopened", "2026-03-05 10:00",
			"resolution running due 2026-03-06 11:00 used 7h0m\n"},
		{"cancelled: nothing is owed", office(), usual(),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 cancelled", "2026-03-05 10:00",
			"first_response stopped due 2026-03-02 13:00 used 1h0m\nresolution stopped due 2026-03-03 17:00 used 1h0m\n"},
		{"cancelled too late", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 14:00 cancelled", "2026-03-05 10:00",
			"first_response missed due 2026-03-02 13:00 used 5h0m\n"},
		{"solved at once", office(), usual(),
			"2026-03-02 09:00 opened \n 2026-03-02 10:00 resolved \n 2026-03-09 09:00 closed", "2026-03-10 10:00",
			"first_response met due 2026-03-02 13:00 used 1h0m\nresolution met due 2026-03-03 17:00 used 1h0m\n"},
		{"done in the last moment", office(), only(usual(), sla.FirstResponse),
			"2026-03-02 09:00 opened \n 2026-03-02 13:00 reply", "2026-03-02 13:00",
			"first_response met due 2026-03-02 13:00 used 4h0m\n"},
		{"the server's clock is set back", office(), only(usual(), sla.Resolution),
			"2026-03-02 12:00 opened \n 2026-03-02 10:00 took \n 2026-03-02 10:30 asks", "2026-03-02 11:00",
			"resolution running due 2026-03-04 12:00 used 0s\n"},
		{"a pause across a clock set back", office(), only(usual(), sla.Resolution),
			"2026-03-02 09:00 opened \n 2026-03-02 12:00 waits vendor \n 2026-03-02 11:00 resumed", "2026-03-02 11:30",
			"resolution running due 2026-03-03 17:00 used 3h0m\n"},
	} {
		t.Run(x.name, func(t *testing.T) {
			got := words(rules(t, x.c, x.p).Clocks(history(x.history), when(x.now)))
			if got != x.want {
				t.Errorf("got\n%swant\n%s", got, x.want)
			}
		})
	}
}

// TestShares holds escalations to what they are of: the target's own measure. None
// falls into the night or before the ticket, and those that a raised priority has
// overtaken are told apart.
func TestShares(t *testing.T) {
	p := usual()
	for _, share := range []int{50, 75, 100, 150} {
		p.Escalations = append(p.Escalations, sla.Escalation{Clock: sla.Resolution, Share: share, NOC: true})
	}
	r := rules(t, office(), p)
	alarms := func(h string) string {
		var b strings.Builder
		for _, a := range r.Alarms(sla.LineOf(history(h))) {
			fmt.Fprintf(&b, "%d %s %v\n", a.Share, show(a.At), a.Inherited)
		}
		return b.String()
	}
	for name, x := range map[string]struct{ history, want string }{
		"over a weekend":    {"2026-03-06 15:00 opened", "50 2026-03-09 15:00 false\n75 2026-03-10 11:00 false\n100 2026-03-10 15:00 false\n150 2026-03-11 15:00 false\n"},
		"raised":            {"2026-03-02 09:00 opened \n 2026-03-02 12:30 priority 1", "50 2026-03-02 11:00 true\n75 2026-03-02 12:00 true\n100 2026-03-02 13:00 false\n150 2026-03-02 15:00 false\n"},
		"paused before 75":  {"2026-03-02 09:00 opened \n 2026-03-03 10:00 waits vendor", "50 2026-03-02 17:00 false\n"},
		"solved":            {"2026-03-02 09:00 opened \n 2026-03-03 10:00 resolved", ""},
		"no policy for all": {"2026-03-02 09:00 opened \n 2026-03-02 09:00 priority 5", ""},
	} {
		if got := alarms(x.history); got != x.want {
			t.Errorf("%s: got\n%swant\n%s", name, got, x.want)
		}
	}
}

// TestOrder chooses the first policy whose condition holds.
func TestOrder(t *testing.T) {
	vip, late, rest := usual(), usual(), usual()
	vip.Name, vip.When.VIP = "VIP", true
	late.Name, late.When.Expression = "Told by an expression", "site == 'b'"
	rest.Name = "Rest"
	list := []sla.Ordered{{ID: "a", Policy: vip}, {ID: "b", Policy: late}, {ID: "c", Policy: rest}}
	r, wrong := sla.Compile(list, map[string]sla.Calendar{"office": office()}, sla.Options{
		Around: when("2026-03-02 12:00"), VIP: func(id string) bool { return id == "boss" },
		Expression: func(string) (func(sla.Facts) bool, error) {
			return func(f sla.Facts) bool { return f.Site == "b" }, nil
		},
	})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for _, x := range []struct{ requester, site, want string }{{"boss", "b", "VIP"}, {"p3", "b", "Told by an expression"}, {"p3", "a", "Rest"}} {
		h := history("2026-03-02 09:00 opened")
		h[0].Requester, h[0].Site = &ticket.Person{ID: x.requester}, x.site
		if got := r.Clocks(h, when("2026-03-02 10:00"))[0].Title; got != x.want {
			t.Errorf("%s of %s got %q, want %q", x.requester, x.site, got, x.want)
		}
	}
	// What is not whole is left out, and the others hold.
	if r, wrong := sla.Compile(list, nil, sla.Options{}); len(wrong) != 3 || len(r.Clocks(history("2026-03-02 09:00 opened"), when("2026-03-02 10:00"))) != 0 {
		t.Errorf("without a calendar: %v", wrong)
	}
}

// TestRefused has one sentence for each thing that a person can get wrong.
func TestRefused(t *testing.T) {
	c := func(change func(*sla.Calendar)) error {
		x := office()
		change(&x)
		return x.Validate(when("2026-03-02 12:00"))
	}
	p := func(change func(*sla.Policy)) error {
		x := usual()
		change(&x)
		return x.Validate(func(id string) bool { return id == "office" })
	}
	if err := c(func(*sla.Calendar) {}); err != nil {
		t.Fatal(err)
	}
	if err := p(func(*sla.Policy) {}); err != nil {
		t.Fatal(err)
	}
	all := make([]sla.Exception, 0, 400)
	for i := range 400 {
		all = append(all, sla.Exception{Date: sla.DateOf(when("2026-03-01 12:00").AddDate(0, 0, i))})
	}
	for want, err := range map[string]error{
		"no open hour":                 c(func(c *sla.Calendar) { c.Week = nil }),
		"no open hour in the com":      c(func(c *sla.Calendar) { c.Exceptions = all }),
		"is not a time zone":           c(func(c *sla.Calendar) { c.Zone = "Berlin" }),
		"in which time zone":           c(func(c *sla.Calendar) { c.Zone = "" }),
		"do not go forward":            c(func(c *sla.Calendar) { c.Week[0].Spans = []sla.Span{{From: 600, To: 540}} }),
		"overlap":                      c(func(c *sla.Calendar) { c.Week[0].Spans = spans("09:00-12:00 11:00-13:00") }),
		"listed twice":                 c(func(c *sla.Calendar) { c.Week[0].Day = 2 }),
		"is not a day":                 c(func(c *sla.Calendar) { c.Holidays = []sla.Holiday{{Date: "2026-02-30"}} }),
		"two exceptions":               c(func(c *sla.Calendar) { c.Exceptions = []sla.Exception{{Date: "2026-02-03"}, {Date: "2026-02-03"}} }),
		"calendar that does not exist": p(func(p *sla.Policy) { p.Calendar = "gone" }),
		"has no calendar":              p(func(p *sla.Policy) { p.Calendar = "" }),
		"promises nothing":             p(func(p *sla.Policy) { p.Goals = nil }),
		"from 1 to 10000":              p(func(p *sla.Policy) { p.Goals[0].Resolution.Amount = -1 }),
		"say what the 4 counts":        p(func(p *sla.Policy) { p.Goals[0].Resolution.Unit = "days_or_so" }),
		"owed later than the solution": p(func(p *sla.Policy) { p.Goals[0].FirstResponse = hours(40) }),
		"number from 1 to 5":           p(func(p *sla.Policy) { p.Goals[0].Priority = 6 }),
		"Priority 3 is listed twice":   p(func(p *sla.Policy) { p.Goals[0].Priority = 3 }),
		"from 1 to 1000 per cent":      p(func(p *sla.Policy) { p.Escalations = []sla.Escalation{{Clock: sla.Resolution, Share: -50, NOC: true}} }),
		"does nothing":                 p(func(p *sla.Policy) { p.Escalations = []sla.Escalation{{Clock: sla.Resolution, Share: 50}} }),
		"which clock":                  p(func(p *sla.Policy) { p.Escalations = []sla.Escalation{{Share: 50, NOC: true}} }),
		"in an open state":             p(func(p *sla.Policy) { p.Pauses = []sla.Pause{{State: ticket.Closed}} }),
		"paused in every state": p(func(p *sla.Policy) {
			p.Pauses = []sla.Pause{{State: ticket.New}, {State: ticket.Assigned}, {State: ticket.InProgress}}
		}),
		"when the requester has written": p(func(p *sla.Policy) { p.Updates = "sometimes" }),
	} {
		if fault.CodeOf(err) != fault.Invalid || !strings.Contains(fault.Sentence(err), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
