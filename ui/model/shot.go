package model

import (
	"fmt"
	"image"

	"github.com/deskbell/deskbell/ui/shot/edit"
)

// Shot is the window in which a picture of the screen is changed before it is sent.
type Shot struct {
	Picture *edit.Picture // nil while there is none
	Screens []image.Rectangle
	Tool    edit.Tool
	From    image.Point // of the shape that is being drawn
	To      image.Point
	Drawn   bool  // there is a shape
	First   bool  // the keyboard moves From, not To
	Busy    bool  // the picture is being made ready
	Problem error // why something was not done
}

// Open begins with a picture.
func (s *Shot) Open(p *edit.Picture, screens []image.Rectangle) {
	*s = Shot{Picture: p, Screens: screens}
}

// Choose takes another tool.
func (s *Shot) Choose(t edit.Tool) {
	s.Tool, s.Drawn, s.Problem = t, false, nil
}

// Start begins a shape where the pointer was pressed.
func (s *Shot) Start(at image.Point) {
	at = s.within(at)
	s.From, s.To, s.Drawn, s.First, s.Problem = at, at, true, false, nil
}

// Drag takes the shape's end to the pointer.
func (s *Shot) Drag(at image.Point) { s.To = s.within(at) }

// Move moves the corner that the keyboard has. Without a shape it begins one in the
// middle of the picture.
func (s *Shot) Move(by image.Point) {
	s.Problem = nil
	if !s.Drawn {
		v := s.Picture.View()
		middle := v.Min.Add(v.Size().Div(2))
		third := v.Size().Div(6)
		s.From, s.To, s.Drawn, s.First = middle.Sub(third), middle.Add(third), true, false
		return
	}
	if s.First {
		s.From = s.within(s.From.Add(by))
	} else {
		s.To = s.within(s.To.Add(by))
	}
}

// Swap gives the keyboard the other corner.
func (s *Shot) Swap() { s.First = s.Drawn && !s.First }

// Clear forgets the shape, and reports whether there was one.
func (s *Shot) Clear() bool {
	was := s.Drawn
	s.Drawn = false
	return was
}

// within keeps a place in what is left of the picture. Its far edges belong to it:
// they are corners and not pixels.
func (s *Shot) within(at image.Point) image.Point {
	v := s.Picture.View()
	return image.Pt(min(max(at.X, v.Min.X), v.Max.X), min(max(at.Y, v.Min.Y), v.Max.Y))
}

// Apply does what the tool does with the shape.
func (s *Shot) Apply() {
	if s.Drawn {
		s.Drawn = false
		s.do(edit.Step{Tool: s.Tool, From: s.From, To: s.To})
	}
}

// Screen leaves one of the screens; -1 is all of them.
func (s *Shot) Screen(n int) {
	r := s.Picture.Taken()
	if n >= 0 {
		r = s.Screens[n]
	}
	s.Drawn = false
	s.do(edit.Step{Tool: edit.Crop, From: r.Min, To: r.Max})
}

func (s *Shot) do(step edit.Step) { _, s.Problem = s.Picture.Do(step) }

// Undo takes the last change back: a shape that is not applied, or a step.
func (s *Shot) Undo() {
	s.Problem = nil
	if !s.Clear() {
		s.Picture.Undo()
	}
}

// Redo does again what was taken back.
func (s *Shot) Redo() {
	s.Problem = nil
	s.Drawn = false
	s.Picture.Redo()
}

// Coarse and fine are how far an arrow key moves a corner, in pixels of the picture.
func (s *Shot) Coarse() int {
	v := s.Picture.View()
	return max(max(v.Dx(), v.Dy())/60, 1)
}

// Area is what the shape would change, in whole blocks for what is made unreadable.
func (s *Shot) Area() image.Rectangle {
	r := image.Rectangle{Min: s.From, Max: s.To}.Canon()
	if s.Tool == edit.Blur {
		return edit.Blocks(s.Picture.Taken(), r).Intersect(s.Picture.View())
	}
	return r
}

// ShotView is what the window shows.
type ShotView struct {
	Hint     string
	Status   string // beside the buttons: the size, or what is wrong
	Bad      bool
	Screens  []string // to choose from, the first one is all; none where there is one screen
	CanApply bool
	CanUndo  bool
	CanRedo  bool
	CanEdit  bool
}

// View returns what the window shows.
func (s *Shot) View() ShotView {
	if s.Picture == nil {
		return ShotView{}
	}
	size := s.Picture.View().Size()
	v := ShotView{
		Hint:    wordsShotHint(s.Tool),
		Status:  fmt.Sprintf("%d × %d", size.X, size.Y),
		CanEdit: !s.Busy,
	}
	v.CanApply = v.CanEdit && s.Drawn
	v.CanUndo = v.CanEdit && (s.Drawn || s.Picture.CanUndo())
	v.CanRedo = v.CanEdit && s.Picture.CanRedo()
	if len(s.Screens) > 1 {
		v.Screens = []string{wordsShotAll()}
		for i := range s.Screens {
			v.Screens = append(v.Screens, wordsShotScreen(i+1))
		}
	}
	switch {
	case s.Busy:
		v.Status = wordsShotPreparing()
	case s.Problem != nil:
		v.Status, v.Bad = sentence(s.Problem), true
	}
	return v
}
