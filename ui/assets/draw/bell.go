package draw

import (
	"image"
	"image/color"
	"math"
)

// body is the bell's outline, clapper the arc below it, slash the line through
// both, dot the sign of a new reply.
var (
	body = path{point{3.262, 15.326}, []segment{
		arc{point{4, 16}, 1, -137.6, -270, point{4, 17}, true},
		line{point{20, 17}},
		arc{point{20, 16}, 1, 90, -42.3, point{20.74, 15.327}, true},
		cubic{point{19.41, 13.956}, point{18, 12.499}, point{18, 8}},
		arc{point{12, 8}, 6, 0, -180, point{6, 8}, true},
		cubic{point{6, 12.499}, point{4.589, 13.956}, point{3.262, 15.326}},
	}}
	clapper   = path{point{10.268, 21}, []segment{arc{point{12, 20}, 2, 150, 30, point{13.732, 21}, true}}}
	slash     = path{point{2.6, 2.6}, []segment{line{point{21.4, 21.4}}}}
	dotMiddle = point{18.4, 5.6}
)

const (
	dotRadius = 4.2
	gap       = 1.6 // left free around slash and dot, so that they stand apart without colour
	stroke    = 2.0
)

// Colours of the tray's icon. A panel may be white or black, and the icon cannot
// know: ink has a contrast near 4 to both, and the rim lifts it off dark greys.
var (
	Ink  = color.NRGBA{0x76, 0x7d, 0xaa, 0xff}
	Rim  = color.NRGBA{0xff, 0xff, 0xff, 0x55}
	Spot = color.NRGBA{0xd9, 0x5a, 0x1e, 0xff}
)

// State is what the bell tells.
type State struct{ Filled, Slash, Dot bool }

// Bell draws the bell for a tray, size pixels wide and high.
func Bell(s State, size int) *image.NRGBA {
	c := newCanvas(size, 24)
	width := stroke
	if size <= 18 {
		width = 2.3 // a thinner line would be grey at this size
	}
	bodyPts, clapperPts, slashPts := body.points(), clapper.points(), slash.points()
	ring := func(extra float64) func(point) float64 {
		return func(p point) float64 {
			d := distance(bodyPts, p)
			if s.Filled && inside(bodyPts, p) {
				d = -d
			}
			return min(d, distance(clapperPts, p)) - width/2 - extra
		}
	}
	c.paint(Rim, ring(0.8))
	c.paint(Ink, ring(0))
	if s.Slash {
		c.erase(func(p point) float64 { return distance(slashPts, p) - width/2 - gap })
		c.paint(Rim, func(p point) float64 { return distance(slashPts, p) - width/2 - 0.9 })
		c.paint(Ink, func(p point) float64 { return distance(slashPts, p) - width/2 })
	}
	if s.Dot {
		away := func(r float64) func(point) float64 {
			return func(p point) float64 { return math.Hypot(p.x-dotMiddle.x, p.y-dotMiddle.y) - r }
		}
		c.erase(away(dotRadius + gap))
		c.paint(Rim, away(dotRadius+0.9))
		c.paint(Spot, away(dotRadius))
	}
	return c.img
}

// Colours of the program's icon, as in the theme: accent, and white on it.
var (
	tile  = color.NRGBA{0x4f, 0x4c, 0xc9, 0xff}
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// Program draws the program's icon: a white bell on a tile, size pixels wide.
func Program(size int) *image.NRGBA {
	c := newCanvas(size, 48)
	c.paint(tile, func(p point) float64 {
		// a square of 44 with rounded corners of 11, by the usual distance to a box
		x, y := math.Abs(p.x-24)-22+11, math.Abs(p.y-24)-22+11
		return math.Hypot(max(x, 0), max(y, 0)) + min(max(x, y), 0) - 11
	})
	bodyPts, clapperPts := body.points(), clapper.points()
	c.paint(white, func(p point) float64 {
		q := point{(p.x-24)/1.25 + 12, (p.y-24)/1.25 + 12}
		d := distance(bodyPts, q)
		if inside(bodyPts, q) {
			d = -d
		}
		return (min(d, distance(clapperPts, q)) - stroke/2) * 1.25
	})
	return c.img
}

// ProgramSVG is the program's icon as a vector picture.
func ProgramSVG() string {
	return `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48">` +
		`<rect x="2" y="2" width="44" height="44" rx="11" fill="#4f4cc9"/>` +
		`<g transform="translate(9 9) scale(1.25)" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">` +
		`<path fill="#fff" d="` + body.svg() + `Z"/><path fill="none" d="` + clapper.svg() + `"/></g></svg>` + "\n"
}
