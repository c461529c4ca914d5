// Package edit changes a picture of the screen before it is sent: it is cut, arrows
// are drawn, and parts are made unrecognisable. It is pure: a picture and a list of
// steps, and what comes out of them. Nothing of what a step has taken away is in
// what comes out.
package edit

import (
	"image"
	"image/draw"

	"github.com/deskbell/deskbell/internal/fault"
)

// Limits of a picture.
const (
	MaxPixels = 40_000_000 // three screens of 3840 × 2160 are 25 million
	MaxSteps  = 200
)

// minSide is the shorter side of what can be cut out or made unrecognisable, and
// the length of an arrow. What is smaller is a click and no drawing.
const minSide = 8

// CheckSize says why a picture of this size cannot be taken, or nil.
func CheckSize(width, height int) error {
	switch {
	case width <= 0 || height <= 0:
		return fault.Say(fault.Unavailable, "error.shot_empty")
	case width > MaxPixels || height > MaxPixels || width*height > MaxPixels:
		return fault.Say(fault.TooLarge, "error.shot_too_large")
	}
	return nil
}

// Tool is what a step does.
type Tool int

// The tools.
const (
	Crop  Tool = iota // leaves only what is between the two corners
	Arrow             // points from From to To
	Blur              // makes what is between the two corners unrecognisable
)

// Step is one change. Its places are in the pixels of the picture as it was taken.
type Step struct {
	Tool     Tool
	From, To image.Point
}

// rect is the area between the two corners.
func (s Step) rect() image.Rectangle {
	return image.Rectangle{Min: s.From, Max: s.To}.Canon()
}

// Picture is a picture with its steps. The picture as it was taken is never
// written to.
type Picture struct {
	taken *image.RGBA
	done  []Step
	after []Step // taken back, the last one first to come again
	now   *image.RGBA
	view  image.Rectangle
	count int
}

// New returns a picture without a step. It keeps taken, which must begin at 0, 0.
func New(taken *image.RGBA) (*Picture, error) {
	if err := CheckSize(taken.Rect.Dx(), taken.Rect.Dy()); err != nil {
		return nil, err
	}
	p := &Picture{taken: taken}
	p.play()
	return p, nil
}

// View is the part of the picture that is left.
func (p *Picture) View() image.Rectangle { return p.view }

// Taken is the whole picture's size.
func (p *Picture) Taken() image.Rectangle { return p.taken.Rect }

// Image is what is left, at its place in the whole picture. It is good until the
// next step, and only to be read.
func (p *Picture) Image() *image.RGBA { return p.now.SubImage(p.view).(*image.RGBA) }

// Version is another number after each change of what Image returns.
func (p *Picture) Version() int { return p.count }

// Steps are the steps that were done, in their order.
func (p *Picture) Steps() []Step { return append([]Step(nil), p.done...) }

// Do takes a step, and reports whether it changes anything: what lies outside of
// the picture, or is no larger than a click, does not. An error says that there are
// too many.
func (p *Picture) Do(s Step) (bool, error) {
	s, ok := p.fit(s)
	if !ok {
		return false, nil
	}
	if len(p.done) >= MaxSteps {
		return false, fault.Say(fault.TooMany, "error.shot_too_many")
	}
	p.done, p.after = append(p.done, s), nil
	p.take(s)
	return true, nil
}

// fit puts a step's places into what is left of the picture. To cut is measured
// against the whole: what was cut away can come back.
func (p *Picture) fit(s Step) (Step, bool) {
	in := p.view
	if s.Tool == Crop {
		in = p.taken.Rect
	}
	if s.Tool == Arrow {
		s.From, s.To = clamp(s.From, in), clamp(s.To, in)
		d := s.To.Sub(s.From)
		return s, d.X*d.X+d.Y*d.Y >= minSide*minSide
	}
	r := s.rect().Intersect(in)
	s.From, s.To = r.Min, r.Max
	if s.Tool == Crop && r == p.view {
		return s, false
	}
	return s, min(r.Dx(), r.Dy()) >= min(minSide, in.Dx(), in.Dy())
}

func clamp(at image.Point, in image.Rectangle) image.Point {
	return image.Pt(min(max(at.X, in.Min.X), in.Max.X-1), min(max(at.Y, in.Min.Y), in.Max.Y-1))
}

// CanUndo and CanRedo report whether there is a step to take back, or one that was.
func (p *Picture) CanUndo() bool { return len(p.done) > 0 }

// CanRedo is told at CanUndo.
func (p *Picture) CanRedo() bool { return len(p.after) > 0 }

// Undo takes the last step back.
func (p *Picture) Undo() {
	if n := len(p.done); n > 0 {
		p.after = append(p.after, p.done[n-1])
		p.done = p.done[:n-1]
		p.play()
	}
}

// Redo does again what was taken back last.
func (p *Picture) Redo() {
	if n := len(p.after); n > 0 {
		s := p.after[n-1]
		p.after = p.after[:n-1]
		p.done = append(p.done, s)
		p.take(s)
	}
}

// play does all steps anew on the picture as it was taken: so what is shown after
// a step was taken back is what was shown before it.
func (p *Picture) play() {
	if p.now == nil {
		p.now = image.NewRGBA(p.taken.Rect)
	}
	draw.Draw(p.now, p.now.Rect, p.taken, image.Point{}, draw.Src)
	p.view = p.taken.Rect
	p.count++
	for _, s := range p.done {
		p.take(s)
	}
}

func (p *Picture) take(s Step) {
	p.count++
	switch s.Tool {
	case Crop:
		p.view = s.rect()
	case Arrow:
		arrow(p.now, p.view, s.From, s.To, Stroke(p.taken.Rect))
	case Blur:
		blur(p.now, s.rect())
	}
}
