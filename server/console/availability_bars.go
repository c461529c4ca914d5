package console

import (
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/console/kit"
)

// The size of the drawing of a report's days, which is stretched to its place.
const (
	barsWide = 1000.0
	barsHigh = 24.0
	leastBar = 7.0 // of what was down at all
)

// dayBars draws the parts of a line: whole and calm what was up, from below what was
// down, hatched what nobody knows, low what was taken out. With words each has its own,
// and else those that look alike are one.
func dayBars(r availability.Report, l *availability.Line, words bool) []bar {
	var out []bar
	n := len(l.Parts)
	last := ""
	for i := range l.Parts {
		p := &l.Parts[i]
		class, high := partLook(r.Kind, p)
		x, wide := barsWide*float64(i)/float64(n), barsWide/float64(n)
		look := class + strconv.FormatFloat(high, 'f', 1, 64)
		if !words && look == last {
			b := &out[len(out)-1]
			was, _ := strconv.ParseFloat(b.X, 64)
			b.Width = coordinate(x + wide - was)
			continue
		}
		last = look
		b := bar{Class: "ribbon-bar " + class, X: coordinate(x), Width: coordinate(wide), Y: coordinate(barsHigh - high), Height: coordinate(high)}
		if class == "avail-unknown" {
			b.Fill = "url(#ribbon-unknown)"
		}
		if words {
			b.Title = partName(r, i) + ": " + partWords(r.Kind, p)
		}
		out = append(out, b)
	}
	return out
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// partLook is how a part looks, and how high it is.
func partLook(kind availability.Kind, p *availability.Part) (class string, high float64) {
	percent, known := p.Percent(kind)
	switch {
	case known && percent < 100:
		return "avail-down", max(leastBar, barsHigh*(1-percent/100))
	case known:
		return "avail-up", barsHigh
	case p.Times.Out > 0 || p.Count.Out > 0:
		return "avail-out", barsHigh / 3
	}
	return "avail-unknown", barsHigh
}

// partName is the day that a part is, or the hour.
func partName(r availability.Report, i int) string {
	at := r.Steps[i].In(r.Zone)
	if r.Steps[i+1].Sub(r.Steps[i]) <= 2*time.Hour {
		return at.Format("Mon 2 Jan 15:04")
	}
	return at.Format("Mon 2 Jan")
}

func partWords(kind availability.Kind, p *availability.Part) string {
	percent, known := p.Percent(kind)
	switch {
	case known:
		s := availability.Words(percent, known) + " available"
		if n := len(p.Times.Outages); n > 0 {
			s += ", " + kit.Plural(n, "1 outage", "%d outages") + " of " + kit.Duration(p.Times.Down)
		}
		return s
	case p.Times.Out > 0 || p.Count.Out > 0:
		return "taken out"
	}
	return "nothing is known"
}

// barsSaid says the drawing in one sentence.
func barsSaid(r availability.Report, l *availability.Line) string {
	worst, least, unknown, faulty := -1, 100.0, 0, 0
	for i := range l.Parts {
		percent, known := l.Parts[i].Percent(r.Kind)
		switch {
		case !known:
			unknown++
		case percent < 100:
			faulty++
			if percent < least {
				worst, least = i, percent
			}
		}
	}
	if worst < 0 {
		if unknown == len(l.Parts) {
			return "Nothing is known"
		}
		return "Nothing was down"
	}
	return kit.Plural(faulty, "Something was down in 1 part of the time", "Something was down in %d parts of the time") +
		", most of it " + partName(r, worst) + ": " + partWords(r.Kind, &l.Parts[worst])
}
