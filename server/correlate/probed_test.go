package correlate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// two are two sites of twenty machines, with a subnet each, and one program everywhere here.
type two struct{}

func (two) Size() int { return 40 }

func (two) Count(Part) int { return 20 }
func (two) New(Part) bool  { return false }

func (two) Parts(m string) []Part {
	site := "Berlin"
	if m >= "m20" {
		site = "Hamburg"
	}
	out := []Part{{Kind: Site, Name: site}, {Kind: stock.Subnet, Name: "of " + site}}
	if site == "Berlin" {
		out = append(out, Part{Kind: stock.Software, Name: "Editor", Value: "2"})
	}
	return out
}

func machineNo(n int) string { return fmt.Sprintf("m%02d", n) }

// TestAsked: what endpoints say that were asked makes an outage likelier where those fail
// who are in its cell, and less likely where none does and a look would show it; never of
// what no look shows, nor by few answers, nor by those from before people rang.
func TestAsked(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	d := New(two{}, nil, at.AddDate(0, 0, -7), at.Add(-time.Hour), Options{})
	var tickets []string
	for n := range 5 {
		x := Ticket{ID: fmt.Sprint("t", n), At: at.Add(time.Duration(n) * time.Minute), Person: machineNo(n), Machine: machineNo(n), About: "mail"}
		d.place(x)
		tickets = append(tickets, x.ID)
	}
	site, program := Part{Kind: Site, Name: "Berlin"}, Part{Kind: stock.Software, Name: "Editor", Value: "2"}
	asked := at.Add(5 * time.Minute)
	answers := func(about string, at time.Time, here, there int, fails func(n int) bool) (out []Answer) {
		for n := range here + there {
			a := Answer{Machine: machineNo(n), About: about, Site: "Berlin", At: at, Failed: fails(n)}
			switch {
			case n >= here:
				a.Machine, a.Group, a.Site = machineNo(20+n), Far, "Hamburg"
			case n >= 3:
				a.Group = Near
			}
			out = append(out, a)
		}
		return out
	}
	none, all := func(int) bool { return false }, func(int) bool { return true }
	here := func(n int) bool { return n < 8 }
	for _, c := range []struct {
		name    string
		cell    Cell
		answers []Answer
		want    int // more, less or as likely
	}{
		{"a site that fails, and another does not", Cell{Part: site}, answers("", asked, 8, 5, here), 1},
		{"a site where all is well", Cell{Part: site}, answers("", asked, 8, 5, none), -1},
		{"a site of which two have answered", Cell{Part: site}, answers("", asked, 2, 5, none), 0},
		{"all fail, here and there", Cell{Part: site}, answers("", asked, 8, 5, all), 0},
		{"one of eight fails", Cell{Part: site}, answers("", asked, 8, 5, func(n int) bool { return n == 4 }), 0},
		{"all was well before most rang", Cell{Part: site}, answers("", at.Add(time.Minute), 8, 5, none), 0},
		{"all was well an hour ago", Cell{Part: site}, answers("", asked.Add(-recent), 8, 5, none), 0},
		{"a service that nobody reaches", Cell{About: "mail"}, answers("mail", asked, 8, 5, all), 1},
		{"a service that all reach", Cell{About: "mail"}, answers("mail", asked, 8, 5, none), -1},
		{"another service that all reach", Cell{About: "mail"}, answers("files", asked, 8, 5, none), 0},
		{"a service at a site, reached from elsewhere", Cell{Part: site, About: "mail"}, answers("mail", asked, 8, 5, here), 1},
		{"lines that are well, of a service", Cell{Part: site, About: "mail"}, answers("", asked, 8, 5, none), 0},
		{"lines that are well, of a program", Cell{Part: program}, answers("", asked, 8, 5, none), 0},
		{"a service that all reach, of a program", Cell{Part: program, About: "mail"}, answers("mail", asked, 8, 5, none), 0},
	} {
		x := Candidate{Cell: c.cell, Tickets: tickets, key: key{d.partOf(c.cell.Part), d.aboutOf(c.cell.About)}}
		d.hear(asked.Add(time.Second), &x, c.answers)
		got := 0
		switch by := x.asked(0); {
		case by > 1:
			got = 1
		case by < -0.5:
			got = -1
		case by > 0.1 || by < -0.1:
			got = 2
		}
		if got != c.want {
			t.Errorf("%s: %d, %+v", c.name, got, x.Looks)
		}
	}
	x := Candidate{Cell: Cell{Part: site}, Tickets: tickets, Down: "Mail", key: key{d.partOf(site), 0}}
	d.hear(asked, &x, answers("", asked, 8, 5, none))
	if by := x.asked(5); by != 0 {
		t.Errorf("while a check of the service fails it speaks by %g against it", by)
	}
	if l := x.Looks[0]; l.Rang != (Count{0, 3}) || l.Near != (Count{0, 5}) || l.Far != (Count{0, 5}) || !slices.Equal(l.FarAt, []string{"Hamburg"}) {
		t.Errorf("%+v", l)
	}
}

// TestWhom: asked are those who rang, their neighbours who did not, and others at another
// site, so many at most and nobody twice; where nobody is there, nobody.
func TestWhom(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	d := New(two{}, nil, at.AddDate(0, 0, -7), at.Add(-time.Hour), Options{})
	var tickets []Ticket
	x := Doubt{Cell: Cell{Part: Part{Kind: Site, Name: "Berlin"}}}
	for n := range 7 {
		k := Ticket{ID: fmt.Sprint("t", n), At: at, Person: machineNo(n), Machine: machineNo(n)}
		d.place(k)
		tickets, x.Tickets = append(tickets, k), append(x.Tickets, k.ID)
	}
	var there []string
	for n := range 40 {
		if n != 6 { // which is away
			there = append(there, machineNo(n))
		}
	}
	count := func(list []Asked) (n [3]int) {
		for _, a := range list {
			n[a.Group]++
		}
		return n
	}
	got := d.Whom(x, tickets, there)
	if n := count(got); n != [3]int{askRang, askNear, askFar} {
		t.Errorf("asked are %v: %+v", n, got)
	}
	seen := map[string]bool{}
	for _, a := range got {
		if seen[a.Machine] || a.Machine == machineNo(6) || (a.Group == Far) != (a.Site == "Hamburg") || a.Group == Near && a.Machine < machineNo(7) {
			t.Errorf("%+v", a)
		}
		seen[a.Machine] = true
	}
	if got := d.Whom(x, tickets, there[19:]); len(got) != 0 {
		t.Errorf("nobody is there, and asked are %+v", got)
	}
	everywhere := Doubt{Cell: Cell{About: "mail"}, Tickets: x.Tickets}
	if n := count(d.Whom(everywhere, tickets, there)); n != [3]int{askRang, askNear, askFar} {
		t.Errorf("of a service asked are %v", n)
	}
}

// TestPace: about the same it is not asked again within some minutes, nor without news, nor
// one endpoint; so many times an hour at most, whatever is in doubt.
func TestPace(t *testing.T) {
	var p Pace
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	doubt := func(about string, tickets ...string) Doubt { return Doubt{Cell{About: about}, tickets} }
	due := func(list ...Doubt) int {
		got := p.Due(now, list)
		for _, x := range got {
			p.Begin(now, x, x.Cell.About, []Asked{{Machine: "of " + x.Cell.About}})
		}
		return len(got)
	}
	mail := doubt("mail", "1", "2", "3")
	if due(mail) != 1 || due(mail) != 0 || p.Free("of mail") {
		t.Error("it is asked at once again")
	}
	c := Candidate{Cell: mail.Cell, Tickets: mail.Tickets}
	if !p.Holds(now, c) || p.Holds(now.Add(Patience), c) {
		t.Error("it is not waited for answers, or for ever")
	}
	c.Confidence = sure
	if p.Holds(now, c) {
		t.Error("it is waited for answers though it is sure already")
	}
	c.Confidence = 0
	c.Cell = Cell{Part: Part{Kind: stock.Software, Name: "Word"}, About: "mail"}
	if p.Holds(now, c) {
		t.Error("it is waited for answers that can say nothing against it")
	}
	p.End(mail)
	if p.Holds(now, Candidate{Cell: mail.Cell, Tickets: mail.Tickets}) {
		t.Error("it is waited though all have answered")
	}
	now = now.Add(askAgain)
	if due(doubt("mail", "1", "2", "3", "4")) != 0 || due(doubt("files", "1", "2", "4")) != 0 || due(doubt("mail", "1", "2", "3", "4", "5")) != 1 {
		t.Error("it is asked about the same without news, or not with it")
	}
	now = now.Add(leftAlone)
	if due() != 0 || !p.Free("of mail") {
		t.Error("an endpoint is left alone for ever")
	}
	n := len(p.rounds)
	for i := range 40 {
		n += due(doubt(fmt.Sprint(i), fmt.Sprint("x", i)))
	}
	if n != roundsAnHour {
		t.Errorf("%d rounds in an hour", n)
	}
	if now = now.Add(time.Hour); due(mail) != 1 {
		t.Error("an hour later nothing is asked")
	}
}
