// Package widgets holds the parts that Deskbell's windows are built of: text that
// is only ever text, buttons and ticks with a visible place of the keyboard, and
// layouts for text that wraps.
//
// Nothing here may be used away from Fyne's main goroutine.
package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Keys is what a window wants to know of the keyboard, wherever it is. One Keys
// serves all parts of a window.
type Keys struct {
	Escape  func()                  // Esc was pressed
	Send    func()                  // Ctrl+Enter was pressed
	Focused func(fyne.CanvasObject) // the keyboard has come to this part
	Undo    func()                  // Ctrl+Z was pressed, where nobody types
	Redo    func()                  // Ctrl+Y was, or Ctrl+Shift+Z
}

func (k *Keys) escape() {
	if k != nil && k.Escape != nil {
		k.Escape()
	}
}

func (k *Keys) send() {
	if k != nil && k.Send != nil {
		k.Send()
	}
}

func (k *Keys) focused(o fyne.CanvasObject) {
	if k != nil && k.Focused != nil {
		k.Focused(o)
	}
}

// Shortcut does what a shortcut stands for, and reports whether it stands for
// anything. Parts hand theirs on to it.
func (k *Keys) Shortcut(s fyne.Shortcut) bool {
	switch c := s.(type) {
	case *fyne.ShortcutUndo:
		return k != nil && call(k.Undo)
	case *fyne.ShortcutRedo:
		return k != nil && call(k.Redo)
	case *desktop.CustomShortcut:
		switch {
		case c.Modifier == fyne.KeyModifierShortcutDefault && (c.KeyName == fyne.KeyReturn || c.KeyName == fyne.KeyEnter):
			k.send()
			return true
		case c.Modifier == fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift && c.KeyName == fyne.KeyZ:
			return k != nil && call(k.Redo)
		}
	}
	return false
}

func call(on func()) bool {
	if on != nil {
		on()
	}
	return on != nil
}
