package correlate

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Options say how a detector judges.
type Options struct {
	Location *time.Location // of the hours of the week, and of the day whose volume counts
	Propose  float64        // from this confidence on an outage is proposed; 0: 0.9
	Watch    float64        // from this one on it is watched; 0: 0.3
}

// The figures of the judgement. They were set on days of the simulator with seeds up
// to 1000; what it reports is measured on others.
const (
	days     = 4.0  // shape of what makes one day busier than another
	weight   = 4.0  // how many tickets it takes to believe that a cell has a rate of its own
	prior    = 8e-3 // odds of an outage among all cells of a kind, before anything was looked at
	fewCells = 40.0 // so many cells a kind has at least, as far as its odds go
	unusual  = 1e-3 // tickets alone must be as rare as this before endpoints are asked
	spread   = 0.04 // share of a cell's endpoints that must fail before they say something of the whole
	loudest  = 5e3  // times by which endpoints make an outage likelier at most: some fail together and nobody suffers
	newRare  = 3.0  // times by which a version that is new goes bad more seldom than a place
	oldRare  = 30.0 // and one that machines have for long
	tooMany  = 0.5  // a fact that so many machines have tells none from the others
	tooFew   = 3.0  // machines that have a fact, for it to be a cell
	minimum  = 3    // different people
	hourWeek = 168

	// What is seen at several sites, or by a check of the service itself, hardly ever comes
	// without anybody suffering: then tickets need not be as rare.
	lessUnusual = 1e-2
	several     = 3   // sites
	loudestWide = 2e4 // times by which endpoints of several sites make an outage likelier at most
	failsOnce   = 50  // times by which a check does that fails
	failsAgain  = 1e3 // and one that has failed twice in a row
)

// windows are how far back tickets are counted: a dead site is heard of at once, a bad
// update over hours.
var windows = [...]time.Duration{5 * time.Minute, 15 * time.Minute, 45 * time.Minute, 2 * time.Hour}

// fresh is how new what fails on an endpoint must be: what fails for days is no news.
const fresh = time.Hour

// Detector knows what is usual. It remembers where it has put tickets and machines, so it
// is made anew from time to time, and is for one goroutine.
type Detector struct {
	o     Options
	fleet Fleet
	rates
	total    float64 // tickets that were learned from
	cells    map[key]int32
	keys     []key     // the cells by their numbers
	came     []float64 // past tickets of each cell
	tickets  map[string]placed
	abouts   map[string]int32
	about    []string
	aboutN   []float64
	sites    map[string]int32
	parts    map[Part]int32
	part     []Part
	share    []float64 // of the machines
	machines map[string][]int32
	persons  map[string]int32
	kinds    map[stock.Kind]int // cells of a kind, whatever they are about
	doubts   []Doubt
}

// key is a cell in numbers: 0 is any part, and any about.
type key struct{ part, about int32 }

// New learns from past tickets what is usual. They came in the span from the first
// moment to the last; those that belonged to outages are known and not counted.
func New(fleet Fleet, past []Ticket, from, to time.Time, o Options) *Detector {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Propose == 0 {
		o.Propose = 0.9
	}
	if o.Watch == 0 {
		o.Watch = 0.3
	}
	d := &Detector{
		o: o, rates: rates{where: o.Location}, fleet: fleet, cells: map[key]int32{}, tickets: map[string]placed{}, persons: map[string]int32{}, abouts: map[string]int32{"": 0}, about: []string{""}, aboutN: []float64{0},
		sites: map[string]int32{}, parts: map[Part]int32{{}: 0}, part: []Part{{}}, share: []float64{1}, machines: map[string][]int32{}, kinds: map[stock.Kind]int{},
	}
	var n, hours [hourWeek]float64
	for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		hours[d.hour(at)]++
	}
	for _, t := range past {
		if t.Known || t.At.Before(from) || !t.At.Before(to) {
			continue
		}
		n[d.hour(t.At)]++
		d.total++
		about := d.aboutOf(t.About)
		d.aboutN[about]++
		for _, c := range d.cellsIn(t) {
			d.came[c]++
		}
	}
	// An hour of the week is seen a few times only; half a week of the mean steadies it.
	mean := d.total / max(to.Sub(from).Hours(), 1)
	for h := range n {
		d.perHour[h] = (n[h] + mean/2) / (hours[h] + 0.5)
	}
	return d
}

func (d *Detector) aboutOf(name string) int32 {
	if n, ok := d.abouts[name]; ok {
		return n
	}
	n := int32(len(d.about))
	d.abouts[name], d.about, d.aboutN = n, append(d.about, name), append(d.aboutN, 0)
	return n
}

// placed is a ticket in numbers.
type placed struct {
	id     string
	at     time.Time
	person int32
	cells  []int32
}

// place puts a ticket into its cells. That is kept: a ticket is looked at often.
func (d *Detector) place(t Ticket) placed {
	if p, ok := d.tickets[t.ID]; ok {
		return p
	}
	n, ok := d.persons[t.Person]
	if !ok {
		n = int32(len(d.persons))
		d.persons[t.Person] = n
	}
	p := placed{t.ID, t.At, n, d.cellsIn(t)}
	d.tickets[t.ID] = p
	return p
}

// Forget has a ticket placed anew: it says something else than before.
func (d *Detector) Forget(ticket string) { delete(d.tickets, ticket) }

func (d *Detector) cellsIn(t Ticket) (out []int32) {
	about := d.aboutOf(t.About)
	if about != 0 {
		out = append(out, d.cellOf(key{0, about}))
	}
	for _, p := range d.partsOf(t) {
		out = append(out, d.cellOf(key{p, 0}))
		if about != 0 {
			out = append(out, d.cellOf(key{p, about}))
		}
	}
	return out
}

func (d *Detector) cellOf(k key) int32 {
	if n, ok := d.cells[k]; ok {
		return n
	}
	n := int32(len(d.keys))
	d.cells[k], d.keys, d.came = n, append(d.keys, k), append(d.came, 0)
	return n
}

// partsOf are the parts of a ticket that make cells: those of its machine, or else its
// site alone.
func (d *Detector) partsOf(t Ticket) []int32 {
	if t.Machine != "" {
		if p := d.machineParts(t.Machine); len(p) > 0 {
			return p
		}
	}
	if t.Site == "" {
		return nil
	}
	n, ok := d.sites[t.Site]
	if !ok {
		n = d.partOf(Part{Kind: Site, Name: t.Site})
		d.sites[t.Site] = n
	}
	return []int32{n}
}

func (d *Detector) machineParts(id string) []int32 {
	if p, ok := d.machines[id]; ok {
		return p
	}
	var out []int32
	for _, p := range d.fleet.Parts(id) {
		n := d.partOf(p)
		if p.Kind == Site || d.share[n] <= tooMany && d.share[n]*float64(d.fleet.Size()) >= tooFew-0.5 {
			out = append(out, n)
		}
	}
	d.machines[id] = out
	return out
}

func (d *Detector) partOf(p Part) int32 {
	if n, ok := d.parts[p]; ok {
		return n
	}
	n := int32(len(d.part))
	d.parts[p], d.part = n, append(d.part, p)
	d.kinds[p.Kind]++
	d.share = append(d.share, (float64(d.fleet.Count(p))+0.5)/float64(d.fleet.Size()+1))
	return n
}

// usual is the share of all tickets that fall into a cell, and the shape of how well
// that is known. A cell of which little was heard is taken to be as its machines and
// what it is about are everywhere.
func (d *Detector) usual(k key) (share, shape float64) {
	about := 1.0
	if k.about != 0 {
		about = (d.aboutN[k.about] + 0.5) / (d.total + 0.5*float64(len(d.about)))
		if k.part == 0 {
			return about, weight + d.aboutN[k.about]
		}
	}
	before := d.share[k.part] * about
	n := d.came[d.cellOf(k)]
	return before * (weight + n) / (weight + before*d.total), weight + n
}

// before is how likely an outage of a cell is before anything was looked at. All cells of
// a kind share what the kind has: of many cells, one is the likelier to stand out by
// chance.
func (d *Detector) before(k key) float64 {
	abouts := float64(max(len(d.about)-1, 1))
	if k.part == 0 {
		return prior / max(abouts, fewCells)
	}
	kind := d.part[k.part].Kind
	odds := prior / max(float64(d.kinds[kind]), fewCells)
	switch kind {
	case stock.Software, stock.Driver: // of so many, hardly one goes bad in a year, and then a new one
		if d.fleet.New(d.part[k.part]) {
			odds /= newRare
		} else {
			odds /= oldRare
		}
	case stock.System, stock.Hardware, stock.Graphics:
		odds /= 100
	}
	if k.about != 0 {
		odds /= abouts
	}
	return odds
}
