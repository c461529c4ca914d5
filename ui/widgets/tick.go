package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/theme"
)

// Tick is a box that is ticked or not, and words beside it.
type Tick struct {
	widget.DisableableWidget
	OnChanged func(bool)

	text    string
	on      bool
	option  bool
	keys    *Keys
	focused bool
	hovered bool
}

// NewTick returns a tick.
func NewTick(text string, on bool, keys *Keys, changed func(bool)) *Tick {
	t := &Tick{text: text, on: on, keys: keys, OnChanged: changed}
	t.ExtendBaseWidget(t)
	return t
}

// NewOption returns one of several of which one is chosen: round, and not unticked
// by another click. Whoever has made them unticks the others.
func NewOption(text string, keys *Keys, chosen func()) *Tick {
	t := &Tick{text: text, keys: keys, option: true, OnChanged: func(bool) { chosen() }}
	t.ExtendBaseWidget(t)
	return t
}

// On reports whether it is ticked.
func (t *Tick) On() bool { return t.on }

// Set ticks or unticks without telling.
func (t *Tick) Set(on bool) {
	if on != t.on {
		t.on = on
		t.Refresh()
	}
}

// SetEnabled enables or disables the tick, when that changes anything.
func (t *Tick) SetEnabled(on bool) {
	if on == !t.Disabled() {
		return
	}
	if on {
		t.Enable()
	} else {
		t.Disable()
	}
}

// Tapped is for Fyne.
func (t *Tick) Tapped(*fyne.PointEvent) { t.toggle() }

func (t *Tick) toggle() {
	if t.Disabled() || t.option && t.on {
		return
	}
	t.on = !t.on
	t.Refresh()
	if t.OnChanged != nil {
		t.OnChanged(t.on)
	}
}

// FocusGained is for Fyne.
func (t *Tick) FocusGained() {
	t.focused = true
	t.Refresh()
	t.keys.focused(t)
}

// FocusLost is for Fyne.
func (t *Tick) FocusLost() {
	t.focused = false
	t.Refresh()
}

// TypedRune is for Fyne.
func (t *Tick) TypedRune(rune) {}

// TypedKey is for Fyne.
func (t *Tick) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.toggle()
	case fyne.KeyEscape:
		t.keys.escape()
	}
}

// TypedShortcut is for Fyne.
func (t *Tick) TypedShortcut(s fyne.Shortcut) { t.keys.Shortcut(s) }

// MouseIn is for Fyne.
func (t *Tick) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved is for Fyne.
func (t *Tick) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (t *Tick) MouseOut() { t.hovered = false; t.Refresh() }

// CreateRenderer is for Fyne.
func (t *Tick) CreateRenderer() fyne.WidgetRenderer {
	r := &tickRenderer{
		t: t, box: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent), dot: canvas.NewRectangle(color.Transparent),
		label: canvas.NewText("", color.Black), mark: canvas.NewImageFromResource(nil),
	}
	r.mark.FillMode = canvas.ImageFillContain
	r.apply()
	return r
}

type tickRenderer struct {
	t         *Tick
	box, ring *canvas.Rectangle
	dot       *canvas.Rectangle // of an option that is chosen
	label     *canvas.Text
	mark      *canvas.Image
}

const tickSize, tickGap, tickDot = 18, 8, 8

func (r *tickRenderer) Destroy() {}

func (r *tickRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.box, r.dot, r.mark, r.label}
}

// size is how large the box is.
func (r *tickRenderer) size() float32 { return tickSize * theme.Scale() }

func (r *tickRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.size()+tickGap+r.label.MinSize().Width, 32*theme.Scale())
}

func (r *tickRenderer) Layout(s fyne.Size) {
	size, dot := r.size(), tickDot*theme.Scale()
	y := (s.Height - size) / 2
	r.box.Move(fyne.NewPos(0, y))
	r.box.Resize(fyne.NewSquareSize(size))
	r.ring.Move(fyne.NewPos(-3, y-3))
	r.ring.Resize(fyne.NewSquareSize(size + 6))
	r.dot.Move(fyne.NewPos((size-dot)/2, y+(size-dot)/2))
	r.dot.Resize(fyne.NewSquareSize(dot))
	r.mark.Move(fyne.NewPos(2, y+2))
	r.mark.Resize(fyne.NewSquareSize(size - 4))
	text := r.label.MinSize()
	r.label.Move(fyne.NewPos(size+tickGap, (s.Height-text.Height)/2))
	r.label.Resize(text)
}

func (r *tickRenderer) Refresh() {
	r.apply()
	canvas.Refresh(r.t)
}

func (r *tickRenderer) apply() {
	t := r.t
	fill, edge, ink := theme.Surface, theme.Edge, theme.Text
	if t.on {
		fill, edge = theme.Accent, theme.Accent
	} else if t.hovered {
		fill = theme.Raised
	}
	if t.Disabled() {
		ink = theme.Muted
		if t.on {
			fill, edge = theme.Muted, theme.Muted
		}
	}
	r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth, r.box.CornerRadius = tokenColor(t, fill), tokenColor(t, edge), 1, 4
	r.ring.StrokeColor, r.ring.StrokeWidth, r.ring.CornerRadius = color.Transparent, 2, 6
	if t.focused {
		r.ring.StrokeColor = tokenColor(t, theme.Focus)
	}
	r.label.Text, r.label.Color, r.label.TextSize = t.text, tokenColor(t, ink), t.Theme().Size(theme.SizeMedium)
	if t.option {
		r.box.CornerRadius, r.ring.CornerRadius = r.size()/2, r.size()/2+3
		r.dot.FillColor, r.dot.CornerRadius = tokenColor(t, theme.OnAcc), tickDot*theme.Scale()/2
		r.dot.Hidden, r.mark.Hidden = !t.on, true
		return
	}
	r.dot.Hidden = true
	r.mark.Hidden = !t.on
	r.mark.Resource = theme.IconCheck.Resource(tokenColor(t, theme.OnAcc))
	r.mark.Refresh()
}
