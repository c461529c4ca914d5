// Package draw holds the one description of the bell, and makes every picture of
// it: the tray's pixmaps, the icons of the packages and the SVG. The form follows
// Lucide's bell (ISC licence, see LICENSE-lucide.txt beside it).
//
// Pictures are drawn by distance: a pixel's cover follows from how far its middle
// is from an outline. That gives round ends and joints, and edges that are as
// sharp at 16 pixels as they can be.
package draw

import (
	"fmt"
	"math"
	"strings"
)

// point is a place on the 24 by 24 grid, y downwards.
type point struct{ x, y float64 }

// segment is a piece of a path. It starts where the one before has ended.
type segment interface {
	flatten(from point, to []point) []point // appends points after from
	svg(from point) (command string, end point)
}

type line struct{ to point }

func (l line) flatten(_ point, to []point) []point { return append(to, l.to) }

func (l line) svg(point) (string, point) { return fmt.Sprintf("L%g %g", l.to.x, l.to.y), l.to }

type cubic struct{ a, b, to point }

func (c cubic) flatten(from point, to []point) []point {
	const steps = 24
	for i := 1; i <= steps; i++ {
		t := float64(i) / steps
		u := 1 - t
		w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
		to = append(to, point{
			w[0]*from.x + w[1]*c.a.x + w[2]*c.b.x + w[3]*c.to.x,
			w[0]*from.y + w[1]*c.a.y + w[2]*c.b.y + w[3]*c.to.y,
		})
	}
	return to
}

func (c cubic) svg(point) (string, point) {
	return fmt.Sprintf("C%g %g %g %g %g %g", c.a.x, c.a.y, c.b.x, c.b.y, c.to.x, c.to.y), c.to
}

// arc is a piece of a circle, from one angle to another, in degrees.
type arc struct {
	middle       point
	radius       float64
	begin, end   float64
	endpoint     point // where it meets the next piece exactly
	counterclock bool
}

func (a arc) flatten(_ point, to []point) []point {
	const steps = 32
	for i := 1; i < steps; i++ {
		angle := (a.begin + (a.end-a.begin)*float64(i)/steps) * math.Pi / 180
		to = append(to, point{a.middle.x + a.radius*math.Cos(angle), a.middle.y + a.radius*math.Sin(angle)})
	}
	return append(to, a.endpoint)
}

func (a arc) svg(point) (string, point) {
	sweep := 1
	if a.counterclock {
		sweep = 0
	}
	return fmt.Sprintf("A%g %g 0 0 %d %g %g", a.radius, a.radius, sweep, a.endpoint.x, a.endpoint.y), a.endpoint
}

// path is an outline.
type path struct {
	start    point
	segments []segment
}

func (p path) points() []point {
	out := []point{p.start}
	for _, s := range p.segments {
		out = s.flatten(out[len(out)-1], out)
	}
	return out
}

// SVG returns the path's data attribute.
func (p path) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%g %g", p.start.x, p.start.y)
	at := p.start
	for _, s := range p.segments {
		var c string
		c, at = s.svg(at)
		b.WriteString(c)
	}
	return b.String()
}

// distance is how far a point is from the path's line.
func distance(pts []point, p point) float64 {
	best := math.Inf(1)
	for i := 1; i < len(pts); i++ {
		best = min(best, toSegment(pts[i-1], pts[i], p))
	}
	if len(pts) == 1 {
		best = math.Hypot(pts[0].x-p.x, pts[0].y-p.y)
	}
	return best
}

func toSegment(a, b, p point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	length := dx*dx + dy*dy
	t := 0.0
	if length > 0 {
		t = min(1, max(0, ((p.x-a.x)*dx+(p.y-a.y)*dy)/length))
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// inside reports whether the point is in the closed path, by the even-odd rule.
func inside(pts []point, p point) bool {
	in := false
	for i, j := 0, len(pts)-1; i < len(pts); j, i = i, i+1 {
		a, b := pts[i], pts[j]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			in = !in
		}
	}
	return in
}
