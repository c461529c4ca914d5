package shot_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/shot"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/uitest"
)

type window struct {
	*uitest.Rig
	*shot.Editor
	told [][]byte // what became of pictures
}

// desk is a picture of two screens: a document on the left one, a login on the right.
func desk() (*image.RGBA, []image.Rectangle) {
	m := image.NewRGBA(image.Rect(0, 0, 1600, 600))
	fill := func(r image.Rectangle, c color.RGBA) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				m.SetRGBA(x, y, c)
			}
		}
	}
	fill(image.Rect(0, 0, 800, 600), color.RGBA{60, 90, 120, 255})
	fill(image.Rect(800, 0, 1600, 600), color.RGBA{30, 110, 90, 255})
	fill(image.Rect(80, 60, 720, 540), color.RGBA{250, 250, 250, 255})
	fill(image.Rect(1000, 150, 1400, 450), color.RGBA{240, 240, 240, 255})
	for line := range 14 {
		for x := 110; x < 690; x += 12 {
			if (x*7+line*13)%5 != 0 {
				fill(image.Rect(x, 90+line*30, x+8, 104+line*30), color.RGBA{40, 40, 40, 255})
			}
		}
	}
	for i := range 3 {
		fill(image.Rect(1040, 190+i*70, 1360, 230+i*70), color.RGBA{255, 255, 255, 255})
		fill(image.Rect(1050, 200+i*70, 1150+i*60, 220+i*70), color.RGBA{90, 90, 90, 255})
	}
	return m, []image.Rectangle{image.Rect(0, 0, 800, 600), image.Rect(800, 0, 1600, 600)}
}

func open(t *testing.T, l uitest.Look) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 860, 680, l)}
	close := w.Host.Close
	w.Host.Close = func() {
		close()
		w.Hidden()
	}
	w.Editor = shot.New(w.Host)
	w.Rig.Open(w.Editor)
	w.again(t)
	return w
}

// again is another picture.
func (w *window) again(t *testing.T) {
	t.Helper()
	m, screens := desk()
	if err := w.Editor.Open(m, screens, func(png []byte) { w.told = append(w.told, png) }); err != nil {
		t.Fatal(err)
	}
	w.Shown("")
}

// sent waits for the file that is handed over.
func (w *window) sent(t *testing.T) image.Image {
	t.Helper()
	w.Until("the file", func() bool { return len(w.told) == 1 })
	m, err := png.Decode(bytes.NewReader(w.told[0]))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// With the pointer: cut, point, make unreadable, take back, and hand over exactly
// what is shown.
func TestPointer(t *testing.T) {
	w := open(t, uitest.Look{})
	if !strings.Contains(w.Said(), "1600 × 600") || !w.UndoButton().Disabled() || !w.ApplyButton().Disabled() {
		t.Errorf("it begins with\n%s", w.Said())
	}
	w.Drag(image.Pt(900, 100), image.Pt(1500, 500))
	if r := w.State().Picture.View(); !near(r.Min, image.Pt(900, 100)) || !near(r.Max, image.Pt(1500, 500)) {
		t.Errorf("it was cut to %v", r)
	}
	test.Tap(w.Tool(edit.Blur))
	w.Drag(image.Pt(1040, 190), image.Pt(1360, 230))
	test.Tap(w.Tool(edit.Arrow))
	w.Drag(image.Pt(950, 480), image.Pt(1040, 350))
	w.Drag(image.Pt(1450, 480), image.Pt(1380, 350))
	if n := len(w.State().Picture.Steps()); n != 4 {
		t.Fatalf("there are %d steps", n)
	}
	test.Tap(w.UndoButton())
	if n := len(w.State().Picture.Steps()); n != 3 || w.RedoButton().Disabled() {
		t.Errorf("after taking one back there are %d", n)
	}
	test.Tap(w.RedoButton())
	w.Board().TypedShortcut(&fyne.ShortcutUndo{})
	want := w.State().Picture.Snap()
	test.Tap(w.AddButton())
	got := w.sent(t)
	if got.Bounds() != want.Rect {
		t.Fatalf("it is %v and not %v", got.Bounds(), want.Rect)
	}
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			if c := color.RGBAModel.Convert(got.At(x, y)); c != want.RGBAAt(x, y) {
				t.Fatalf("at %d, %d it sends %v and showed %v", x, y, c, want.RGBAAt(x, y))
			}
		}
	}
	if w.Closed != 1 || w.State().Picture != nil {
		t.Error("the window keeps the picture")
	}
}

func near(a, b image.Point) bool {
	d := a.Sub(b)
	return max(d.X, -d.X) <= 2 && max(d.Y, -d.Y) <= 2
}

// With the keyboard alone: every tool, every corner, and the end.
func TestKeyboard(t *testing.T) {
	w := open(t, uitest.Look{})
	p := w.State().Picture
	w.Key(fyne.KeyRight) // a shape in the middle
	if !w.State().Drawn || w.ApplyButton().Disabled() {
		t.Fatal("an arrow key begins no shape")
	}
	from, to := w.State().From, w.State().To
	w.Key(fyne.KeyRight)
	w.Key(fyne.KeyDown)
	if got := w.State().To.Sub(to); got.X < 10 || got.Y < 10 || w.State().From != from {
		t.Errorf("the corner moved by %v", got)
	}
	to = w.State().To
	w.Board().KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	w.Key(fyne.KeyLeft)
	w.Board().KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	if got := w.State().To.Sub(to); got != image.Pt(-1, 0) {
		t.Errorf("with Shift the corner moved by %v", got)
	}
	w.Key(fyne.KeySpace)
	w.Key(fyne.KeyUp)
	if got := w.State().From.Sub(from); got.Y > -10 || got.X != 0 {
		t.Errorf("the other corner moved by %v", got)
	}
	want := image.Rectangle{Min: w.State().From, Max: w.State().To}
	w.Key(fyne.KeyReturn)
	if p.View() != want {
		t.Errorf("it was cut to %v and not %v", p.View(), want)
	}
	for range 500 { // a corner stays in the picture
		w.Key(fyne.KeyLeft)
	}
	if !w.State().To.In(image.Rectangle{Min: p.View().Min, Max: p.View().Max.Add(image.Pt(1, 1))}) {
		t.Errorf("the corner is at %v", w.State().To)
	}
	w.Key(fyne.KeyEscape)
	if w.State().Drawn || w.Closed != 0 {
		t.Error("Esc does not take the shape back first")
	}
	// All that is there is reached, and the board does not keep the keyboard.
	seen := map[any]bool{}
	for range 20 {
		seen[w.Window.Canvas().Focused()] = true
		w.Tab()
	}
	for _, o := range []any{w.Board(), w.Tool(edit.Arrow), w.Tool(edit.Blur), w.UndoButton(), w.ScreenButton(0), w.ScreenButton(2), w.AddButton(), w.Discard()} {
		if !seen[o] {
			t.Errorf("Tab does not reach %T", o)
		}
	}
	w.Window.Canvas().Focus(w.Tool(edit.Blur))
	w.Key(fyne.KeySpace)
	w.Window.Canvas().Focus(w.Board())
	w.Key(fyne.KeyDown)
	w.Key(fyne.KeyReturn)
	if s := p.Steps(); len(s) != 2 || s[1].Tool != edit.Blur {
		t.Errorf("the steps are %+v", s)
	}
	w.Board().TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault})
	w.sent(t)
}

// One of several screens, and all again.
func TestScreens(t *testing.T) {
	w := open(t, uitest.Look{})
	test.Tap(w.ScreenButton(2))
	if r := w.State().Picture.View(); r != image.Rect(800, 0, 1600, 600) {
		t.Errorf("the second screen is %v", r)
	}
	test.Tap(w.ScreenButton(0))
	if r := w.State().Picture.View(); r != image.Rect(0, 0, 1600, 600) {
		t.Errorf("all screens are %v", r)
	}
}

// Who closes the window sends nothing, and the next picture begins without a trace.
func TestDiscard(t *testing.T) {
	w := open(t, uitest.Look{})
	test.Tap(w.Tool(edit.Arrow))
	w.Drag(image.Pt(10, 10), image.Pt(100, 100))
	test.Tap(w.Discard())
	if len(w.told) != 1 || w.told[0] != nil {
		t.Fatalf("it told %v", w.told)
	}
	w.again(t)
	if len(w.State().Picture.Steps()) != 0 || w.State().Tool != edit.Crop {
		t.Error("the next picture begins with the last one’s changes")
	}
	w.again(t) // a second picture while the first is open takes its place
	if len(w.told) != 2 || w.told[1] != nil {
		t.Errorf("the one before was told %v", w.told)
	}
}

// What cannot be done is said.
func TestTooMany(t *testing.T) {
	w := open(t, uitest.Look{})
	test.Tap(w.Tool(edit.Arrow))
	for i := range edit.MaxSteps + 1 {
		w.Drag(image.Pt(10, 2*i), image.Pt(100, 2*i+20))
	}
	if !strings.Contains(w.Said(), "200 changes") {
		t.Errorf("it says\n%s", w.Said())
	}
	test.Tap(w.UndoButton())
	if strings.Contains(w.Said(), "200 changes") {
		t.Error("it still says so")
	}
	if err := w.Editor.Open(image.NewRGBA(image.Rectangle{}), nil, nil); err == nil {
		t.Error("an empty picture is taken")
	}
}

func TestPictures(t *testing.T) {
	for name, look := range uitest.Looks() {
		t.Run(name, func(t *testing.T) {
			w := open(t, look)
			w.Picture("shot-open-" + name)
			w.Half(image.Pt(100, 50), image.Pt(740, 400))
			w.Picture("shot-crop-" + name)
			w.Key(fyne.KeyEscape)
			test.Tap(w.ScreenButton(2))
			test.Tap(w.Tool(edit.Blur))
			w.Drag(image.Pt(1040, 260), image.Pt(1360, 300))
			test.Tap(w.Tool(edit.Arrow))
			w.Drag(image.Pt(920, 540), image.Pt(1035, 350))
			w.Half(image.Pt(1500, 80), image.Pt(1370, 190))
			w.Picture("shot-done-" + name)
			w.Laid(w.Content())
		})
	}
}

// Every language fits.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look)
			w.Fits("the picture in " + string(l) + name)
			test.Tap(w.Tool(edit.Blur))
			w.Fits("the picture in " + string(l) + name)
			w.Laid(w.Content())
			w.Picture("shot-" + string(l) + name)
		}
	})
}
