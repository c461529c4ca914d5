// Package theme is how Deskbell's windows look: colours by role, sizes in steps
// of four, the typeface Inter with numerals of one width. It follows the
// desktop's choice of light or dark.
package theme

import (
	_ "embed"
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/diagnostics"
)

//go:embed fonts/Inter-Regular.otf
var regular []byte

//go:embed fonts/Inter-SemiBold.otf
var semibold []byte

// Sizes of text. Those that Fyne knows too have its names.
const (
	SizeTiny    fyne.ThemeSizeName = "tiny"                           // 12
	SizeSmall                      = fynetheme.SizeNameCaptionText    // 13
	SizeMedium  fyne.ThemeSizeName = "medium"                         // 14
	SizeBody                       = fynetheme.SizeNameText           // 16
	SizeHeading                    = fynetheme.SizeNameSubHeadingText // 20
	SizeTitle                      = fynetheme.SizeNameHeadingText    // 28
)

// Radii of corners.
const (
	Radius     = 6
	CardRadius = 10
)

// Theme is Deskbell's look. Make it with New.
type Theme struct {
	base          fyne.Theme
	regular, bold fyne.Resource
	fixed         bool // variant is set
	variant       fyne.ThemeVariant
	text          float32 // how large text is; 0 is 1
}

// New returns the theme that follows the desktop.
func New() *Theme {
	return &Theme{
		base:    fynetheme.DefaultTheme(),
		regular: fyne.NewStaticResource("Inter-Regular.otf", regular),
		bold:    fyne.NewStaticResource("Inter-SemiBold.otf", semibold),
	}
}

// Always returns the theme that is light or dark whatever the desktop says.
func (t *Theme) Always(v fyne.ThemeVariant) *Theme {
	u := *t
	u.fixed, u.variant = true, v
	return &u
}

// Sized returns the theme with text of so many percent of its size. Room around it
// stays as it is.
func (t *Theme) Sized(percent int) *Theme {
	u := *t
	u.text = float32(percent) / 100
	return &u
}

// Scale is how large text is now, for what has to keep pace with it: signs, rows,
// what is ticked.
func Scale() float32 {
	return fyne.CurrentApp().Settings().Theme().Size(SizeBody) / body
}

// Room is how large a window is whose words have that size: large text needs more of
// it, and screens are no larger than they are.
func Room(s fyne.Size, scale float32) fyne.Size {
	return fyne.NewSize(s.Width*min(scale, 1.5), max(s.Height, min(s.Height*scale, 700)))
}

// Color returns a colour by its token, or by Fyne's name for its role.
func (t *Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if t.fixed {
		v = t.variant
	}
	if _, _, ok := value(n); ok {
		return Color(n, v)
	}
	switch n {
	case fynetheme.ColorNameBackground:
		return Color(Ground, v)
	case fynetheme.ColorNameInputBackground:
		return Color(Surface, v)
	case fynetheme.ColorNameMenuBackground, fynetheme.ColorNameOverlayBackground:
		return Color(Surface, v)
	case fynetheme.ColorNameHeaderBackground, fynetheme.ColorNameButton, fynetheme.ColorNameDisabledButton:
		return Color(Raised, v)
	case fynetheme.ColorNameInputBorder:
		return Color(Edge, v)
	case fynetheme.ColorNameSeparator:
		return Color(Line, v)
	case fynetheme.ColorNameForeground:
		return Color(Text, v)
	case fynetheme.ColorNamePlaceHolder, fynetheme.ColorNameDisabled:
		return Color(Muted, v)
	case fynetheme.ColorNamePrimary, fynetheme.ColorNameHyperlink:
		return Color(Accent, v)
	case fynetheme.ColorNameForegroundOnPrimary, fynetheme.ColorNameForegroundOnError, fynetheme.ColorNameForegroundOnSuccess, fynetheme.ColorNameForegroundOnWarning:
		return Color(OnAcc, v)
	case fynetheme.ColorNameFocus:
		return alpha(Color(Focus, v), 0x55)
	case fynetheme.ColorNameSelection:
		return alpha(Color(Accent, v), 0x44)
	case fynetheme.ColorNameHover:
		return alpha(Color(Text, v), 0x0f)
	case fynetheme.ColorNamePressed:
		return alpha(Color(Text, v), 0x1e)
	case fynetheme.ColorNameError:
		return Color(Critical, v)
	case fynetheme.ColorNameWarning:
		return Color(Warning, v)
	case fynetheme.ColorNameSuccess:
		return Color(Healthy, v)
	case fynetheme.ColorNameScrollBar:
		return alpha(Color(Edge, v), 0xb0)
	case fynetheme.ColorNameScrollBarBackground:
		return color.Transparent
	case fynetheme.ColorNameShadow:
		return color.Transparent // borders of one pixel stand in for shadows
	}
	return t.base.Color(n, v)
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

// Font returns Inter, or Fyne's own typeface for what is monospaced or a symbol.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Monospace, s.Symbol:
		return t.base.Font(s)
	case s.Bold:
		return t.bold
	}
	return t.regular
}

// Icon returns Fyne's icon.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base.Icon(n) }

// body is the size of plain text that nobody has changed.
const body = 16

// Size returns a size in steps of four; that of text is as large as the person wants.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	text := t.text
	if text == 0 {
		text = 1
	}
	switch n {
	case SizeTiny:
		return 12 * text
	case SizeSmall:
		return 13 * text
	case SizeMedium:
		return 14 * text
	case SizeBody:
		return body * text
	case SizeHeading:
		return 20 * text
	case SizeTitle:
		return 28 * text
	case fynetheme.SizeNamePadding:
		return 4
	case fynetheme.SizeNameInnerPadding:
		return 8
	case fynetheme.SizeNameInlineIcon:
		return 16 * text
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameSelectionRadius, fynetheme.SizeNameButtonRadius, fynetheme.SizeNameMenuRadius:
		return Radius
	case fynetheme.SizeNameCardRadius, fynetheme.SizeNameDialogRadius, fynetheme.SizeNamePopupRadius:
		return CardRadius
	case fynetheme.SizeNameScrollBar:
		return 10
	}
	return t.base.Size(n)
}

// SeverityToken is the colour of a severity; none is health.
func SeverityToken(s diagnostics.Severity) Token {
	switch s {
	case diagnostics.Critical:
		return Critical
	case diagnostics.Warning:
		return Warning
	case diagnostics.Info:
		return Info
	case "":
		return Healthy
	}
	return Unknown
}

// SeverityGlyph is the sign of a severity; none is health.
func SeverityGlyph(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical:
		return "◆"
	case diagnostics.Warning:
		return "▲"
	case diagnostics.Info:
		return "●"
	case "":
		return "✓"
	}
	return "?"
}
