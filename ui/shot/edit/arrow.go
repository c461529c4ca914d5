package edit

import (
	"image"
	"math"
)

// The arrow's colour, and that of its edge, which keeps it visible on any ground.
var (
	ink  = [3]float64{213, 70, 20}
	edge = [3]float64{255, 255, 255}
)

// Stroke is the width of an arrow's line on a picture of this size.
func Stroke(picture image.Rectangle) float64 {
	return min(max(float64(min(picture.Dx(), picture.Dy()))/200, 4), 16)
}

// arrow draws an arrow, only inside of in.
func arrow(m *image.RGBA, in image.Rectangle, from, to image.Point, width float64) {
	shape := newShape(from, to, width)
	border := max(width/3, 1.5)
	area := image.Rect(
		int(shape.least.x-border)-2, int(shape.least.y-border)-2,
		int(shape.most.x+border)+3, int(shape.most.y+border)+3,
	).Intersect(in)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			d := shape.distance(point{float64(x) + 0.5, float64(y) + 0.5})
			if d > border+0.5 {
				x += int(d - border - 0.5) // so near nothing is of the arrow
				continue
			}
			i := m.PixOffset(x, y)
			mix(m.Pix[i:i+3], edge, 0.5-(d-border))
			mix(m.Pix[i:i+3], ink, 0.5-d)
		}
	}
}

// mix lays a colour over a pixel.
func mix(pixel []uint8, colour [3]float64, share float64) {
	share = min(max(share, 0), 1)
	for i := range pixel {
		pixel[i] = uint8(math.Round(float64(pixel[i])*(1-share) + colour[i]*share))
	}
}

type point struct{ x, y float64 }

func (a point) sub(b point) point   { return point{a.x - b.x, a.y - b.y} }
func (a point) dot(b point) float64 { return a.x*b.x + a.y*b.y }
func (a point) len() float64        { return math.Hypot(a.x, a.y) }

// shape is a line with a head.
type shape struct {
	from, neck  point
	half        float64 // of the line's width
	head        [3]point
	least, most point
}

func newShape(from, to image.Point, width float64) shape {
	f, t := point{float64(from.X) + 0.5, float64(from.Y) + 0.5}, point{float64(to.X) + 0.5, float64(to.Y) + 0.5}
	d := t.sub(f)
	length := d.len()
	along := point{d.x / length, d.y / length}
	head := min(4.5*width, length)
	neck := point{t.x - along.x*head, t.y - along.y*head}
	wing := head * 0.5
	s := shape{from: f, neck: neck, half: width / 2, head: [3]point{
		t, {neck.x - along.y*wing, neck.y + along.x*wing}, {neck.x + along.y*wing, neck.y - along.x*wing},
	}}
	s.least, s.most = f, f
	for _, p := range append(s.head[:], neck) {
		s.least = point{min(s.least.x, p.x-s.half), min(s.least.y, p.y-s.half)}
		s.most = point{max(s.most.x, p.x+s.half), max(s.most.y, p.y+s.half)}
	}
	s.least = point{min(s.least.x, f.x-s.half), min(s.least.y, f.y-s.half)}
	s.most = point{max(s.most.x, f.x+s.half), max(s.most.y, f.y+s.half)}
	return s
}

// distance is how far a place is from the shape; below 0 within it.
func (s shape) distance(p point) float64 {
	return min(toLine(p, s.from, s.neck)-s.half, s.toHead(p))
}

func (s shape) toHead(p point) float64 {
	d, inside := math.Inf(1), true
	for i := range s.head {
		a, b := s.head[i], s.head[(i+1)%3]
		d = min(d, toLine(p, a, b))
		e, q := b.sub(a), p.sub(a)
		if e.x*q.y-e.y*q.x < 0 {
			inside = false
		}
	}
	if inside {
		return -d
	}
	return d
}

func toLine(p, a, b point) float64 {
	e, q := b.sub(a), p.sub(a)
	l := e.dot(e)
	if l == 0 {
		return q.len()
	}
	t := min(max(q.dot(e)/l, 0), 1)
	return point{q.x - e.x*t, q.y - e.y*t}.len()
}
