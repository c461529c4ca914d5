package correlate

import (
	"math"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Group is why an endpoint was asked.
type Group int

// The groups.
const (
	Rang Group = iota // somebody rang from there
	Near              // a neighbour of theirs, from which nobody did
	Far               // it is elsewhere
)

// Answer is what one endpoint said when it was asked to look at once.
type Answer struct {
	Machine string
	About   string // the service that it looked at; empty: at its own line to the network
	Check   string // what that look is called
	Group   Group
	Site    string
	At      time.Time // when it was asked
	Failed  bool
}

// Looks sum up what endpoints said of one thing, for a cell.
type Looks struct {
	About, Check    string
	At              time.Time // when they were asked last
	Rang, Near, Far Count     // of those that were asked then
	FarAt           []string  // sites
	Times           float64   // by which it makes an outage of the cell likelier; below 1: less likely
}

// Count is how many fail, of all that have answered.
type Count struct{ Fail, Of int }

func (c *Count) add(failed bool) {
	c.Of++
	if failed {
		c.Fail++
	}
}

const (
	recent    = 45 * time.Minute // so long what endpoints said counts
	fewAnswer = 4                // of the cell must have answered before its being well says anything

	falsely       = 30.0 // of so many looks about one fails though all is well
	hiddenService = 0.3  // share of a service's outages that nobody sees who looks at its address
	hiddenPlace   = 0.05 // share of a place's outages that no endpoint there sees on its own line
	aloneOut      = 2e-2 // share of places from which something always fails, though nobody suffers
	severalOut    = 1e-3 // the same of several sites at once
	everyOut      = 5e-2 // share of services that no endpoint reaches, though all is well
)

// places are the kinds of parts whose outage an endpoint can see on its own line.
var places = []stock.Kind{Site, stock.Subnet, stock.AccessPoint, stock.Resolver, stock.Gateway, stock.Tunnel}

// sees says whether a look at a service, or without one at the line, may show an outage of
// a cell, and whether it would show most. What a program does wrong, no look at the
// network shows; nor what a line has to do with a service that nobody looks at.
func sees(c Cell, about string) (may, would bool) {
	if c.Part != (Part{}) && !slices.Contains(places, c.Part.Kind) {
		return false, false
	}
	if about == "" {
		return c.Part != Part{}, c.Part != Part{} && c.About == ""
	}
	return c.About == about || c.About == "", c.About == about
}

// hear joins a candidate with what endpoints said that were asked, of each thing apart.
func (d *Detector) hear(now time.Time, c *Candidate, answers []Answer) {
	var abouts []string
	for _, a := range answers {
		if may, _ := sees(c.Cell, a.About); may && !slices.Contains(abouts, a.About) {
			abouts = append(abouts, a.About)
		}
	}
	slices.Sort(abouts)
	for _, about := range abouts {
		if l, ok := d.looks(now, c, about, answers); ok {
			c.Looks = append(c.Looks, l)
		}
	}
}

// looks sums up what was said of one thing: the newest of each machine.
func (d *Detector) looks(now time.Time, c *Candidate, about string, answers []Answer) (l Looks, ok bool) {
	l.About = about
	var in, out Count
	var sites []string
	rang := 0
	// It says nothing of most people who rang only after it.
	from := d.tickets[c.Tickets[(len(c.Tickets)-1)/2]].at
	seen := map[string]bool{}
	for _, a := range slices.Backward(answers) {
		if a.About != about || a.At.After(now) || now.Sub(a.At) > recent || a.At.Before(from) || seen[a.Machine] {
			continue
		}
		seen[a.Machine] = true
		if c.key.part == 0 || slices.Contains(d.machineParts(a.Machine), c.key.part) {
			in.add(a.Failed)
			if a.Failed && !slices.Contains(sites, a.Site) {
				sites = append(sites, a.Site)
			}
		} else {
			out.add(a.Failed)
		}
		if a.Group == Rang {
			rang++
		}
		if l.At.IsZero() {
			l.At, l.Check = a.At, a.Check
		}
		if a.At.Equal(l.At) {
			switch a.Group {
			case Rang:
				l.Rang.add(a.Failed)
			case Near:
				l.Near.add(a.Failed)
			case Far:
				if l.Far.add(a.Failed); !slices.Contains(l.FarAt, a.Site) {
					l.FarAt = append(l.FarAt, a.Site)
				}
			}
		}
	}
	if in.Of == 0 {
		return l, false
	}
	hidden := hiddenService
	if about == "" {
		hidden = hiddenPlace
	}
	_, would := sees(c.Cell, about)
	switch l.Times = times(in, out, len(sites), hidden, about != ""); {
	case l.Times < 1 && (!would || in.Fail > 0 || in.Of < fewAnswer || rang == 0),
		l.Times > 1 && (in.Fail < 2 || c.key.part != 0 && (out.Of < 2 || 2*out.Fail*in.Of > in.Fail*out.Of)):
		l.Times = 1
	}
	return l, true
}

// times compares two stories: the cell's endpoints fail with a chance that nobody knows
// and the others now and then, or all now and then. An outage may be hidden from who looks,
// and where something fails nobody may suffer: more likely so at one site than at several.
func times(in, out Count, sites int, hidden float64, service bool) float64 {
	outage := betaBinomial(in, 1, 1) * betaBinomial(out, 1, falsely)
	nothing := betaBinomial(Count{in.Fail + out.Fail, in.Of + out.Of}, 1, falsely)
	odd, dead := aloneOut, 0.0
	if sites > 2 {
		odd = severalOut
	}
	if service {
		dead = everyOut
	}
	null := (1-odd-dead)*nothing + odd*outage + dead*betaBinomial(Count{in.Fail + out.Fail, in.Of + out.Of}, 1, 1)
	return ((1-hidden)*outage + hidden*nothing) / null
}

// betaBinomial is the chance of exactly these of all, in their order, where the share is
// known by a beta distribution only.
func betaBinomial(c Count, a, b float64) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	x, y := float64(c.Fail), float64(c.Of-c.Fail)
	return math.Exp(lg(a+x) + lg(b+y) - lg(a+b+x+y) - lg(a) - lg(b) + lg(a+b))
}

// asked is by how much what endpoints said speaks for a candidate, beside what speaks for
// it already: both may see the same. It is a logarithm; below 0 it speaks against it.
func (c *Candidate) asked(already float64) float64 {
	most, least := 0.0, 0.0
	for _, l := range c.Looks {
		most, least = max(most, math.Log(l.Times)), min(least, math.Log(l.Times))
	}
	switch {
	case most > 0:
		return max(most-already, 0)
	case c.Down != "":
		return 0
	}
	return least
}
