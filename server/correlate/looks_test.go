package correlate

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// wide is a fleet of ten sites with four subnets each, of five machines: m000 to m199, in
// their order.
type wide struct{}

func (wide) Size() int { return 200 }

func (wide) Count(p Part) int {
	if p.Kind == Site {
		return 20
	}
	return 5
}

func (wide) New(Part) bool { return false }

func (wide) Parts(m string) []Part {
	var n int
	if _, err := fmt.Sscanf(m, "m%d", &n); err != nil {
		return nil
	}
	return []Part{{Kind: Site, Name: fmt.Sprintf("site %d", n/20)}, {Kind: stock.Subnet, Name: fmt.Sprintf("10.%d.%d.0/24", n/20, n/5%4)}}
}

func wideNo(n int) string { return fmt.Sprintf("m%03d", n) }

// TestLooksAreSummedUp: of each machine the newest counts, and shown are those who were
// asked last; what was said three quarters of an hour ago counts no more, nor does it
// speak against an outage when nobody was asked who rang, nor for one when only one fails
// or hardly anybody elsewhere has answered.
func TestLooksAreSummedUp(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	d := New(two{}, nil, at.AddDate(0, 0, -7), at.Add(-time.Hour), Options{})
	d.place(Ticket{ID: "t", At: at, Person: "m00", Machine: "m00"})
	site := Part{Kind: Site, Name: "Berlin"}
	asked := at.Add(time.Minute)
	say := func(from, to int, g Group, at time.Time, failed bool) (out []Answer) {
		for n := from; n < to; n++ {
			out = append(out, Answer{Machine: machineNo(n), Site: map[bool]string{true: "Berlin", false: "Hamburg"}[n < 20], Group: g, At: at, Failed: failed})
		}
		return out
	}
	hear := func(now time.Time, lists ...[]Answer) Candidate {
		c := Candidate{Cell: Cell{Part: site}, Tickets: []string{"t"}, key: key{d.partOf(site), 0}}
		d.hear(now, &c, slices.Concat(lists...))
		return c
	}
	rang, near, far := say(0, 3, Rang, asked, true), say(3, 8, Near, asked, true), say(20, 25, Far, asked, false)

	c := hear(asked.Add(recent), rang, near, far)
	if len(c.Looks) != 1 || c.Looks[0].Times < 10 {
		t.Fatalf("a site fails: %+v", c.Looks)
	}
	if c := hear(asked.Add(recent+time.Second), rang, near, far); len(c.Looks) != 0 {
		t.Errorf("what was said long ago counts: %+v", c.Looks)
	}
	if c := hear(asked, rang[:1], far); c.asked(0) != 0 {
		t.Errorf("one that fails speaks for an outage: %+v", c.Looks)
	}
	if c := hear(asked, rang, near, far[:1]); c.asked(0) != 0 {
		t.Errorf("though elsewhere one has answered alone, it speaks for an outage: %+v", c.Looks)
	}
	if c := hear(asked, say(3, 11, Near, asked, false), far); c.asked(0) != 0 {
		t.Errorf("neighbours alone speak against an outage: %+v", c.Looks)
	}

	// Four were asked again, and are well.
	again := asked.Add(10 * time.Minute)
	c = hear(again, rang, near, far, say(0, 3, Rang, again, false), say(3, 4, Near, again, false))
	l := c.Looks[0]
	if l.Rang != (Count{0, 3}) || l.Near != (Count{0, 1}) || l.Far != (Count{}) || !l.At.Equal(again) {
		t.Errorf("shown are %+v", l)
	}
	if want := times(Count{4, 8}, Count{0, 5}, 1, hiddenPlace, false); math.Abs(l.Times-want) > 1e-12 {
		t.Errorf("four of eight fail by now: %g times, want %g", l.Times, want)
	}
}

// TestHowMuchLooksSay: several sites say more than one, a service that nobody reaches may
// be one that is never reached, and where all is well, less is hidden of a place's outage
// than of a service's. What is known already is not counted twice.
func TestHowMuchLooksSay(t *testing.T) {
	fail, well := Count{8, 8}, Count{0, 8}
	if one, three := times(fail, Count{0, 5}, 2, hiddenPlace, false), times(fail, Count{0, 5}, 3, hiddenPlace, false); one > 1/aloneOut || three < 2*one || three > 1/severalOut {
		t.Errorf("by %g at two sites, by %g at three", one, three)
	}
	if all := times(Count{13, 13}, Count{}, 1, hiddenService, true); all < 2 || all > 1/everyOut {
		t.Errorf("a service that nobody reaches says %g", all)
	}
	if all := times(Count{13, 13}, Count{}, 1, hiddenService, false); all < 1/everyOut {
		t.Errorf("without services that are never reached it is %g", all)
	}
	place, service := times(well, Count{0, 5}, 0, hiddenPlace, false), times(well, Count{0, 5}, 0, hiddenService, true)
	if place < hiddenPlace || place > hiddenService || service < hiddenService || service > 1 {
		t.Errorf("all is well: %g of a place, %g of a service", place, service)
	}
	c := Candidate{Looks: []Looks{{Times: math.Exp(3)}, {Times: 0.5}}}
	for already, want := range map[float64]float64{0: 3, 2: 1, 5: 0} {
		if got := c.asked(already); math.Abs(got-want) > 1e-12 {
			t.Errorf("beside %g known already it is %g, want %g", already, got, want)
		}
	}
	if got := (&Candidate{Looks: []Looks{{Times: 0.5}, {Times: 0.25}}}).asked(4); math.Abs(got-math.Log(0.25)) > 1e-12 {
		t.Errorf("against it speaks %g", got)
	}
}

// TestWhomInManyPlaces: neighbours are taken evenly from where people rang, and others from
// as many sites as there are before two of one, none of them a site from which somebody
// rang; never more than are asked of each.
func TestWhomInManyPlaces(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	d := New(wide{}, nil, at.AddDate(0, 0, -7), at.Add(-time.Hour), Options{})
	subnet := Part{Kind: stock.Subnet, Name: "10.0.0.0/24"}
	var all []string
	for n := range 200 {
		all = append(all, wideNo(n))
	}
	ask := func(x Doubt, there []string, rang ...int) (out [3]map[string]int) {
		var tickets []Ticket
		for _, n := range rang {
			k := Ticket{ID: wideNo(n), At: at, Person: wideNo(n), Machine: wideNo(n)}
			d.place(k)
			tickets, x.Tickets = append(tickets, k), append(x.Tickets, k.ID)
		}
		for i := range out {
			out[i] = map[string]int{}
		}
		for _, a := range d.Whom(x, tickets, there) {
			out[a.Group][wide{}.Parts(a.Machine)[1].Name]++
		}
		return out
	}
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}

	// One subnet: its two others, and five elsewhere, none of them at the same site.
	got := ask(Doubt{Cell: Cell{Part: subnet}}, all, 0, 1, 2)
	if sum(got[Near]) != 2 || got[Near][subnet.Name] != 2 || len(got[Far]) != askFar || sum(got[Far]) != askFar {
		t.Errorf("of a subnet: %v", got)
	}
	for name := range got[Far] {
		if name[:5] == "10.0." {
			t.Errorf("elsewhere is %s", name)
		}
	}

	// Three subnets: eight neighbours, three of each at most.
	got = ask(Doubt{Cell: Cell{About: "mail"}}, all, 0, 5, 10)
	if sum(got[Near]) != askNear || len(got[Near]) != 3 || slices.Max([]int{got[Near]["10.0.0.0/24"], got[Near]["10.0.1.0/24"], got[Near]["10.0.2.0/24"]}) != 3 {
		t.Errorf("of three subnets: %v", got)
	}
	if sum(got[Far]) != askFar || len(got[Far]) != askFar {
		t.Errorf("others: %v", got[Far])
	}

	// Two other sites alone: of these more than one each.
	got = ask(Doubt{Cell: Cell{About: "mail"}}, all[:60], 0, 1, 2)
	if sum(got[Far]) != askFar {
		t.Errorf("of two other sites: %v", got[Far])
	}
}

// TestPaceOfMany: so many doubts are asked about at once, and no sooner about the same
// however many tickets came.
func TestPaceOfMany(t *testing.T) {
	var p Pace
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	doubt := func(about string, tickets ...string) Doubt { return Doubt{Cell{About: about}, tickets} }
	if got := p.Due(now, []Doubt{doubt("a", "1"), doubt("b", "2"), doubt("c", "3")}); len(got) != roundsAtOnce || got[0].Cell.About != "a" {
		t.Errorf("at once: %+v", got)
	}
	p.Begin(now, doubt("a", "1"), "a", nil)
	more := []Doubt{doubt("a", "1", "4", "5", "6")}
	if got := p.Due(now.Add(askAgain-time.Second), more); len(got) != 0 {
		t.Errorf("too soon: %+v", got)
	}
	if got := p.Due(now.Add(askAgain), more); len(got) != 1 {
		t.Errorf("with news: %+v", got)
	}
}

// TestAboutOf: looked at is what a doubt is about, or what more than half of its tickets
// are about, of what can be looked at.
func TestAboutOf(t *testing.T) {
	var tickets []Ticket
	for i, about := range []string{"mail", "mail", "files", "", "mail"} {
		tickets = append(tickets, Ticket{ID: fmt.Sprint(i), About: about})
	}
	can := func(about string) bool { return about != "files" }
	for _, c := range []struct {
		about   string
		tickets []string
		want    string
	}{
		{"", []string{"0", "1", "2", "3"}, ""},
		{"", []string{"0", "1", "2", "4"}, "mail"},
		{"", []string{"2"}, ""},
		{"mail", []string{"2", "3"}, "mail"},
		{"files", []string{"0", "1"}, ""},
	} {
		if got := AboutOf(Doubt{Cell{About: c.about}, c.tickets}, tickets, can); got != c.want {
			t.Errorf("%q of %v: %q, want %q", c.about, c.tickets, got, c.want)
		}
	}
}

// TestDoubts: what is hardly likely is in no doubt, and of what shares tickets the likeliest
// is.
func TestDoubts(t *testing.T) {
	d := New(two{}, nil, time.Time{}, time.Time{}, Options{})
	c := func(about string, confidence float64, tickets ...string) Candidate {
		return Candidate{Cell: Cell{About: about}, Confidence: confidence, Tickets: tickets}
	}
	d.doubt([]Candidate{c("a", 0.5, "1", "2", "3"), c("b", 0.3, "1", "2"), c("c", doubtful, "7", "8", "9"), c("d", doubtful-0.01, "4", "5", "6")})
	var got []string
	for _, x := range d.Doubts() {
		got = append(got, x.Cell.About)
	}
	if !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("in doubt are %v", got)
	}
}

// behind is the desk of which the sites 3 to 5 are behind one tunnel.
type behind struct{ desk }

var tunnel = Part{Kind: stock.Tunnel, Name: "gate"}

func (b behind) Parts(id string) []Part {
	out := b.desk.Parts(id)
	var i int
	if _, err := fmt.Sscanf(id, "pc-%d", &i); err == nil && i%10 >= 3 && i%10 <= 5 {
		out = append(out, tunnel)
	}
	return out
}

func (b behind) Count(p Part) (n int) {
	for i := range b.Size() {
		if slices.Contains(b.Parts(machine(i)), p) {
			n++
		}
	}
	return n
}

// TestWhatIsBehindATunnel: when half of what is behind a tunnel fails, every site behind it
// fails oftener than others; that speaks for the tunnel, and for none of the sites.
func TestWhatIsBehindATunnel(t *testing.T) {
	d := New(behind{}, nil, monday, today0, Options{})
	var failures []Failure
	for i := range 1000 {
		if i/20%2 == 0 && slices.Contains(d.fleet.Parts(machine(i)), tunnel) {
			failures = append(failures, Failure{Machine: machine(i), Code: "network.loss", Since: at(9, 55)})
		}
	}
	site := Part{Kind: Site, Name: "site 4"}
	list := []Candidate{{key: key{d.partOf(tunnel), 0}}, {key: key{d.partOf(site), 0}}}
	d.ask(at(10, 0), list, failures)
	if e := list[0].Evidence; e.In != 150 || e.Of != 300 || e.P > 1e-60 {
		t.Errorf("of the tunnel: %+v", e)
	}
	if e := list[1].Evidence; e.In != 50 || e.P < 0.5 {
		t.Errorf("of a site behind it: %d of %d, %g", e.In, e.Of, e.P)
	}
}
