// Package widgets holds the parts that Deskbell's windows are built of: text that
// is only ever text, buttons and ticks with a visible place of the keyboard, and
// layouts for text that wraps.
//
// Nothing here may be used away from Fyne's main goroutine.
package widgets

import (
	"fyne.io/fyne/v2"
)

// Keys is what a window wants to know of the keyboard, wherever it is. One Keys
// serves all parts of a window.
type Keys struct {
	Escape  func()                  // Esc was pressed
	Send    func()                  // Ctrl+Enter was pressed
	Focused func(fyne.CanvasObject) // the keyboard has come to this part
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
