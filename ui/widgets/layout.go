package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Column stacks parts with gap between them, each as wide as the whole. It gives
// each its width before it asks for its height, since text that wraps knows its
// height only then.
func Column(gap float32, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap}, parts...)
}

type columnLayout struct{ gap float32 }

func (c columnLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	first := true
	for _, p := range parts {
		if !p.Visible() {
			continue
		}
		m := p.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
		if !first {
			s.Height += c.gap
		}
		first = false
	}
	return s
}

func (c columnLayout) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	var y float32
	for _, p := range parts {
		if !p.Visible() {
			continue
		}
		p.Move(fyne.NewPos(0, y))
		p.Resize(fyne.NewSize(size.Width, p.MinSize().Height))
		if m := p.MinSize().Height; m != p.Size().Height { // it knows better now
			p.Resize(fyne.NewSize(size.Width, m))
		}
		y += p.Size().Height + c.gap
	}
}

// Row puts parts side by side with gap between them; the one with the index grow
// takes the width that is left. Parts are aligned at their middle, or at the top
// when top is set.
func Row(gap float32, grow int, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, grow: grow}, parts...)
}

// TopRow is Row with its parts aligned at the top.
func TopRow(gap float32, grow int, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, grow: grow, top: true}, parts...)
}

type rowLayout struct {
	gap  float32
	grow int
	top  bool
}

func (r rowLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	first := true
	for _, p := range parts {
		if !p.Visible() {
			continue
		}
		m := p.MinSize()
		s.Height = max(s.Height, m.Height)
		s.Width += m.Width
		if !first {
			s.Width += r.gap
		}
		first = false
	}
	return s
}

func (r rowLayout) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	left := size.Width
	shown := 0
	for i, p := range parts {
		if !p.Visible() {
			continue
		}
		shown++
		if i != r.grow {
			left -= p.MinSize().Width
		}
	}
	left -= r.gap * float32(max(shown-1, 0))
	var x float32
	for i, p := range parts {
		if !p.Visible() {
			continue
		}
		width := p.MinSize().Width
		if i == r.grow {
			width = max(left, 0)
		}
		p.Resize(fyne.NewSize(width, p.MinSize().Height))
		height := p.MinSize().Height
		p.Resize(fyne.NewSize(width, height))
		var y float32
		if !r.top {
			y = max((size.Height-height)/2, 0)
		}
		p.Move(fyne.NewPos(x, y))
		x += width + r.gap
	}
}

// Flow puts parts side by side and begins a new line when they do not fit.
func Flow(gap float32, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: gap}, parts...)
}

// FlowEnd is Flow with its lines at the right.
func FlowEnd(gap float32, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: gap, end: true}, parts...)
}

type flowLayout struct {
	gap    float32
	end    bool
	height float32 // at the last width
}

func (f *flowLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, p := range parts {
		if p.Visible() {
			s = s.Max(p.MinSize())
		}
	}
	s.Height = max(s.Height, f.height)
	return s
}

func (f *flowLayout) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	var x, y, line float32
	var inLine []fyne.CanvasObject
	over := func() {
		if f.end {
			for _, p := range inLine {
				p.Move(p.Position().AddXY(max(size.Width-x+f.gap, 0), 0))
			}
		}
		inLine = inLine[:0]
	}
	for _, p := range parts {
		if !p.Visible() {
			continue
		}
		m := p.MinSize()
		if x > 0 && x+m.Width > size.Width {
			over()
			x, y, line = 0, y+line+f.gap, 0
		}
		p.Move(fyne.NewPos(x, y))
		p.Resize(m)
		inLine = append(inLine, p)
		x += m.Width + f.gap
		line = max(line, m.Height)
	}
	over()
	f.height = y + line
}

// Fixed gives content a height.
func Fixed(height float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(fixedLayout{height}, content)
}

type fixedLayout struct{ height float32 }

func (f fixedLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(parts[0].MinSize().Width, f.height)
}

func (f fixedLayout) Layout(parts []fyne.CanvasObject, size fyne.Size) { parts[0].Resize(size) }

// Reveal scrolls so that a part is seen, with a little room around it. What is in the
// foot below is always seen: nothing moves for it.
func Reveal(s *container.Scroll, foot, part fyne.CanvasObject) {
	if Within(foot, part) {
		return
	}
	d := fyne.CurrentApp().Driver()
	const room = 12
	top := d.AbsolutePositionForObject(part).Y - d.AbsolutePositionForObject(s.Content).Y - room
	bottom := top + part.Size().Height + 2*room
	switch {
	case part.Size().Height > s.Size().Height, top < s.Offset.Y:
		s.Offset.Y = max(top, 0)
	case bottom > s.Offset.Y+s.Size().Height:
		s.Offset.Y = bottom - s.Size().Height
	default:
		return
	}
	s.Refresh()
}

// Within reports whether a part is somewhere in a tree of containers.
func Within(tree, part fyne.CanvasObject) bool {
	if tree == part {
		return true
	}
	if c, ok := tree.(*fyne.Container); ok {
		for _, o := range c.Objects {
			if Within(o, part) {
				return true
			}
		}
	}
	return false
}
