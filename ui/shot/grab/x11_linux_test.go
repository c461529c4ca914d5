package grab

import (
	"context"
	"image"
	"image/color"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/traytest"
)

// shades are the colours of the pattern, and of the pixels that must be read.
var shades = []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {1, 2, 3, 255}, {250, 128, 7, 255}, {255, 255, 255, 255}}

// show puts a window onto the display that no window manager moves: stripes of 7
// pixels in the shades.
func show(t *testing.T, display string, at image.Rectangle) {
	t.Helper()
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	screen := xproto.Setup(c).DefaultScreen(c)
	w, err := xproto.NewWindowId(c)
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(xproto.CreateWindowChecked(c, screen.RootDepth, w, screen.Root, int16(at.Min.X), int16(at.Min.Y), uint16(at.Dx()), uint16(at.Dy()), 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwOverrideRedirect, []uint32{1}).Check())
	check(xproto.MapWindowChecked(c, w).Check())
	for i := 0; i*7 < at.Dx(); i++ {
		gc, err := xproto.NewGcontextId(c)
		check(err)
		s := shades[i%len(shades)]
		check(xproto.CreateGCChecked(c, gc, xproto.Drawable(w), xproto.GcForeground, []uint32{uint32(s.R)<<16 | uint32(s.G)<<8 | uint32(s.B)}).Check())
		check(xproto.PolyFillRectangleChecked(c, xproto.Drawable(w), gc, []xproto.Rectangle{{X: int16(i * 7), Width: 7, Height: uint16(at.Dy())}}).Check())
	}
}

// A pattern on a real display comes out pixel by pixel, across the rows that are
// asked for at a time.
func TestX11(t *testing.T) {
	d := traytest.NewDesktop(t, traytest.Options{Screen: "640x480x24"})
	at := image.Rect(40, 100, 140, 300)
	show(t, d.Display, at)
	s, err := fromX11(t.Context(), d.Display)
	if err != nil {
		t.Fatal(err)
	}
	if s.Picture.Rect != image.Rect(0, 0, 640, 480) || len(s.Screens) != 1 || s.Screens[0] != s.Picture.Rect {
		t.Fatalf("the picture is %v of the screens %v", s.Picture.Rect, s.Screens)
	}
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			if got, want := s.Picture.RGBAAt(x, y), shades[(x-at.Min.X)/7%len(shades)]; got != want {
				t.Fatalf("at %d, %d is %v and not %v", x, y, got, want)
			}
		}
	}
	if got := s.Picture.RGBAAt(at.Max.X, at.Min.Y); got == shades[0] || got.A != 255 {
		t.Errorf("beside the pattern is %v", got)
	}
}

// split makes two screens of a display, the left one 500 pixels wide.
func split(t *testing.T, display string) {
	t.Helper()
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close) // the screens go with whoever has made them
	if err := randr.Init(c); err != nil {
		t.Fatal(err)
	}
	if _, err := randr.QueryVersion(c, 1, 5).Reply(); err != nil {
		t.Fatal(err)
	}
	root := xproto.Setup(c).DefaultScreen(c).Root
	for i, name := range []string{"left", "right"} {
		atom, err := xproto.InternAtom(c, false, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		m := randr.MonitorInfo{Name: atom.Atom, X: int16(i * 500), Width: uint16(500 - i*200), Height: 300, WidthInMillimeters: 100, HeightInMillimeters: 60}
		if err := randr.SetMonitorChecked(c, root, m).Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// Two screens are one picture, and each is known by its place in it.
func TestX11WithTwoScreens(t *testing.T) {
	d := traytest.NewDesktop(t, traytest.Options{Screen: "800x300x24"})
	split(t, d.Display)
	at := image.Rect(600, 50, 670, 100)
	show(t, d.Display, at)
	s, err := fromX11(t.Context(), d.Display)
	if err != nil {
		t.Fatal(err)
	}
	left, right := image.Rect(0, 0, 500, 300), image.Rect(500, 0, 800, 300)
	if !slices.Contains(s.Screens, left) || !slices.Contains(s.Screens, right) {
		t.Errorf("the picture %v has the screens %v", s.Picture.Rect, s.Screens)
	}
	for x := at.Min.X; x < at.Max.X; x++ {
		if got, want := s.Picture.RGBAAt(x, 75), shades[(x-at.Min.X)/7%len(shades)]; got != want {
			t.Fatalf("at %d is %v and not %v", x, got, want)
		}
	}
}

// Displays with fewer bits per pixel are read too.
func TestX11With16Bits(t *testing.T) {
	d := traytest.NewDesktop(t, traytest.Options{Screen: "320x240x16"})
	s, err := fromX11(t.Context(), d.Display)
	if err != nil || s.Picture.Rect != image.Rect(0, 0, 320, 240) {
		t.Fatalf("%v, %v", s.Picture, err)
	}
}

// A display that takes the connection and says nothing, and one that is not there.
func TestX11ThatDoesNotAnswer(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "X")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for _, display := range []string{path + ":0", ":4711", "", "nonsense"} {
		_, err := fromX11(ctx, display)
		if err == nil {
			t.Errorf("the display %q gave a picture", display)
		}
		if !fault.Is(plain(err), fault.Unavailable) {
			t.Errorf("the display %q gets %v", display, plain(err))
		}
	}
}

func TestScreens(t *testing.T) {
	// Two screens side by side, one of which is named twice, and one that is gone.
	got := screensIn(image.Rect(-1920, -100, 1920, 1080), []image.Rectangle{
		image.Rect(0, 0, 1920, 1080), image.Rect(-1920, -100, 0, 980), image.Rect(0, 0, 1920, 1080), image.Rect(5000, 0, 6000, 10),
	})
	want := []image.Rectangle{image.Rect(1920, 100, 3840, 1180), image.Rect(0, 0, 1920, 1080)}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the screens are %v", got)
	}
	if got := screensIn(image.Rect(0, 0, 10, 10), nil); len(got) != 1 || got[0] != image.Rect(0, 0, 10, 10) {
		t.Errorf("without any the screens are %v", got)
	}
}
