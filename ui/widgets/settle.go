package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Settler lays a window's content out again when parts of it have come or gone.
// Fyne does so by itself only where a size has changed too.
type Settler struct {
	root fyne.CanvasObject
	last []bool // what was visible, in the tree's order
}

// NewSettler returns the settler of a content.
func NewSettler(root fyne.CanvasObject) *Settler { return &Settler{root: root} }

// Settle is called when all parts have been shown or hidden.
func (s *Settler) Settle() {
	now := visible(s.root, nil)
	same := len(now) == len(s.last)
	for i := 0; same && i < len(now); i++ {
		same = now[i] == s.last[i]
	}
	s.last = now
	if !same {
		s.root.Refresh()
	}
}

func visible(o fyne.CanvasObject, to []bool) []bool {
	if o == nil {
		return to
	}
	to = append(to, o.Visible())
	switch o := o.(type) {
	case *fyne.Container:
		for _, p := range o.Objects {
			to = visible(p, to)
		}
	case *container.Scroll:
		to = visible(o.Content, to)
	}
	return to
}
