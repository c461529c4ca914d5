package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/theme"
)

// look gives the program its theme, light or dark as the person or else the desktop
// says, with text as large as they want. It returns what changes the person's word, on
// the main goroutine.
func look(ctx context.Context, a fyne.App, mine prefs.Prefs) func(prefs.Prefs) {
	th := theme.New()
	shown, desktop, size := fyne.ThemeVariant(255), fyne.ThemeVariant(255), 0
	set := func() {
		v := desktop
		if asked, ok := variantOf(mine.Shade); ok {
			v = asked
		}
		if v != shown || size != mine.TextSize() {
			shown, size = v, mine.TextSize()
			a.Settings().SetTheme(th.Always(v).Sized(size))
		}
	}
	desktop = shade(ctx, func(v fyne.ThemeVariant) { fyne.Do(func() { desktop = v; set() }) })
	set()
	return func(p prefs.Prefs) { mine = p; set() }
}
