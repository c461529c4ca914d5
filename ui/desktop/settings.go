package desktop

import (
	"cmp"
	"context"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/settings"
	"github.com/deskbell/deskbell/ui/startup"
)

// variantOf is the person's word on light or dark, if they have one.
func variantOf(s prefs.Shade) (fyne.ThemeVariant, bool) {
	switch s {
	case prefs.Light:
		return fynetheme.VariantLight, true
	case prefs.Dark:
		return fynetheme.VariantDark, true
	}
	return 0, false
}

// trayTime is how long the tray may take to hear of other settings.
const trayTime = 5 * time.Second

// settingsOf are what the window of settings changes: here at once, and in the tray
// as soon as it is told. The command line's language comes before the person's.
func settingsOf(ctx context.Context, o Options, look func(prefs.Prefs), fit, renew func()) settings.Options {
	out := settings.Options{Now: o.Prefs.Now}
	if mine := startup.Mine(); mine != nil {
		out.Startup = mine
	}
	out.Set = func(p prefs.Prefs) error {
		size := o.Prefs.Now().TextSize()
		err := o.Prefs.Set(p)
		look(o.Prefs.Now())
		if o.Prefs.Now().TextSize() != size {
			fyne.Do(fit)
		}
		before := tongue.Current()
		tongue.Use(session.Language(cmp.Or(o.Language, string(p.Language))))
		if tongue.Current() != before {
			fyne.Do(renew) // after the click that this comes of
		}
		go func() {
			ctx, cancel := context.WithTimeout(ctx, trayTime)
			defer cancel()
			if err := session.Send(ctx, session.Tray, o.State, session.Request{Show: session.Renew}); err != nil {
				o.Log.Debug("the tray does not hear of other settings", "error", err)
			}
		}()
		return err
	}
	return out
}
