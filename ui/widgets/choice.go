package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/theme"
)

// Choice is a button as wide as the window, with a line below its words that says
// what is meant. Its words wrap.
type Choice struct {
	widget.BaseWidget
	OnTapped func()

	label   *Words
	body    *fyne.Container
	keys    *Keys
	focused bool
	hovered bool
}

// NewChoice returns a choice.
func NewChoice(label, hint string, keys *Keys, tapped func()) *Choice {
	c := &Choice{OnTapped: tapped, keys: keys, label: NewWords(label, Style{Bold: true})}
	text := Column(0, c.label)
	if hint != "" {
		text.Add(NewWords(hint, Style{Size: theme.SizeSmall, Color: theme.Muted}))
	}
	c.body = Pad(text, 12, 7)
	c.ExtendBaseWidget(c)
	return c
}

// Text is what stands on the choice.
func (c *Choice) Text() string { return c.label.Text() }

// Tapped is for Fyne.
func (c *Choice) Tapped(*fyne.PointEvent) { c.OnTapped() }

// FocusGained is for Fyne.
func (c *Choice) FocusGained() {
	c.focused = true
	c.Refresh()
	c.keys.focused(c)
}

// FocusLost is for Fyne.
func (c *Choice) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedRune is for Fyne.
func (c *Choice) TypedRune(rune) {}

// TypedKey is for Fyne.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.OnTapped()
	case fyne.KeyEscape:
		c.keys.escape()
	case fyne.KeyDown:
		fyne.CurrentApp().Driver().CanvasForObject(c).FocusNext()
	case fyne.KeyUp:
		fyne.CurrentApp().Driver().CanvasForObject(c).FocusPrevious()
	}
}

// TypedShortcut is for Fyne.
func (c *Choice) TypedShortcut(s fyne.Shortcut) { c.keys.Shortcut(s) }

// MouseIn is for Fyne.
func (c *Choice) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved is for Fyne.
func (c *Choice) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (c *Choice) MouseOut() { c.hovered = false; c.Refresh() }

// Cursor is for Fyne.
func (c *Choice) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for Fyne.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{c: c, back: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent)}
	r.apply()
	return r
}

type choiceRenderer struct {
	c          *Choice
	back, ring *canvas.Rectangle
}

func (r *choiceRenderer) Destroy()           {}
func (r *choiceRenderer) MinSize() fyne.Size { return r.c.body.MinSize() }

func (r *choiceRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.ring, r.c.body}
}

func (r *choiceRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.ring.Move(fyne.NewPos(-3, -3))
	r.ring.Resize(s.AddWidthHeight(6, 6))
	r.c.body.Resize(s)
}

func (r *choiceRenderer) Refresh() {
	r.apply()
	r.Layout(r.c.Size())
	r.c.body.Refresh()
	canvas.Refresh(r.c)
}

func (r *choiceRenderer) apply() {
	fill := theme.Surface
	if r.c.hovered {
		fill = theme.Raised
	}
	r.back.FillColor, r.back.StrokeColor, r.back.StrokeWidth, r.back.CornerRadius = tokenColor(r.c, fill), tokenColor(r.c, theme.Edge), 1, theme.Radius
	r.ring.StrokeColor, r.ring.StrokeWidth, r.ring.CornerRadius = color.Transparent, 2, theme.Radius+3
	if r.c.focused {
		r.ring.StrokeColor = tokenColor(r.c, theme.Focus)
	}
}
