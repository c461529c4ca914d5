package shot

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/theme"
)

// board shows the picture, and the shape that is drawn over it by pointer or keys.
type board struct {
	widget.BaseWidget
	editor  *Editor
	focused bool
	shift   bool // is held: keys move by one pixel
	pressed bool
}

func newBoard(e *Editor) *board {
	b := &board{editor: e}
	b.ExtendBaseWidget(b)
	return b
}

// place is where the picture lies on the board, and how large a pixel of it is.
func (b *board) place() (origin fyne.Position, scale float32) {
	p := b.editor.state.Picture
	if p == nil {
		return fyne.Position{}, 0
	}
	s, v := b.Size(), p.View().Size()
	scale = min(s.Width/float32(v.X), s.Height/float32(v.Y), 1)
	return fyne.NewPos((s.Width-scale*float32(v.X))/2, (s.Height-scale*float32(v.Y))/2), scale
}

// at is the place in the picture that lies under a place of the board.
func (b *board) at(p fyne.Position) image.Point {
	origin, scale := b.place()
	if scale <= 0 {
		return image.Point{}
	}
	v := b.editor.state.Picture.View()
	return v.Min.Add(image.Pt(round((p.X-origin.X)/scale), round((p.Y-origin.Y)/scale)))
}

// under is at's opposite.
func (b *board) under(p image.Point) fyne.Position {
	origin, scale := b.place()
	if b.editor.state.Picture == nil {
		return origin
	}
	d := p.Sub(b.editor.state.Picture.View().Min)
	return origin.AddXY(float32(d.X)*scale, float32(d.Y)*scale)
}

func round(f float32) int {
	if f < 0 {
		return int(f - 0.5)
	}
	return int(f + 0.5)
}

// MouseDown is for Fyne.
func (b *board) MouseDown(e *desktop.MouseEvent) {
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	b.editor.host.Window.Canvas().Focus(b)
	b.pressed = true
	b.editor.change(func(s *model.Shot) { s.Start(b.at(e.Position)) })
}

// Dragged is for Fyne.
func (b *board) Dragged(e *fyne.DragEvent) {
	if b.pressed {
		b.editor.change(func(s *model.Shot) { s.Drag(b.at(e.Position)) })
	}
}

// DragEnd is for Fyne.
func (b *board) DragEnd() { b.release() }

// MouseUp is for Fyne. A pointer that was not moved has drawn nothing.
func (b *board) MouseUp(*desktop.MouseEvent) { b.release() }

func (b *board) release() {
	if b.pressed {
		b.pressed = false
		b.editor.change((*model.Shot).Apply)
	}
}

// Cursor is for Fyne.
func (b *board) Cursor() desktop.Cursor { return desktop.CrosshairCursor }

// FocusGained is for Fyne.
func (b *board) FocusGained() {
	b.focused = true
	b.Refresh()
}

// FocusLost is for Fyne.
func (b *board) FocusLost() {
	b.focused, b.shift = false, false
	b.Refresh()
}

// TypedRune is for Fyne.
func (b *board) TypedRune(rune) {}

// KeyDown is for Fyne.
func (b *board) KeyDown(e *fyne.KeyEvent) { b.held(e, true) }

// KeyUp is for Fyne.
func (b *board) KeyUp(e *fyne.KeyEvent) { b.held(e, false) }

func (b *board) held(e *fyne.KeyEvent, down bool) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		b.shift = down
	}
}

// TypedShortcut is for Fyne.
func (b *board) TypedShortcut(s fyne.Shortcut) { b.editor.keys.Shortcut(s) }

// TypedKey is for Fyne.
func (b *board) TypedKey(e *fyne.KeyEvent) {
	step := func(x, y int) {
		b.editor.change(func(s *model.Shot) {
			by := image.Pt(x, y)
			if !b.shift {
				by = by.Mul(s.Coarse())
			}
			s.Move(by)
		})
	}
	switch e.Name {
	case fyne.KeyLeft:
		step(-1, 0)
	case fyne.KeyRight:
		step(1, 0)
	case fyne.KeyUp:
		step(0, -1)
	case fyne.KeyDown:
		step(0, 1)
	case fyne.KeySpace:
		b.editor.change((*model.Shot).Swap)
	case fyne.KeyReturn, fyne.KeyEnter:
		b.editor.change((*model.Shot).Apply)
	case fyne.KeyDelete, fyne.KeyBackspace:
		b.editor.change(func(s *model.Shot) { s.Clear() })
	case fyne.KeyEscape:
		b.editor.escape()
	}
}

// CreateRenderer is for Fyne.
func (b *board) CreateRenderer() fyne.WidgetRenderer {
	r := &boardRenderer{b: b, picture: canvas.NewImageFromImage(nil), ring: canvas.NewRectangle(color.Transparent)}
	r.picture.FillMode = canvas.ImageFillStretch
	for range 4 {
		r.shade = append(r.shade, canvas.NewRectangle(color.NRGBA{A: 140}))
	}
	for _, c := range []color.Color{color.Black, color.White} { // one of them is seen on any ground
		f := canvas.NewRectangle(color.Transparent)
		f.StrokeColor, f.StrokeWidth = c, 1.5
		l := canvas.NewLine(c)
		r.frame, r.line = append(r.frame, f), append(r.line, l)
	}
	r.line[0].StrokeWidth, r.line[1].StrokeWidth = 5, 2
	for range 2 {
		h := canvas.NewRectangle(color.White)
		h.StrokeColor, h.StrokeWidth, h.CornerRadius = color.Black, 1.5, 2
		r.handle = append(r.handle, h)
	}
	r.Refresh()
	return r
}

type boardRenderer struct {
	b       *board
	picture *canvas.Image
	ring    *canvas.Rectangle
	shade   []*canvas.Rectangle // over what would be cut away
	frame   []*canvas.Rectangle
	line    []*canvas.Line
	handle  []*canvas.Rectangle // of From and of To

	shown   *edit.Picture // what picture was made of
	version int
	pixels  image.Point
}

const grip = 12 // the side of a handle

func (r *boardRenderer) Destroy() {}

func (r *boardRenderer) MinSize() fyne.Size { return fyne.NewSize(320, 200) }

func (r *boardRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.picture}
	for _, s := range r.shade {
		out = append(out, s)
	}
	for i := range r.frame {
		out = append(out, r.frame[i], r.line[i])
	}
	for _, h := range r.handle {
		out = append(out, h)
	}
	return append(out, r.ring)
}

func (r *boardRenderer) Layout(s fyne.Size) {
	r.ring.Move(fyne.NewPos(-4, -4))
	r.ring.Resize(s.AddWidthHeight(8, 8))
	r.lay()
}

func (r *boardRenderer) Refresh() {
	r.ring.StrokeWidth, r.ring.CornerRadius, r.ring.StrokeColor = 2, theme.Radius, color.Transparent
	if r.b.focused {
		r.ring.StrokeColor = r.b.Theme().Color(theme.Focus, fyne.CurrentApp().Settings().ThemeVariant())
	}
	r.lay()
	canvas.Refresh(r.b)
}

// lay puts the picture and the shape where they belong.
func (r *boardRenderer) lay() {
	s := &r.b.editor.state
	r.picture.Hidden = s.Picture == nil
	if s.Picture == nil {
		r.picture.Image, r.shown = nil, nil
		r.layShape(s)
		return
	}
	origin, scale := r.b.place()
	v := s.Picture.View().Size()
	size := fyne.NewSize(scale*float32(v.X), scale*float32(v.Y))
	r.draw(s.Picture, size)
	r.picture.Move(origin)
	r.picture.Resize(size)
	r.layShape(s)
}

// draw makes the picture that is shown, in the display's own pixels.
func (r *boardRenderer) draw(p *edit.Picture, size fyne.Size) {
	dots := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.b); c != nil {
		dots = c.Scale()
	}
	pixels := image.Pt(round(size.Width*dots), round(size.Height*dots))
	if r.shown == p && r.version == p.Version() && r.pixels == pixels {
		return
	}
	r.shown, r.version, r.pixels = p, p.Version(), pixels
	r.picture.Image = edit.Fit(p.Image(), pixels.X, pixels.Y)
	r.picture.ScaleMode = canvas.ImageScaleSmooth
	if v := p.View().Size(); v.X < pixels.X {
		r.picture.ScaleMode = canvas.ImageScalePixels
	}
	r.picture.Refresh()
}

func (r *boardRenderer) layShape(s *model.Shot) {
	drawn := s.Picture != nil && s.Drawn
	straight := drawn && s.Tool == edit.Arrow
	for _, l := range r.line {
		l.Hidden = !straight
		l.Position1, l.Position2 = r.b.under(s.From), r.b.under(s.To)
	}
	var a, z fyne.Position
	if drawn {
		area := s.Area()
		a, z = r.b.under(area.Min), r.b.under(area.Max)
	}
	for i, f := range r.frame {
		f.Hidden = !drawn || straight
		out := float32(1-i) * 1.5 // the dark one is around the light one
		put(f, a.SubtractXY(out, out), z.AddXY(out, out))
	}
	r.layShade(drawn && s.Tool == edit.Crop, a, z)
	for i, h := range r.handle {
		at := r.b.under(s.From)
		if i == 1 {
			at = r.b.under(s.To)
		}
		h.Hidden = !drawn
		put(h, at.SubtractXY(grip/2, grip/2), at.AddXY(grip/2, grip/2))
		h.FillColor = color.White
		if r.b.focused && s.First == (i == 0) {
			h.FillColor = r.b.Theme().Color(theme.Focus, fyne.CurrentApp().Settings().ThemeVariant())
		}
	}
}

// layShade darkens what is not between a and z.
func (r *boardRenderer) layShade(on bool, a, z fyne.Position) {
	for _, d := range r.shade {
		d.Hidden = !on
	}
	if !on {
		return
	}
	// On whole pixels: where two shades meet no line is to be seen.
	from, to := whole(r.picture.Position()), whole(r.picture.Position().Add(r.picture.Size()))
	a, z = whole(a), whole(z)
	put(r.shade[0], from, fyne.NewPos(to.X, a.Y))
	put(r.shade[1], fyne.NewPos(from.X, z.Y), to)
	put(r.shade[2], fyne.NewPos(from.X, a.Y), fyne.NewPos(a.X, z.Y))
	put(r.shade[3], fyne.NewPos(z.X, a.Y), fyne.NewPos(to.X, z.Y))
}

func whole(p fyne.Position) fyne.Position {
	return fyne.NewPos(float32(round(p.X)), float32(round(p.Y)))
}

func put(o fyne.CanvasObject, a, z fyne.Position) {
	o.Move(a)
	o.Resize(fyne.NewSize(max(z.X-a.X, 0), max(z.Y-a.Y, 0)))
}
