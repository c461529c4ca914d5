package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// When is a time: how long ago, and exactly while the pointer is on it.
type When struct {
	widget.BaseWidget
	words *Words
	when  model.When
}

// NewWhen returns a time.
func NewWhen(w model.When) *When {
	t := &When{words: NewWords("", Style{Size: theme.SizeSmall, Color: theme.Muted, Clip: true, Right: true})}
	t.ExtendBaseWidget(t)
	t.Set(w)
	return t
}

// Set changes the time.
func (t *When) Set(w model.When) {
	t.when = w
	t.words.Set(w.Ago)
}

// MouseIn is for Fyne.
func (t *When) MouseIn(*desktop.MouseEvent) { t.words.Set(t.when.Exact) }

// MouseMoved is for Fyne.
func (t *When) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (t *When) MouseOut() { t.words.Set(t.when.Ago) }

// CreateRenderer is for Fyne.
func (t *When) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.words) }
