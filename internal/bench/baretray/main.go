// Baretray is the baseline of the tray: the library's icon with a menu of one line.
package main

import (
	"runtime/debug"

	"fyne.io/systray"

	"github.com/deskbell/deskbell/ui/assets"
)

func main() {
	debug.SetGCPercent(25) // as the tray runs
	systray.Run(func() {
		systray.SetIcon(assets.Program())
		systray.SetTitle("bare")
		systray.AddMenuItem("Quit", "")
	}, func() {})
}
