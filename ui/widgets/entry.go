package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Entry is a box for words that wraps. Tab leaves it, Esc and Ctrl+Enter are the
// window's.
type Entry struct {
	widget.Entry
	keys   *Keys
	submit func() // Enter does this instead of a new line; nil makes a new line
}

// NewEntry returns a box that shows rows lines. With submit, Enter does that and
// Shift+Enter makes a new line.
func NewEntry(hint string, rows int, keys *Keys, submit func()) *Entry {
	e := &Entry{keys: keys, submit: submit}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.PlaceHolder = hint
	e.SetMinRowsVisible(rows)
	e.ExtendBaseWidget(e)
	return e
}

// AcceptsTab is for Fyne: the keyboard must be able to leave.
func (e *Entry) AcceptsTab() bool { return false }

// FocusGained is for Fyne.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	e.keys.focused(e)
}

// TypedKey is for Fyne.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		e.keys.escape()
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.submit != nil && !e.shift() {
			e.submit()
			return
		}
	}
	e.Entry.TypedKey(k)
}

// shift reports whether Shift is held, as far as the system tells.
func (e *Entry) shift() bool {
	d, ok := fyne.CurrentApp().Driver().(interface {
		CurrentKeyModifiers() fyne.KeyModifier
	})
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}

// TypedShortcut is for Fyne.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if !e.keys.Shortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}
