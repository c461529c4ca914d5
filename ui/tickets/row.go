package tickets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// row is one ticket in the list: a dot when something is new, the title, and
// below it the state and the time.
type row struct {
	widget.BaseWidget
	box          *fyne.Container
	dot          *widgets.Words
	title, fresh *widgets.Words
	state        *widgets.Words
	when         *widgets.When
}

func newRow() *row {
	r := &row{
		dot:   widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Accent, Bold: true, Clip: true}),
		title: widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Clip: true}),
		fresh: widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Bold: true, Clip: true}),
		state: widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Muted, Clip: true}),
		when:  widgets.NewWhen(model.When{}),
	}
	r.box = container.New(rowLayout{}, r.dot, container.NewStack(r.title, r.fresh), r.state, r.when)
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(v model.TicketRow) {
	r.dot.Set("")
	if v.Unread > 0 {
		r.dot.Set("●")
	}
	r.title.Set(v.Title)
	r.fresh.Set(v.Title)
	widgets.Show(r.title, v.Unread == 0)
	widgets.Show(r.fresh, v.Unread > 0)
	r.state.Set(model.RowState(v))
	r.state.SetColor(theme.Muted)
	if v.Alert {
		r.state.SetColor(theme.Text)
	}
	r.when.Set(v.When)
}

func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.box) }

type rowLayout struct{}

const rowHeight = 60

func (rowLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(160, rowHeight*theme.Scale())
}

func (rowLayout) Layout(parts []fyne.CanvasObject, s fyne.Size) {
	scale := theme.Scale()
	side, dot := 12*scale, 16*scale
	inner := s.Width - 2*side - dot
	put := func(o fyne.CanvasObject, x, y, width float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
	}
	put(parts[0], side-2, 11*scale, dot)
	put(parts[1], side+dot, 10*scale, inner)
	put(parts[2], side+dot, 32*scale, inner*0.58)
	put(parts[3], side+dot+inner*0.58, 32*scale, inner*0.42)
}
