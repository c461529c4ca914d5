package assets_test

import (
	"bytes"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// eyes are how people see: as most do, and without one of the three kinds of cones.
// The matrices are those of Machado, Oliveira and Fernandes (2009) for its full
// absence, over linear sRGB.
var eyes = map[string][9]float64{
	"usual":        {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
}

type rgb [3]float64 // linear

// through is a colour as these eyes see it.
func (c rgb) through(m [9]float64) (out rgb) {
	for i := range out {
		out[i] = min(max(m[3*i]*c[0]+m[3*i+1]*c[1]+m[3*i+2]*c[2], 0), 1)
	}
	return out
}

func (c rgb) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// lab is OKLab, in which equal distances look equally far.
func (c rgb) lab() [3]float64 {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return [3]float64{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, 1.9779984951*l - 2.4285922050*m + 0.4505937099*s, 0.0259040371*l + 0.7827717662*m - 0.8086757660*s}
}

func apart(a, b rgb) float64 {
	x, y := a.lab(), b.lab()
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
}

func oklch(l, c, h float64) rgb {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	out := rgb{4.0767416621*x - 3.3077115913*y + 0.2309699292*z, -1.2684380046*x + 2.6097574011*y - 0.3413193965*z, -0.0041960863*x - 0.7034186147*y + 1.7076147010*z}
	for i := range out {
		out[i] = min(max(out[i], 0), 1)
	}
	return out
}

// palette reads a role's colours, light and dark, out of the styles.
func palette(t *testing.T) func(role string) [2]rgb {
	t.Helper()
	css, err := os.ReadFile("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	const one = `oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`
	return func(role string) (out [2]rgb) {
		t.Helper()
		m := regexp.MustCompile(`--` + role + `: light-dark\(` + one + `, ` + one + `\);`).FindSubmatch(css)
		if m == nil {
			t.Fatalf("no colours of the role %q", role)
		}
		var n [6]float64
		for i := range n {
			if n[i], err = strconv.ParseFloat(string(m[i+1]), 64); err != nil {
				t.Fatal(err)
			}
		}
		return [2]rgb{oklch(n[0], n[1], n[2]), oklch(n[3], n[4], n[5])}
	}
}

// TestColourBlind looks at the colours of what is well and what is not as people do who
// lack a kind of cones: each stands out from what it is written on, those that say the
// opposite of each other are told apart, and each has a sign whose shape is its own.
func TestColourBlind(t *testing.T) {
	of := palette(t)
	roles := []string{"critical", "warning", "info", "healthy", "unknown", "maintenance"}
	for name, m := range eyes {
		for scheme, dark := range map[string]int{"light": 0, "dark": 1} {
			see := func(role string) rgb { return of(role)[dark].through(m) }
			for _, role := range roles {
				for _, ground := range []string{"ground", "surface"} {
					if got := contrast(see(role), see(ground)); got < 3 {
						t.Errorf("%s, %s: %s on %s has a contrast of %.2f", name, scheme, role, ground, got)
					}
				}
			}
			if got := contrast(see("text"), see("ground")); got < 4.5 {
				t.Errorf("%s, %s: text has a contrast of %.2f", name, scheme, got)
			}
			for _, pair := range [][2]string{{"critical", "healthy"}, {"warning", "healthy"}, {"critical", "info"}, {"warning", "info"}, {"critical", "maintenance"}, {"warning", "maintenance"}, {"critical", "unknown"}} {
				if got := apart(see(pair[0]), see(pair[1])); got < 0.06 {
					t.Errorf("%s, %s: %s and %s are only %.3f apart", name, scheme, pair[0], pair[1], got)
				}
			}
		}
	}
	shapes := map[string]string{}
	for _, role := range roles {
		svg, err := os.ReadFile("icons/sev-" + role + ".svg")
		if err != nil {
			t.Fatal(err)
		}
		shape := string(bytes.TrimSpace(svg))
		if other, ok := shapes[shape]; ok {
			t.Errorf("%s and %s have the same sign", role, other)
		}
		shapes[shape] = role
	}
}
