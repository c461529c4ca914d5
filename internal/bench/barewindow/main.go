// Barewindow is the baseline of the windows: one line of text in a Fyne window of
// the size of the ring window. It prints “drawn” once that is on the screen.
package main

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	a := app.NewWithID("com.deskbell.bare")
	a.Lifecycle().SetOnStarted(func() {
		w := a.NewWindow("Bare")
		w.SetContent(widget.NewLabel("What is going on?"))
		w.Resize(fyne.NewSize(480, 620))
		w.Show()
		moves := 0
		var move *fyne.Animation
		// Fyne moves animations before each frame: at the third move the first is out.
		move = fyne.NewAnimation(1e9, func(float32) {
			if moves++; moves == 3 {
				move.Stop()
				fmt.Println("drawn")
			}
		})
		move.RepeatCount = fyne.AnimationRepeatForever
		move.Start()
	})
	a.Run()
}
