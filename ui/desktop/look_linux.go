package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/theme"
)

// look gives the program its theme, light or dark as the desktop says.
func look(ctx context.Context, a fyne.App) {
	th := theme.New()
	shown := fyne.ThemeVariant(255)
	set := func(v fyne.ThemeVariant) {
		if v != shown {
			shown = v
			a.Settings().SetTheme(th.Always(v))
		}
	}
	set(shade(ctx, func(v fyne.ThemeVariant) { fyne.Do(func() { set(v) }) }))
}
