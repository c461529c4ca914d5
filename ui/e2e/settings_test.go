package e2e

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/ui/traytest"
)

// followSettings chooses another language and the dark look by keyboard, and sees
// that both programs go with it at once, and a tray that is started later too. The
// session is left in German.
func followSettings(t *testing.T, r *run) {
	t.Helper()
	must(t, r.tray.Click("Settings…"))
	w := r.desk.WaitWindow(t, "Settings")
	drawn(t, w)
	must(t, w.Key("Tab", "Tab", "space")) // from the session's language over English
	r.speaks(t, "Hilfe holen…", "Einstellungen …", "Beenden")
	w = r.desk.WaitWindow(t, "Einstellungen")
	if _, err := r.desk.Window("Hilfe holen"); err != nil {
		t.Errorf("a window that was open: %v", err)
	}
	drawn(t, w)
	if n, err := brightness(t, w); n < 128 {
		t.Fatalf("before anybody has chosen it the window is dark: %d, %v", n, err)
	}
	// From German over the two other languages and the desktop's look and light.
	must(t, w.Key("Tab", "Tab", "Tab", "Tab", "Tab", "space"))
	traytest.Until(t, "the dark look", func() error {
		n, err := brightness(t, w)
		if n > 100 {
			return fmt.Errorf("the window's brightness is %d", n)
		}
		return err
	})
	picture(t, w, "e2e-settings-german-dark")
	r.restart(t, "Beenden")
	r.speaks(t, "Hilfe holen…")
}

// speaks waits until the tray's menu has these lines.
func (r *run) speaks(t *testing.T, want ...string) {
	t.Helper()
	traytest.Until(t, "the menu in the other language", func() error {
		items, err := r.tray.Menu()
		for _, line := range want {
			if err == nil && !slices.ContainsFunc(items, func(m traytest.MenuItem) bool { return m.Label == line }) {
				err = fmt.Errorf("it has no %q: %+v", line, items)
			}
		}
		return err
	})
}

// brightness is that of a window's left bottom corner, on which no words stand:
// from 0, black, to 255.
func brightness(t *testing.T, w *traytest.Window) (int, error) {
	t.Helper()
	m, err := capture(w, filepath.Join(t.TempDir(), "w.png"))
	if err != nil {
		return 0, err
	}
	return int(color.GrayModel.Convert(m.At(2, m.Bounds().Dy()-3)).(color.Gray).Y), nil
}
