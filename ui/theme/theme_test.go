package theme_test

import (
	"bytes"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/ui/theme"
)

var variants = map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark}

// Words have a contrast of 4.5 to what they stand on, lines that carry meaning 3.
func TestContrast(t *testing.T) {
	words := []theme.Token{theme.Text, theme.Muted, theme.Accent, theme.Critical, theme.Warning, theme.Info, theme.Healthy, theme.Unknown, theme.Maintenance}
	for name, v := range variants {
		check := func(a, b theme.Token, least float64) {
			if c := theme.Contrast(theme.Color(a, v), theme.Color(b, v)); c < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, and needs %.1f", name, a, b, c, least)
			}
		}
		for _, under := range []theme.Token{theme.Ground, theme.Surface, theme.Raised} {
			for _, w := range words {
				least := 4.5
				if w != theme.Text && w != theme.Muted && w != theme.Accent {
					least = 3 // signs; their words are written in text
				}
				check(w, under, least)
			}
		}
		check(theme.OnAcc, theme.Accent, 4.5)
		for _, under := range []theme.Token{theme.Ground, theme.Surface} {
			check(theme.Edge, under, 3)
			check(theme.Focus, under, 3)
		}
	}
}

// Whatever a widget of Fyne's asks for has a colour.
func TestEveryColourIsThere(t *testing.T) {
	test.NewTempApp(t)
	th := theme.New()
	names := append(theme.Tokens(), fynetheme.ColorNameBackground, fynetheme.ColorNameForeground, fynetheme.ColorNameFocus, fynetheme.ColorNameSelection, fynetheme.ColorNameInputBorder)
	for _, n := range names {
		for v, variant := range variants {
			if _, _, _, a := th.Color(n, variant).RGBA(); a == 0 {
				t.Errorf("%s is clear in %s", n, v)
			}
		}
	}
	if th.Always(fynetheme.VariantDark).Color(theme.Ground, fynetheme.VariantLight) != color.Color(theme.Color(theme.Ground, fynetheme.VariantDark)) {
		t.Error("a theme that is always dark is light")
	}
}

func TestIconsAreThere(t *testing.T) {
	test.NewTempApp(t)
	for _, i := range []theme.Icon{theme.IconBell, theme.IconCheck, theme.IconRight, theme.IconDown, theme.IconClip, theme.IconX, theme.IconRefresh, theme.IconCopy, theme.IconDownload, theme.IconEye, theme.IconInbox, theme.IconExternal, theme.IconCamera, theme.IconUndo, theme.IconRedo} {
		if b := i.Resource(color.NRGBA{0x12, 0x34, 0x56, 0xff}).Content(); !bytes.Contains(b, []byte("#123456")) {
			t.Errorf("the icon %s has no colour of ours", i)
		}
	}
}
