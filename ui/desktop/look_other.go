//go:build !linux

package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/theme"
)

// look gives the program its theme. Fyne knows here whether the desktop is light
// or dark. It returns what changes the person's word, on the main goroutine.
func look(_ context.Context, a fyne.App, mine prefs.Prefs) func(prefs.Prefs) {
	set := func(p prefs.Prefs) {
		th := theme.New().Sized(p.TextSize())
		if v, ok := variantOf(p.Shade); ok {
			th = th.Always(v)
		}
		a.Settings().SetTheme(th)
	}
	set(mine)
	return set
}
