package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/contrast"
)

// Chances are those of the Poisson distribution where the mean is well known: so many
// are needed for each mean at 10⁻⁵ and 10⁻⁶.
func TestTheTailIsPoissons(t *testing.T) {
	for _, c := range []struct {
		mean       float64
		five, sixN int
	}{{0.05, 4, 4}, {0.2, 5, 6}, {0.5, 7, 8}, {1, 9, 10}, {2, 11, 13}, {5, 18, 20}, {10, 27, 29}} {
		need := func(alpha float64) (n int) {
			for tail(n, c.mean, 1e9) > alpha {
				n++
			}
			return n
		}
		if five, six := need(1e-5), need(1e-6); five != c.five || six != c.sixN {
			t.Errorf("with %g expected it takes %d and %d, want %d and %d", c.mean, five, six, c.five, c.sixN)
		}
	}
}

// A mean that is badly known makes many less rare: the negative binomial, summed.
func TestTheTailOfABadlyKnownMean(t *testing.T) {
	for _, mean := range []float64{0.01, 0.7, 6, 40} {
		for _, shape := range []float64{0.8, 4, 30} {
			sum, p, q := 0.0, math.Pow(shape/(shape+mean), shape), mean/(shape+mean)
			for n := range 60 {
				if got, want := tail(n, mean, shape), 1-sum; math.Abs(got-want) > 1e-9 {
					t.Fatalf("P(X ≥ %d) of mean %g and shape %g is %g, want %g", n, mean, shape, got, want)
				}
				sum += p
				p *= (shape + float64(n)) / float64(n+1) * q
			}
			if n := int(3*mean) + 4; tail(n, mean, shape) < tail(n, mean, 1e9) {
				t.Errorf("%d are rarer with a mean that is not well known", n)
			}
		}
	}
}

// desk is a fleet of 1000 machines at ten sites with two subnets each, and four weeks
// of 100 tickets a day from eight to six.
type desk struct{}

func machine(i int) string { return fmt.Sprintf("pc-%04d", i) }

func (desk) Size() int { return 1000 }

func (desk) Parts(id string) []Part {
	var i int
	if _, err := fmt.Sscanf(id, "pc-%d", &i); err != nil {
		return nil
	}
	out := []Part{{Kind: Site, Name: fmt.Sprintf("site %d", i%10)}, {Kind: stock.Subnet, Name: fmt.Sprintf("10.%d.%d.0/24", i%10, i/10%2)}, {Kind: stock.Software, Name: "common", Value: "1"}}
	if i%7 == 3 {
		out = append(out, Part{Kind: stock.Driver, Name: "net", Value: "2"})
	}
	return out
}

func (desk) New(Part) bool { return false }

func (d desk) Count(p Part) (n int) {
	for i := range d.Size() {
		if slices.Contains(d.Parts(machine(i)), p) {
			n++
		}
	}
	return n
}

var (
	monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	today0 = monday.AddDate(0, 0, 28)
	topics = []string{"mail", "network", "printing", "accounts", "vpn"}
)

func usualDay(r *rand.Rand, day time.Time, n int) (out []Ticket) {
	for range n {
		i := r.IntN(1000)
		out = append(out, ring(i, topics[r.IntN(len(topics))], day.Add(8*time.Hour+time.Duration(r.Int64N(int64(10*time.Hour))))))
	}
	slices.SortFunc(out, func(a, b Ticket) int { return a.At.Compare(b.At) })
	return out
}

func ring(i int, about string, at time.Time) Ticket {
	return Ticket{ID: fmt.Sprint(i, at.UnixNano()), At: at, Person: machine(i), Machine: machine(i), Site: fmt.Sprintf("site %d", i%10), About: about}
}

func learned(o Options) *Detector {
	r := rand.New(rand.NewPCG(1, 1))
	var past []Ticket
	for day := range 28 {
		if day%7 < 5 {
			past = append(past, usualDay(r, monday.AddDate(0, 0, day), 100)...)
		}
	}
	return New(desk{}, past, monday, today0, o)
}

func at(h, m int) time.Time {
	return today0.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
}

// quiet are the tickets of this day's morning, as they usually come, without site 4.
func quiet(n int) []Ticket {
	out := usualDay(rand.New(rand.NewPCG(2, 2)), today0, n)
	return slices.DeleteFunc(out, func(t Ticket) bool { return t.Site == "site 4" || !t.At.Before(at(10, 0)) })
}

func first(list []Candidate) Candidate {
	if len(list) == 0 {
		return Candidate{}
	}
	return list[0]
}

// rolled is the desk at which a driver's version has come to those that have it within days.
type rolled struct{ desk }

func (rolled) New(p Part) bool { return p.Kind == stock.Driver }

// What machines have for long hardly ever goes bad: the same tickets and the same failures
// are proposed as an outage of a version when it is new, and are not when it is old.
func TestWhatIsNewGoesBad(t *testing.T) {
	var tickets []Ticket
	var failures []Failure
	for i := range 4 {
		tickets = append(tickets, ring(3+21*i, topics[i], at(9, 40).Add(time.Duration(i)*4*time.Minute)))
	}
	for i := 3; i < 1000; i += 7 {
		if i%3 > 0 {
			failures = append(failures, Failure{machine(i), "crash", at(9, 30)})
		}
	}
	net := Cell{Part: Part{Kind: stock.Driver, Name: "net", Value: "2"}}
	confidence := map[bool]float64{}
	for _, isNew := range []bool{false, true} {
		d := learned(Options{Watch: 1e-6})
		if isNew {
			d.fleet = rolled{}
		}
		list := d.Look(at(10, 0), append(quiet(100), tickets...), failures, nil)
		if i := slices.IndexFunc(list, func(c Candidate) bool { return c.Cell == net }); i >= 0 {
			confidence[isNew] = list[i].Confidence
		}
	}
	old, odds := confidence[false], func(p float64) float64 { return p / (1 - p) }
	if old <= 0 || old >= 0.9 || confidence[true] < 0.9 || math.Abs(odds(confidence[true])/odds(old)-oldRare/newRare) > 1e-3 {
		t.Errorf("it is %g sure of what is old and %g of what is new", old, confidence[true])
	}
}

// Six people of one site within ten minutes are proposed as an outage of the site, since
// the first of them; the same day without them is not even watched.
func TestABurstAtASite(t *testing.T) {
	d := learned(Options{})
	tickets := quiet(100)
	if got := d.Look(at(10, 0), tickets, nil, nil); len(got) != 0 {
		t.Errorf("on a quiet morning: %+v", got)
	}
	var ids []string
	for i := range 6 {
		x := ring(i*10+4, topics[i%3], at(9, 50).Add(time.Duration(i)*100*time.Second))
		ids, tickets = append(ids, x.ID), append(tickets, x)
	}
	got := d.Look(at(10, 0), tickets, nil, nil)
	c := first(got)
	if c.Cell != (Cell{Part: Part{Kind: Site, Name: "site 4"}}) || !c.Proposed || c.People != 6 || !slices.Equal(c.Tickets, ids) || !c.Since.Equal(at(9, 50)) || c.P > 1e-6 || c.Expected > 0.5 {
		t.Errorf("%+v", got)
	}
	got = learned(Options{Watch: 1e-6}).Look(at(10, 0), tickets, nil, nil)
	if len(got) != 1 || !slices.Contains(got[0].Also, Cell{Part: Part{Kind: stock.Subnet, Name: "10.4.0.0/24"}}) {
		t.Errorf("one outage is seen %d times: %+v", len(got), got)
	}
	if len(d.Look(at(9, 51), tickets, nil, nil)) != 0 {
		t.Error("it was found before it was")
	}
}

// Six tickets of two people are no outage, nor are such that belong to a known one.
func TestThreeDifferentPeople(t *testing.T) {
	d := learned(Options{})
	var two, known []Ticket
	for i := range 6 {
		x := ring(i%2*10+4, "mail", at(9, 50).Add(time.Duration(i)*100*time.Second))
		two = append(two, x)
		x = ring(i*10+4, "mail", x.At)
		x.Known = true
		known = append(known, x)
	}
	if got := d.Look(at(10, 0), append(quiet(100), two...), nil, nil); len(got) != 0 {
		t.Errorf("two people: %+v", got)
	}
	if got := d.Look(at(10, 0), append(quiet(100), known...), nil, nil); len(got) != 0 {
		t.Errorf("known: %+v", got)
	}
}

// What is rare on a usual day is not on one that is five times as busy everywhere.
func TestABusyDayIsNoOutage(t *testing.T) {
	d := learned(Options{})
	var burst []Ticket
	for i := range 6 {
		burst = append(burst, ring(i*10+4, topics[i%3], at(9, 50).Add(time.Duration(i)*100*time.Second)))
	}
	calm, busy := first(d.Look(at(10, 0), append(quiet(60), burst...), nil, nil)), first(d.Look(at(10, 0), append(quiet(800), burst...), nil, nil))
	if !calm.Proposed || busy.Confidence > 0 {
		t.Errorf("on a calm day %.3f, on a busy one %.3f", calm.Confidence, busy.Confidence)
	}
}

// Three tickets are watched at most; that the site's endpoints fail as nobody else's do
// makes them a proposal. Failures of yesterday do not, nor does the same failure everywhere,
// nor that of two in a hundred.
func TestEndpointsConfirm(t *testing.T) {
	tickets := quiet(100)
	for i := range 3 {
		tickets = append(tickets, ring(i*10+4, "mail", at(9, 52).Add(time.Duration(i)*3*time.Minute)))
	}
	failures := func(since time.Time, step, n int) (out []Failure) {
		for i := range n {
			out = append(out, Failure{Machine: machine(4 + i*step), Code: "network.loss", Since: since})
		}
		return append(out, Failure{Machine: machine(1), Code: "disk.full", Since: since})
	}
	look := func(f []Failure) Candidate {
		return first(learned(Options{Watch: 1e-6}).Look(at(10, 0), tickets, f, nil))
	}
	if c := look(nil); c.Proposed {
		t.Errorf("three tickets alone: %+v", c)
	}
	c := look(failures(at(9, 49), 10, 30))
	if !c.Proposed || c.Cell.Part.Name != "site 4" || c.Evidence.Code != "network.loss" || c.Evidence.In != 30 || c.Evidence.Of != 100 || c.Evidence.Out != 0 || c.Evidence.OutOf != 900 || c.Evidence.P > 1e-20 || len(c.Evidence.Affected) != 30 {
		t.Errorf("with their endpoints: %+v", c)
	}
	for name, f := range map[string][]Failure{
		"yesterday's": failures(at(-10, 0), 10, 30), "everywhere": failures(at(9, 49), 1, 300), "two of a hundred": failures(at(9, 49), 10, 2), "to come": failures(at(10, 1), 10, 30),
	} {
		if c := look(f); c.Proposed || c.Confidence == 0 || c.Evidence.Code == "network.loss" && name != "everywhere" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// What fails on endpoints of one site may be nobody's trouble; the same at several sites
// that have a driver in common makes the fewest tickets an outage of that driver.
func TestSeveralSites(t *testing.T) {
	tickets := quiet(100)
	var with []int // machines with the driver
	for i := 3; i < 1000; i += 7 {
		with = append(with, i)
	}
	for n := range 3 {
		tickets = append(tickets, ring(with[3*n], topics[n], at(9, 54).Add(time.Duration(n)*2*time.Minute)))
	}
	look := func(sites ...int) Candidate {
		var f []Failure
		for _, i := range with {
			if slices.Contains(sites, i%10) {
				f = append(f, Failure{Machine: machine(i), Code: "crash", Since: at(9, 50)})
			}
		}
		d := learned(Options{Watch: 1e-9, Propose: 0.8})
		d.fleet = rolled{}
		list := d.Look(at(10, 0), tickets, f, nil)
		for _, c := range list {
			for _, cell := range append([]Cell{c.Cell}, c.Also...) {
				if cell.Part.Kind == stock.Driver && cell.About == "" && c.Cell == cell {
					return c
				}
			}
		}
		return Candidate{}
	}
	wide, one := look(0, 1, 2, 3, 4, 5), look(1)
	if !wide.Proposed || wide.Evidence.Sites != 6 || wide.Evidence.Code != "crash" {
		t.Errorf("at six sites: %+v", wide)
	}
	if one.Proposed || one.Confidence >= wide.Confidence {
		t.Errorf("at one site: %+v", one)
	}
}

// A check of the service that fails makes few tickets an outage of that service, and not of
// the service at one site; that of another service, one that has failed for hours, and one
// without anybody who rings say nothing.
func TestACheckConfirms(t *testing.T) {
	rung := func(n int) []Ticket {
		out := quiet(100)
		for i := range n {
			out = append(out, ring(i*7, "vpn", at(9, 56).Add(time.Duration(i)*50*time.Second)))
		}
		return out
	}
	look := func(n int, down ...Down) Candidate {
		return first(learned(Options{Watch: 1e-9}).Look(at(10, 0), rung(n), nil, down))
	}
	alone := look(4)
	if alone.Proposed || alone.Down != "" {
		t.Errorf("four tickets alone: %+v", alone)
	}
	once, again := Down{About: "vpn", Check: "Gateway", Since: at(9, 55), Fails: 1}, Down{About: "vpn", Check: "Gateway", Since: at(9, 55), Fails: 2}
	c := look(4, again)
	if !c.Proposed || c.Cell != (Cell{About: "vpn"}) || c.Down != "Gateway" {
		t.Errorf("with its check: %+v", c)
	}
	if x := look(4, once); x.Confidence <= alone.Confidence || x.Confidence >= c.Confidence {
		t.Errorf("a check that failed once says %.4f, between %.4f and %.4f", x.Confidence, alone.Confidence, c.Confidence)
	}
	tickets := quiet(100)
	for i := range 3 {
		tickets = append(tickets, ring(i*10+4, "vpn", at(9, 56).Add(time.Duration(i)*50*time.Second)))
	}
	for _, c := range learned(Options{Watch: 1e-9}).Look(at(10, 0), tickets, nil, []Down{again}) {
		if c.Down != "" && c.Cell.Part != (Part{}) {
			t.Errorf("it speaks for one site: %+v", c)
		}
	}
	other, old, next := again, again, again
	other.About, old.Since, next.Since = "mail", at(7, 0), at(10, 1)
	for name, d := range map[string]Down{"of another service": other, "for hours": old, "to come": next} {
		if x := look(4, d); x.Confidence != alone.Confidence || x.Down != "" {
			t.Errorf("%s: %+v", name, x)
		}
	}
	if x := look(0, again); x.Confidence > 0 {
		t.Errorf("nobody rings: %+v", x)
	}
}

// Below the set confidence an outage is watched only.
func TestConfidenceIsSet(t *testing.T) {
	tickets := quiet(100)
	for i := range 6 {
		tickets = append(tickets, ring(i*10+4, topics[i%3], at(9, 50).Add(time.Duration(i)*100*time.Second)))
	}
	c := first(learned(Options{}).Look(at(10, 0), tickets, nil, nil))
	higher := first(learned(Options{Propose: (1 + c.Confidence) / 2}).Look(at(10, 0), tickets, nil, nil))
	if !c.Proposed || higher.Proposed || higher.Confidence != c.Confidence {
		t.Errorf("%+v, %+v", c, higher)
	}
	if got := learned(Options{Watch: (1 + c.Confidence) / 2}).Look(at(10, 0), tickets, nil, nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// A telephone call, of which the machine is not known, counts for its site and what it is
// about.
func TestACallCountsForItsSite(t *testing.T) {
	tickets := quiet(100)
	for i := range 6 {
		x := ring(i*10+4, "mail", at(9, 50).Add(time.Duration(i)*100*time.Second))
		x.Machine = ""
		tickets = append(tickets, x)
	}
	if c := first(learned(Options{}).Look(at(10, 0), tickets, nil, nil)); !c.Proposed || c.Cell.Part.Name != "site 4" {
		t.Errorf("%+v", c)
	}
}

// Why: the driver that those who suffer have, before the site where most of them are,
// with counts; and what their tickets name.
func TestWhy(t *testing.T) {
	d := learned(Options{})
	x := contrast.NewIndex()
	var s Suffering
	for i := range 1000 {
		facts := []stock.Fact{{Kind: stock.Read, Name: "driver"}, {Kind: stock.Read, Name: "subnet"}}
		for _, p := range (desk{}).Parts(machine(i)) {
			if p.Kind == stock.Driver || p.Kind == stock.Subnet {
				facts = append(facts, p)
			}
		}
		x.Set(machine(i), "", time.Time{}, facts)
		if i%7 == 3 && (i%10 == 4 || i%10 == 5) {
			s.Machines = append(s.Machines, machine(i))
			s.Tickets = append(s.Tickets, ring(i, "printing", at(9, 0)))
		} else {
			s.Others = append(s.Others, machine(i))
		}
	}
	got := d.Why(x, s, 10)
	if len(got) < 3 {
		t.Fatalf("%+v", got)
	}
	c := got[0].Facts[0]
	if c.Kind != stock.Driver || c.A != 28 || c.OfA != 28 || c.B != 115 || c.OfB != 972 || got[0].Named || got[0].Q > 1e-6 {
		t.Errorf("first: %+v", got[0])
	}
	if !slices.ContainsFunc(got, func(c Cause) bool {
		return c.Named && c.Facts[0].Name == "printing" && c.Facts[0].A == 28 && c.Facts[0].OfB == 2000
	}) {
		t.Errorf("nobody says that they ring about printing: %+v", got)
	}
	if !slices.ContainsFunc(got, func(c Cause) bool { return c.Facts[0].Kind == Site && c.Facts[0].Name == "site 5" }) {
		t.Errorf("no site: %+v", got)
	}
	for _, c := range got {
		if !c.Has || c.Q > 0.05 {
			t.Errorf("no cause: %+v", c)
		}
	}
}

// What is usual is that of the hour of the week: of a part of an hour, its part; and
// what was learned can be kept while the detector learns anew.
func TestUsual(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var past []Ticket
	for week := range 8 {
		for n := range 30 { // Mondays from nine to ten, and nothing else
			past = append(past, Ticket{ID: fmt.Sprint(week, n), At: monday.Add(time.Duration(week*168+9)*time.Hour + time.Duration(n)*time.Minute)})
		}
	}
	to := monday.Add(8 * 7 * 24 * time.Hour)
	u := New(desk{}, past, monday, to, Options{}).Usual()
	if got := u.Between(to.Add(9*time.Hour), to.Add(10*time.Hour)); got < 27 || got > 31 {
		t.Errorf("on Monday from nine to ten %.1f are usual, and 30 came each week", got)
	}
	if got := u.Between(to.Add(9*time.Hour), to.Add(9*time.Hour+30*time.Minute)); got < 13 || got > 16 {
		t.Errorf("in half of it %.1f are usual", got)
	}
	if got := u.Between(to.Add(33*time.Hour), to.Add(34*time.Hour)); got > 0.1 {
		t.Errorf("on Tuesday from nine to ten %.2f are usual, and none came ever", got)
	}
	if got := (Usual{}).Between(monday, to); got != 0 {
		t.Errorf("where nothing was learned %.1f are usual", got)
	}
	for _, c := range []struct {
		n    int
		mean float64
		want bool
	}{{2, 0.001, false}, {3, 0.05, true}, {3, 1, false}, {30, 30, false}, {60, 30, false}, {200, 30, true}} {
		if got := TooMany(c.n, c.mean); got != c.want {
			t.Errorf("are %d too many where %g are usual: %v", c.n, c.mean, got)
		}
	}
}
