package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Token names a colour by its role. The web pages use the same names.
type Token = fyne.ThemeColorName

// The tokens.
const (
	Ground  Token = "ground"   // behind everything
	Surface Token = "surface"  // what is read and written on
	Raised  Token = "raised"   // what floats, and what is under the pointer
	Line    Token = "line"     // between things
	Edge    Token = "edge"     // around what can be used: contrast 3
	Text    Token = "text"     // words
	Muted   Token = "muted"    // words that matter less
	Accent  Token = "accent"   // the one thing to do
	OnAcc   Token = "onaccent" // words on accent
	Focus   Token = "focus"    // where the keyboard is

	Critical    Token = "critical"
	Warning     Token = "warning"
	Info        Token = "info"
	Healthy     Token = "healthy"
	Unknown     Token = "unknown"
	Maintenance Token = "maintenance"
)

// Tokens lists all tokens.
func Tokens() []Token {
	return []Token{Ground, Surface, Raised, Line, Edge, Text, Muted, Accent, OnAcc, Focus, Critical, Warning, Info, Healthy, Unknown, Maintenance}
}

// value returns a token's colour, light and dark.
func value(t Token) (light, dark oklch, ok bool) {
	switch t {
	case Ground:
		return oklch{0.970, 0.004, 285}, oklch{0.185, 0.012, 285}, true
	case Surface:
		return oklch{1, 0, 0}, oklch{0.235, 0.014, 285}, true
	case Raised:
		return oklch{0.945, 0.007, 285}, oklch{0.295, 0.016, 285}, true
	case Line:
		return oklch{0.895, 0.008, 285}, oklch{0.355, 0.016, 285}, true
	case Edge:
		return oklch{0.640, 0.016, 285}, oklch{0.560, 0.018, 285}, true
	case Text:
		return oklch{0.240, 0.022, 285}, oklch{0.935, 0.006, 285}, true
	case Muted:
		return oklch{0.500, 0.020, 285}, oklch{0.730, 0.014, 285}, true
	case Accent:
		return oklch{0.495, 0.190, 277}, oklch{0.725, 0.125, 280}, true
	case OnAcc:
		return oklch{1, 0, 0}, oklch{0.185, 0.030, 280}, true
	case Focus:
		return oklch{0.560, 0.200, 277}, oklch{0.770, 0.120, 280}, true
	case Critical:
		return oklch{0.560, 0.190, 35}, oklch{0.720, 0.165, 40}, true
	case Warning:
		return oklch{0.600, 0.130, 70}, oklch{0.810, 0.140, 78}, true
	case Info:
		return oklch{0.560, 0.120, 240}, oklch{0.770, 0.110, 232}, true
	case Healthy:
		return oklch{0.540, 0.110, 165}, oklch{0.770, 0.120, 165}, true
	case Unknown:
		return oklch{0.530, 0.010, 285}, oklch{0.700, 0.010, 285}, true
	case Maintenance:
		return oklch{0.530, 0.180, 305}, oklch{0.760, 0.120, 305}, true
	}
	return oklch{}, oklch{}, false
}

// Color returns a token's colour.
func Color(t Token, v fyne.ThemeVariant) color.NRGBA {
	light, dark, _ := value(t)
	if v == fynetheme.VariantLight {
		return light.rgb()
	}
	return dark.rgb()
}
