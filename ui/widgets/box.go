package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/theme"
)

// Box is a filled area with a border of one pixel, in the theme's colours. A token
// that is "" is not drawn.
type Box struct {
	widget.BaseWidget
	Fill, Border theme.Token
	Radius       float32
}

// NewBox returns an area.
func NewBox(fill, border theme.Token, radius float32) *Box {
	b := &Box{Fill: fill, Border: border, Radius: radius}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer is for Fyne.
func (b *Box) CreateRenderer() fyne.WidgetRenderer {
	r := &boxRenderer{box: b, rect: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type boxRenderer struct {
	box  *Box
	rect *canvas.Rectangle
}

func (r *boxRenderer) Layout(s fyne.Size)           { r.rect.Resize(s) }
func (r *boxRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *boxRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *boxRenderer) Destroy()                     {}

func (r *boxRenderer) Refresh() {
	r.rect.FillColor = tokenColor(r.box, r.box.Fill)
	r.rect.StrokeColor = tokenColor(r.box, r.box.Border)
	r.rect.StrokeWidth = 0
	if r.box.Border != "" {
		r.rect.StrokeWidth = 1
	}
	r.rect.CornerRadius = r.box.Radius
	r.rect.Refresh()
}

// tokenColor is a token's colour in the theme that a widget is drawn with.
func tokenColor(w interface{ Theme() fyne.Theme }, t theme.Token) color.Color {
	if t == "" {
		return color.Transparent
	}
	return w.Theme().Color(t, fyne.CurrentApp().Settings().ThemeVariant())
}

// Card puts content on a surface with a border and some room around it.
func Card(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(NewBox(theme.Surface, theme.Line, theme.CardRadius), Pad(content, 12, 12))
}

// Pad puts room around content: x at the sides, y above and below.
func Pad(content fyne.CanvasObject, x, y float32) *fyne.Container {
	return container.New(padLayout{x, y}, content)
}

type padLayout struct{ x, y float32 }

func (p padLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(2*p.x, 2*p.y)
}

func (p padLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.NewPos(p.x, p.y))
	objects[0].Resize(s.SubtractWidthHeight(2*p.x, 2*p.y))
}
