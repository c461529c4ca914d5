//go:build !linux

package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/theme"
)

// look gives the program its theme. Fyne knows here whether the desktop is light
// or dark.
func look(_ context.Context, a fyne.App) { a.Settings().SetTheme(theme.New()) }
