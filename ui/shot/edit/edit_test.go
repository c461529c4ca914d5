package edit_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/shot/edit"
)

// noise is a picture in which no two neighbours are alike.
func noise(w, h int, seed uint64) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32())
	}
	return m
}

func open(t rapid.TB, m *image.RGBA) *edit.Picture {
	t.Helper()
	p, err := edit.New(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func do(t rapid.TB, p *edit.Picture, s edit.Step) bool {
	t.Helper()
	ok, err := p.Do(s)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func drawPicture(t *rapid.T) *image.RGBA {
	return noise(rapid.IntRange(1, 140).Draw(t, "width"), rapid.IntRange(1, 140).Draw(t, "height"), rapid.Uint64().Draw(t, "seed"))
}

func drawPoint(t *rapid.T) image.Point {
	return image.Pt(rapid.IntRange(-30, 170).Draw(t, "x"), rapid.IntRange(-30, 170).Draw(t, "y"))
}

func drawStep(t *rapid.T) edit.Step {
	return edit.Step{Tool: edit.Tool(rapid.IntRange(0, 2).Draw(t, "tool")), From: drawPoint(t), To: drawPoint(t)}
}

// What is made unrecognisable depends on nothing finer than the blocks: whoever
// shuffles the pixels of each block gets the same picture, to the last bit.
func TestBlurKeepsNothingWithinABlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := drawPicture(t)
		p := open(t, one)
		step := edit.Step{Tool: edit.Blur, From: drawPoint(t), To: drawPoint(t)}
		if !do(t, p, step) {
			return
		}
		step = p.Steps()[0]
		area := edit.Blocks(one.Rect, image.Rectangle{Min: step.From, Max: step.To})
		if !(image.Rectangle{Min: step.From, Max: step.To}).In(area) {
			t.Fatalf("%v is not within %v", step, area)
		}
		other := image.NewRGBA(one.Rect)
		copy(other.Pix, one.Pix)
		r := rand.New(rand.NewPCG(7, 7))
		for _, b := range blocks(one.Rect, area) {
			r.Shuffle(b.Dx()*b.Dy(), func(i, j int) {
				x, y := image.Pt(b.Min.X+i%b.Dx(), b.Min.Y+i/b.Dx()), image.Pt(b.Min.X+j%b.Dx(), b.Min.Y+j/b.Dx())
				a, c := other.RGBAAt(x.X, x.Y), other.RGBAAt(y.X, y.Y)
				other.SetRGBA(x.X, x.Y, c)
				other.SetRGBA(y.X, y.Y, a)
			})
		}
		q := open(t, other)
		do(t, q, step)
		if !bytes.Equal(p.Snap().Pix, q.Snap().Pix) {
			t.Fatal("two pictures with the same blocks look different when they are unrecognisable")
		}
	})
}

// blocks are the parts of an area that belong together: the smallest areas that
// blurring one of their pixels changes.
func blocks(picture, area image.Rectangle) (out []image.Rectangle) {
	for y := area.Min.Y; y < area.Max.Y; {
		var b image.Rectangle
		for x := area.Min.X; x < area.Max.X; x = b.Max.X {
			b = edit.Blocks(picture, image.Rect(x, y, x+1, y+1))
			out = append(out, b)
		}
		y = b.Max.Y
	}
	return out
}

// A block is never small, has one colour, and of a colour three bits remain.
func TestBlocksAreLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPicture(t)
		p := open(t, m)
		if !do(t, p, edit.Step{Tool: edit.Blur, From: drawPoint(t), To: drawPoint(t)}) {
			return
		}
		s := p.Steps()[0]
		for _, b := range blocks(m.Rect, edit.Blocks(m.Rect, image.Rectangle{Min: s.From, Max: s.To})) {
			if b.Dx() < min(32, m.Rect.Dx()) || b.Dy() < min(32, m.Rect.Dy()) {
				t.Fatalf("a block is %v", b)
			}
			first := p.Image().RGBAAt(b.Min.X, b.Min.Y)
			if first.R&31 != 16 || first.G&31 != 16 || first.B&31 != 16 || first.A != 255 {
				t.Fatalf("a block has the colour %v", first)
			}
			for y := b.Min.Y; y < b.Max.Y; y++ {
				for x := b.Min.X; x < b.Max.X; x++ {
					if p.Image().RGBAAt(x, y) != first {
						t.Fatalf("the block %v has more than one colour", b)
					}
				}
			}
		}
	})
}

// Of a line of text a few shades remain, whatever it says: too little to try texts
// until one fits.
func TestOfLettersShadesRemain(t *testing.T) {
	shades := map[color.RGBA]bool{}
	r := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		m := image.NewRGBA(image.Rect(0, 0, 1920, 1080))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		for x := 100; x < 400; x += 2 { // strokes of two pixels, up to 14 high
			for y := 40 + r.IntN(7); y < 54-r.IntN(7); y++ {
				for dx := range 2 * r.IntN(2) {
					m.SetRGBA(x+dx, y, color.RGBA{A: 255})
				}
			}
		}
		p := open(t, m)
		do(t, p, edit.Step{Tool: edit.Blur, From: image.Pt(100, 38), To: image.Pt(400, 58)})
		for x := 140; x < 360; x++ {
			shades[p.Image().RGBAAt(x, 48)] = true
		}
	}
	if len(shades) > 2 {
		t.Errorf("twenty texts leave %d shades: %v", len(shades), shades)
	}
}

// Cutting removes: the file depends on nothing outside of what is left.
func TestCropRemoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPicture(t)
		p := open(t, m)
		cut := edit.Step{Tool: edit.Crop, From: drawPoint(t), To: drawPoint(t)}
		if !do(t, p, cut) {
			return
		}
		left := p.View()
		for range rapid.IntRange(0, 3).Draw(t, "arrows") {
			do(t, p, edit.Step{Tool: edit.Arrow, From: drawPoint(t), To: drawPoint(t)})
		}
		other := noise(m.Rect.Dx(), m.Rect.Dy(), 99)
		for y := left.Min.Y; y < left.Max.Y; y++ {
			for x := left.Min.X; x < left.Max.X; x++ {
				other.SetRGBA(x, y, m.RGBAAt(x, y))
			}
		}
		q := open(t, other)
		for _, s := range p.Steps() {
			do(t, q, s)
		}
		a, b := file(t, p), file(t, q)
		if !bytes.Equal(a, b) {
			t.Fatal("what was cut away makes a difference")
		}
		back, err := png.Decode(bytes.NewReader(a))
		if err != nil || back.Bounds() != (image.Rectangle{Max: left.Size()}) {
			t.Fatalf("the file holds %v, %v", back.Bounds(), err)
		}
	})
}

func file(t rapid.TB, p *edit.Picture) []byte {
	t.Helper()
	b, err := edit.Encode(p.Snap(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The file holds pixels and no more: no text, no time, no second layer.
func TestNothingButPixels(t *testing.T) {
	b := file(t, open(t, noise(90, 40, 3)))
	for at := 8; at < len(b); {
		n := int(b[at])<<24 | int(b[at+1])<<16 | int(b[at+2])<<8 | int(b[at+3])
		if kind := string(b[at+4 : at+8]); kind != "IHDR" && kind != "IDAT" && kind != "IEND" {
			t.Errorf("there is a part %q", kind)
		}
		at += 12 + n
	}
	if b[8+8+9] != 2 {
		t.Errorf("its pixels are of kind %d: there is more than red, green and blue", b[8+8+9])
	}
}

// An arrow changes nothing outside of what is left, and nothing far from itself.
func TestArrowStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPicture(t)
		p := open(t, m)
		do(t, p, edit.Step{Tool: edit.Crop, From: drawPoint(t), To: drawPoint(t)})
		left := p.View()
		before := open(t, p.Snap())
		if !do(t, p, edit.Step{Tool: edit.Arrow, From: drawPoint(t), To: drawPoint(t)}) {
			return
		}
		s := p.Steps()[len(p.Steps())-1]
		if !s.From.In(left) || !s.To.In(left) {
			t.Fatalf("the arrow %v is not in %v", s, left)
		}
		near := image.Rectangle{Min: s.From, Max: s.To}.Canon().Inset(-int(6 * edit.Stroke(m.Rect)))
		changed, now := 0, p.Snap()
		for y := left.Min.Y; y < left.Max.Y; y++ {
			for x := left.Min.X; x < left.Max.X; x++ {
				was, is := before.Image().RGBAAt(x-left.Min.X, y-left.Min.Y), now.RGBAAt(x-left.Min.X, y-left.Min.Y)
				if was != is {
					changed++
					if !image.Pt(x, y).In(near) {
						t.Fatalf("the arrow from %v to %v changes %d, %d", s.From, s.To, x, y)
					}
				}
			}
		}
		if changed == 0 {
			t.Fatal("the arrow cannot be seen")
		}
	})
}

// The arrow is thick at its head and thin at its tail, whichever way it points.
func TestArrowPoints(t *testing.T) {
	for _, to := range []image.Point{{150, 20}, {20, 150}, {280, 150}, {150, 280}, {40, 60}} {
		p := open(t, image.NewRGBA(image.Rect(0, 0, 300, 300)))
		from := image.Pt(150, 150)
		do(t, p, edit.Step{Tool: edit.Arrow, From: from, To: to})
		now := p.Snap()
		near := func(at image.Point) (n int) {
			for y := at.Y - 9; y <= at.Y+9; y++ {
				for x := at.X - 9; x <= at.X+9; x++ {
					if now.RGBAAt(x, y).R == 213 {
						n++
					}
				}
			}
			return n
		}
		// Ten pixels before its point the head is at its middle.
		d := to.Sub(from)
		length := max(abs(d.X), abs(d.Y))
		head := to.Sub(image.Pt(d.X*10/length, d.Y*10/length))
		if near(head) <= near(from)+20 {
			t.Errorf("the arrow to %v has %d pixels at its head and %d at its tail", to, near(head), near(from))
		}
	}
}

func abs(n int) int { return max(n, -n) }

// To take back shows what was shown before, and to do again what was shown after.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPicture(t)
		taken := bytes.Clone(m.Pix)
		p := open(t, m)
		type look struct {
			view image.Rectangle
			pix  []byte
		}
		at := func() look { return look{p.View(), bytes.Clone(p.Snap().Pix)} }
		looks := []look{at()}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			if do(t, p, drawStep(t)) {
				looks = append(looks, at())
			}
		}
		same := func(want look) {
			t.Helper()
			if got := at(); got.view != want.view || !bytes.Equal(got.pix, want.pix) {
				t.Fatal("it looks different")
			}
		}
		for i := len(looks) - 2; i >= 0; i-- {
			p.Undo()
			same(looks[i])
		}
		if p.CanUndo() {
			t.Fatal("there is more to take back than was done")
		}
		for _, l := range looks[1:] {
			p.Redo()
			same(l)
		}
		if p.CanRedo() {
			t.Fatal("there is more to do again than was taken back")
		}
		if !bytes.Equal(m.Pix, taken) {
			t.Fatal("the picture as it was taken was written to")
		}
	})
}

// A new step forgets what was taken back.
func TestNewStepForgets(t *testing.T) {
	p := open(t, noise(100, 100, 1))
	do(t, p, edit.Step{Tool: edit.Blur, To: image.Pt(20, 20)})
	p.Undo()
	do(t, p, edit.Step{Tool: edit.Arrow, To: image.Pt(50, 50)})
	if p.CanRedo() || len(p.Steps()) != 1 {
		t.Error("what was taken back can come again on top of something else")
	}
}

func TestTooMuch(t *testing.T) {
	if err := edit.CheckSize(3*3840, 2160); err != nil {
		t.Errorf("three large screens are refused: %v", err)
	}
	for _, s := range []image.Point{{8000, 5001}, {1 << 40, 1 << 40}, {-5, -5}, {0, 100}} {
		if err := edit.CheckSize(s.X, s.Y); err == nil {
			t.Errorf("%v is taken", s)
		}
	}
	if _, err := edit.New(image.NewRGBA(image.Rectangle{})); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an empty picture gets %v", err)
	}
	p := open(t, noise(100, 100, 1))
	for i := range edit.MaxSteps {
		do(t, p, edit.Step{Tool: edit.Arrow, From: image.Pt(i%50, 0), To: image.Pt(99, 99)})
	}
	if _, err := p.Do(edit.Step{Tool: edit.Arrow, To: image.Pt(50, 50)}); !fault.Is(err, fault.TooMany) {
		t.Errorf("after %d steps one more gets %v", edit.MaxSteps, err)
	}
	if _, err := edit.Encode(noise(300, 300, 2), 1000); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a file of any size gets %v", err)
	}
}

// Scaling down keeps proportions and the middle, never grows, and never fails.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPicture(t)
		w, h := rapid.IntRange(1, 400).Draw(t, "w"), rapid.IntRange(1, 400).Draw(t, "h")
		s := edit.Fit(m, w, h)
		if s.Rect.Dx() > min(w, m.Rect.Dx()) || s.Rect.Dy() > min(h, m.Rect.Dy()) || s.Rect.Empty() {
			t.Fatalf("%v becomes %v in %d × %d", m.Rect, s.Rect, w, h)
		}
	})
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	m.SetRGBA(0, 0, color.RGBA{200, 100, 0, 255})
	m.SetRGBA(1, 1, color.RGBA{200, 100, 40, 255})
	if c := edit.Fit(m, 1, 1).RGBAAt(0, 0); c != (color.RGBA{100, 50, 10, 255}) {
		t.Errorf("four pixels become %v", c)
	}
}
