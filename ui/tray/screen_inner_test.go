package tray

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
)

// Whatever is on whatever screens, the file is one that the agent takes.
func TestAPictureFits(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 5120, 2160))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	b, err := encodeScreen(m)
	if err != nil {
		t.Fatal(err)
	}
	if w, h, err := wire.ScreenSize(b); err != nil || w > wire.MaxScreenWidth || h > wire.MaxScreenHeight || w < 1000 {
		t.Errorf("%d bytes, %d × %d, %v", len(b), w, h, err)
	}
}

func TestEachPictureIsTakenOnce(t *testing.T) {
	var s shown
	for _, c := range []struct{ wanted, fresh []string }{{[]string{"a"}, []string{"a"}}, {[]string{"a"}, nil}, {[]string{"a", "b"}, []string{"b"}}, {nil, nil}} {
		if got := s.next(c.wanted); !slices.Equal(got, c.fresh) {
			t.Errorf("of %v fresh are %v", c.wanted, got)
		}
	}
}
