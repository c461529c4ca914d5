package edit

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"

	"github.com/deskbell/deskbell/internal/fault"
)

// Snap is what is left of the picture, in new pixels: what was cut away is not in it,
// and what was made unrecognisable is gone. It can be encoded away from the window.
func (p *Picture) Snap() *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: p.view.Size()})
	draw.Draw(m, m.Rect, p.now, p.view.Min, draw.Src)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255 // what a screen keeps there is none of its picture
	}
	return m
}

// Encode is a snap as a file of at most limit bytes: its pixels and nothing else.
func Encode(m *image.RGBA, limit int) ([]byte, error) {
	out := &bounded{left: limit}
	e := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := e.Encode(out, m); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// bounded is a buffer that takes no more than its limit.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fault.Say(fault.TooLarge, "error.shot_file_too_large")
	}
	return b.Buffer.Write(p)
}

// Fit scales a picture down until it is no larger than the size, and keeps its
// proportions. Each pixel is the middle of those that it stands for. A picture that
// is small enough is copied.
func Fit(m *image.RGBA, width, height int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if w <= 0 || h <= 0 || width <= 0 || height <= 0 {
		return image.NewRGBA(image.Rectangle{})
	}
	tw, th := w, h
	if tw > width {
		tw, th = width, h*width/w
	}
	if th > height {
		tw, th = w*height/h, height
	}
	out := image.NewRGBA(image.Rect(0, 0, max(tw, 1), max(th, 1)))
	tw, th = out.Rect.Dx(), out.Rect.Dy()
	sums := make([]uint64, 3*tw)
	for y := range th {
		top, bottom := y*h/th, (y+1)*h/th
		clear(sums)
		for sy := top; sy < bottom; sy++ {
			row := m.Pix[m.PixOffset(m.Rect.Min.X, m.Rect.Min.Y+sy):]
			for x := range tw {
				for i := x * w / tw * 4; i < (x+1)*w/tw*4; i += 4 {
					sums[3*x] += uint64(row[i])
					sums[3*x+1] += uint64(row[i+1])
					sums[3*x+2] += uint64(row[i+2])
				}
			}
		}
		for x := range tw {
			n := uint64(((x+1)*w/tw - x*w/tw) * (bottom - top))
			i := out.PixOffset(x, y)
			for c := range 3 {
				out.Pix[i+c] = uint8((sums[3*x+c] + n/2) / n)
			}
			out.Pix[i+3] = 255
		}
	}
	return out
}
