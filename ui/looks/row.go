package looks

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// row is one look: who and when, what, and why.
type row struct {
	widget.BaseWidget
	box       *fyne.Container
	live      *widgets.Words
	who, what *widgets.Words
	why       *widgets.Words
	when      *widgets.When
}

func newRow() *row {
	r := &row{
		live: widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.SeverityToken(diagnostics.Info), Bold: true, Clip: true}),
		who:  widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Bold: true, Clip: true}),
		what: widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Clip: true}),
		why:  widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Muted, Clip: true}),
		when: widgets.NewWhen(model.When{}),
	}
	r.box = container.New(rowLayout{}, r.live, r.who, r.when, r.what, r.why)
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(v model.LookRow) {
	r.live.Set("")
	if v.Now {
		r.live.Set(theme.SeverityGlyph(diagnostics.Info))
	}
	r.who.Set(v.Who)
	r.what.Set(v.What)
	r.why.Set(model.LookFoot(v))
	r.when.Set(v.When)
}

func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.box) }

type rowLayout struct{}

func (rowLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(240, 80*theme.Scale()) }

func (rowLayout) Layout(p []fyne.CanvasObject, s fyne.Size) {
	scale := theme.Scale()
	side, sign := 20*scale, 16*scale
	inner := s.Width - 2*side
	put := func(o fyne.CanvasObject, x, y, width float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
	}
	put(p[0], 4, 11*scale, sign)
	put(p[1], side, 10*scale, inner*0.6)
	put(p[2], side+inner*0.6, 10*scale, inner*0.4)
	put(p[3], side, 32*scale, inner)
	put(p[4], side, 54*scale, inner)
}
