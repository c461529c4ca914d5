package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/theme"
)

// Kind is how much a button stands out.
type Kind int

// The kinds.
const (
	Plain Kind = iota // a border
	Main              // the one thing to do here
	Quiet             // words only
)

// Button is a button that shows where the keyboard is by a ring of two pixels,
// and that Enter presses as well as Space.
type Button struct {
	widget.DisableableWidget
	Kind     Kind
	Icon     theme.Icon // "" for none
	OnTapped func()

	text    string
	small   bool
	keys    *Keys
	focused bool
	hovered bool
}

// NewButton returns a button.
func NewButton(text string, k Kind, keys *Keys, tapped func()) *Button {
	b := &Button{text: text, Kind: k, keys: keys, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Small makes the button fit into a line of small text.
func (b *Button) Small() *Button {
	b.small = true
	return b
}

// WithIcon puts an icon before the words.
func (b *Button) WithIcon(i theme.Icon) *Button {
	b.Icon = i
	return b
}

// Text is what stands on the button.
func (b *Button) Text() string { return b.text }

// SetText changes what stands on the button.
func (b *Button) SetText(s string) {
	if s != b.text {
		b.text = s
		b.Refresh()
	}
}

// SetIcon changes the icon.
func (b *Button) SetIcon(i theme.Icon) {
	if i != b.Icon {
		b.Icon = i
		b.Refresh()
	}
}

// SetEnabled enables or disables the button, when that changes anything.
func (b *Button) SetEnabled(on bool) {
	if on == !b.Disabled() {
		return
	}
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// Tapped is for Fyne.
func (b *Button) Tapped(*fyne.PointEvent) { b.press() }

func (b *Button) press() {
	if !b.Disabled() && b.OnTapped != nil {
		b.OnTapped()
	}
}

// FocusGained is for Fyne.
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	b.keys.focused(b)
}

// FocusLost is for Fyne.
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
}

// TypedRune is for Fyne.
func (b *Button) TypedRune(rune) {}

// TypedKey is for Fyne.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.press()
	case fyne.KeyEscape:
		b.keys.escape()
	}
}

// TypedShortcut is for Fyne.
func (b *Button) TypedShortcut(s fyne.Shortcut) { b.keys.Shortcut(s) }

// MouseIn is for Fyne.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
}

// MouseMoved is for Fyne.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (b *Button) MouseOut() {
	b.hovered = false
	b.Refresh()
}

// Cursor is for Fyne.
func (b *Button) Cursor() desktop.Cursor {
	if b.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer is for Fyne.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b: b, back: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent),
		label: canvas.NewText("", color.Black), icon: canvas.NewImageFromResource(nil),
	}
	r.icon.FillMode = canvas.ImageFillContain
	r.apply()
	return r
}

type buttonRenderer struct {
	b          *Button
	back, ring *canvas.Rectangle
	label      *canvas.Text
	icon       *canvas.Image
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.ring, r.icon, r.label}
}

// metrics are the room at the sides, the height and the icon's width.
func (r *buttonRenderer) metrics() (side, height, icon float32) {
	if r.b.small {
		side, height = 8, 28
	} else {
		side, height = 16, 40
	}
	if r.b.Kind == Quiet && !r.b.small {
		side, height = 10, 36
	}
	if r.b.Icon != "" {
		icon = 16
	}
	scale := theme.Scale()
	return side, height * scale, icon * scale
}

func (r *buttonRenderer) MinSize() fyne.Size {
	side, height, icon := r.metrics()
	width := 2*side + icon
	if r.b.text != "" {
		width += r.label.MinSize().Width
		if icon > 0 {
			width += 8
		}
	}
	return fyne.NewSize(max(width, height), height)
}

func (r *buttonRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.ring.Move(fyne.NewPos(-4, -4))
	r.ring.Resize(s.AddWidthHeight(8, 8))
	_, _, icon := r.metrics()
	text := r.label.MinSize()
	width := icon
	if r.b.text != "" {
		width += text.Width
		if icon > 0 {
			width += 8
		}
	}
	x := (s.Width - width) / 2
	if icon > 0 {
		r.icon.Move(fyne.NewPos(x, (s.Height-icon)/2))
		r.icon.Resize(fyne.NewSquareSize(icon))
		x += icon + 8
	}
	r.label.Move(fyne.NewPos(x, (s.Height-text.Height)/2))
	r.label.Resize(text)
}

func (r *buttonRenderer) Refresh() {
	r.apply()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

// apply takes the colours and words over.
func (r *buttonRenderer) apply() {
	b, th := r.b, r.b.Theme()
	fill, edge, ink := theme.Surface, theme.Edge, theme.Text
	switch b.Kind {
	case Main:
		fill, edge, ink = theme.Accent, "", theme.OnAcc
	case Quiet:
		fill, edge, ink = "", "", theme.Accent
	}
	if b.hovered && !b.Disabled() && b.Kind != Main {
		fill = theme.Raised
	}
	if b.Disabled() {
		fill, ink = theme.Raised, theme.Muted
		if b.Kind != Quiet {
			edge = theme.Line
		} else {
			fill = ""
		}
	}
	r.back.FillColor, r.back.StrokeColor, r.back.CornerRadius = tokenColor(b, fill), tokenColor(b, edge), theme.Radius
	r.back.StrokeWidth = 0
	if edge != "" {
		r.back.StrokeWidth = 1
	}
	r.ring.StrokeColor, r.ring.CornerRadius, r.ring.StrokeWidth = color.Transparent, theme.Radius+4, 2
	if b.focused {
		r.ring.StrokeColor = tokenColor(b, theme.Focus)
	}
	r.label.Text, r.label.Color = b.text, tokenColor(b, ink)
	r.label.TextSize = th.Size(theme.SizeBody)
	r.label.TextStyle = fyne.TextStyle{Bold: b.Kind != Plain}
	if b.small {
		r.label.TextSize = th.Size(theme.SizeMedium)
		r.label.TextStyle = fyne.TextStyle{}
	}
	r.icon.Hidden = b.Icon == ""
	if b.Icon != "" {
		r.icon.Resource = b.Icon.Resource(tokenColor(b, ink))
		r.icon.Refresh()
	}
}
