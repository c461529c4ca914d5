package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// List is a list of any length of which only what is seen is drawn. Enter chooses
// as Space does, Esc is the window's.
type List struct {
	widget.List
	keys *Keys
	at   widget.ListItemID // where the keyboard is
}

// NewList returns a list.
func NewList(keys *Keys, length func() int, make func() fyne.CanvasObject, update func(widget.ListItemID, fyne.CanvasObject)) *List {
	l := &List{keys: keys}
	l.Length, l.CreateItem, l.UpdateItem = length, make, update
	l.OnHighlighted = func(i widget.ListItemID) { l.at = i }
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained is for Fyne.
func (l *List) FocusGained() {
	l.List.FocusGained()
	l.keys.focused(l)
}

// TypedKey is for Fyne.
func (l *List) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		l.keys.escape()
	case fyne.KeyReturn, fyne.KeyEnter:
		l.Select(l.at)
	default:
		l.List.TypedKey(e)
	}
}
