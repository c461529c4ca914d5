package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// Lines shows lines of fixed-width text in an area that scrolls. Only what is seen
// is drawn, so their number does not matter.
type Lines struct {
	widget.BaseWidget
	lines   []string // as given
	wrapped []string // at columns
	columns int
	list    *List
}

// NewLines returns an empty area.
func NewLines(keys *Keys) *Lines {
	l := &Lines{}
	l.list = NewList(keys, func() int { return len(l.wrapped) },
		func() fyne.CanvasObject { return newMono() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if m, ok := o.(*mono); ok && i < len(l.wrapped) {
				m.set(l.wrapped[i])
			}
		})
	l.list.HideSeparators = true
	l.list.OnSelected = func(i widget.ListItemID) { l.list.Unselect(i) }
	l.ExtendBaseWidget(l)
	return l
}

// Set changes the lines; the place in them stays.
func (l *Lines) Set(lines []string) {
	l.lines = lines
	l.wrap()
}

// Text is all the lines, as given.
func (l *Lines) Text() string { return strings.Join(l.lines, "\n") }

// Resize is for Fyne.
func (l *Lines) Resize(s fyne.Size) {
	l.BaseWidget.Resize(s)
	l.wrap()
}

func (l *Lines) wrap() {
	letter := fyne.MeasureText("0", l.Theme().Size(theme.SizeTiny), fyne.TextStyle{Monospace: true}).Width
	if width := l.Size().Width - 24; width > 0 && letter > 0 {
		l.columns = int(width / letter)
	}
	l.wrapped = model.Wrap(l.lines, max(l.columns, 40))
	l.list.Refresh()
}

// MinSize is for Fyne.
func (l *Lines) MinSize() fyne.Size { return fyne.NewSize(120, 64) }

// CreateRenderer is for Fyne.
func (l *Lines) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.list) }

// mono is one line.
type mono struct {
	widget.BaseWidget
	text *canvas.Text
}

func newMono() *mono {
	m := &mono{text: canvas.NewText("", nil)}
	m.text.TextStyle.Monospace = true
	m.ExtendBaseWidget(m)
	return m
}

func (m *mono) set(s string) {
	m.text.Text = s
	m.Refresh()
}

func (m *mono) CreateRenderer() fyne.WidgetRenderer {
	r := &monoRenderer{m}
	r.Refresh()
	return r
}

type monoRenderer struct{ m *mono }

func (r *monoRenderer) Destroy()                     {}
func (r *monoRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.m.text} }
func (r *monoRenderer) MinSize() fyne.Size           { return fyne.NewSize(40, 14*theme.Scale()) }

func (r *monoRenderer) Layout(s fyne.Size) {
	r.m.text.Move(fyne.NewPos(4, (s.Height-r.m.text.MinSize().Height)/2))
	r.m.text.Resize(s)
}

func (r *monoRenderer) Refresh() {
	r.m.text.Color = tokenColor(r.m, theme.Text)
	r.m.text.TextSize = r.m.Theme().Size(theme.SizeTiny)
	r.m.text.Refresh()
}
