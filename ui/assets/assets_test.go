package assets_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/deskbell/deskbell/ui/assets"
	"github.com/deskbell/deskbell/ui/assets/draw"
	"github.com/deskbell/deskbell/ui/model"
)

func decode(t *testing.T, b []byte) *image.NRGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// far is the greatest difference of a channel between two pictures.
func far(a, b *image.NRGBA) int {
	if a.Rect != b.Rect {
		return 256
	}
	worst := 0
	for i := range a.Pix {
		worst = max(worst, int(math.Abs(float64(a.Pix[i])-float64(b.Pix[i]))))
	}
	return worst
}

// The committed pictures are what the description draws. Rounding differs a
// little between processors.
func TestPicturesAreCurrent(t *testing.T) {
	files, err := draw.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%s: %v; run “go generate ./ui/assets”", name, err)
			continue
		}
		same := bytes.Equal(got, want)
		if filepath.Ext(name) == ".png" {
			same = far(decode(t, got), decode(t, want)) <= 2
		}
		if !same && filepath.Ext(name) != ".ico" || len(got) != len(want) && filepath.Ext(name) == ".ico" {
			t.Errorf("%s is not what the description draws; run “go generate ./ui/assets”", name)
		}
	}
}

// Every state can be told from every other in the smallest picture, and by its
// form alone: colour is taken away before comparing.
func TestBellsDiffer(t *testing.T) {
	grey := func(m *image.NRGBA) []float64 {
		var v []float64
		for i := 0; i < len(m.Pix); i += 4 {
			v = append(v, luminance(m.Pix[i:i+3])*float64(m.Pix[i+3])/255)
		}
		return v
	}
	for _, size := range assets.Sizes() {
		all := model.Bells()
		for i, a := range all {
			for _, b := range all[:i] {
				va, vb := grey(decode(t, assets.Bell(a.Name(), size))), grey(decode(t, assets.Bell(b.Name(), size)))
				differ := 0
				for k := range va {
					if math.Abs(va[k]-vb[k]) > 0.08 {
						differ++
					}
				}
				if share := float64(differ) / float64(len(va)); share < 0.03 {
					t.Errorf("at %d pixels %s and %s differ in %.1f %% of the pixels only", size, a.Name(), b.Name(), share*100)
				}
			}
		}
	}
}

// Panels are white, black and dark grey; lines that carry meaning need a contrast
// of 3 to each.
func TestInkIsLegible(t *testing.T) {
	for _, panel := range []color.NRGBA{{255, 255, 255, 255}, {0, 0, 0, 255}, {0x2b, 0x2b, 0x2b, 255}, {0xec, 0xec, 0xec, 255}} {
		for _, ink := range []color.NRGBA{draw.Ink, draw.Spot} {
			a, b := luminance([]uint8{ink.R, ink.G, ink.B}), luminance([]uint8{panel.R, panel.G, panel.B})
			if c := (max(a, b) + 0.05) / (min(a, b) + 0.05); c < 3 {
				t.Errorf("%v on %v has a contrast of %.2f", ink, panel, c)
			}
		}
	}
}

func luminance(c []uint8) float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c[0]) + 0.7152*lin(c[1]) + 0.0722*lin(c[2])
}
