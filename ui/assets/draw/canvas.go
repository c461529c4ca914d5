package draw

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
)

// canvas is a picture on a grid of its own.
type canvas struct {
	img   *image.NRGBA
	scale float64 // pixels a unit of the grid
}

func newCanvas(size int, grid float64) *canvas {
	return &canvas{image.NewNRGBA(image.Rect(0, 0, size, size)), float64(size) / grid}
}

// each calls on with the cover of every pixel that the shape touches. away is how
// far a point is from the shape, in units of the grid, negative within.
func (c *canvas) each(away func(point) float64, on func(i int, cover float64)) {
	size := c.img.Rect.Dx()
	for y := range size {
		for x := range size {
			p := point{(float64(x) + 0.5) / c.scale, (float64(y) + 0.5) / c.scale}
			if cover := min(1, max(0, 0.5-away(p)*c.scale)); cover > 0 {
				on(c.img.PixOffset(x, y), cover)
			}
		}
	}
}

// paint lays a colour over the picture.
func (c *canvas) paint(col color.NRGBA, away func(point) float64) {
	c.each(away, func(i int, cover float64) {
		px := c.img.Pix[i : i+4]
		over := cover * float64(col.A) / 255
		under := float64(px[3]) / 255 * (1 - over)
		alpha := over + under
		for k, v := range [3]uint8{col.R, col.G, col.B} {
			px[k] = round((float64(v)*over + float64(px[k])*under) / alpha)
		}
		px[3] = round(alpha * 255)
	})
}

// erase makes the picture clear where the shape is.
func (c *canvas) erase(away func(point) float64) {
	c.each(away, func(i int, cover float64) {
		c.img.Pix[i+3] = round(float64(c.img.Pix[i+3]) * (1 - cover))
	})
}

func round(v float64) uint8 { return uint8(min(255, max(0, v+0.5))) }

// PNG writes a picture.
func PNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

// ICO writes pictures into one Windows icon, as bitmaps of 32 bits: Windows reads
// those at every size, and compressed ones only where it expects them.
func ICO(imgs ...*image.NRGBA) []byte {
	var head, data bytes.Buffer
	put := func(b *bytes.Buffer, v ...any) {
		for _, x := range v {
			binary.Write(b, binary.LittleEndian, x)
		}
	}
	put(&head, uint16(0), uint16(1), uint16(len(imgs)))
	offset := 6 + 16*len(imgs)
	for _, m := range imgs {
		size := m.Rect.Dx()
		mask := (size + 31) / 32 * 4 * size
		bytes := 40 + size*size*4 + mask
		put(&head, uint8(size), uint8(size), uint8(0), uint8(0), uint16(1), uint16(32), uint32(bytes), uint32(offset))
		put(&data, uint32(40), int32(size), int32(2*size), uint16(1), uint16(32), uint32(0), uint32(size*size*4+mask), [4]uint32{})
		for y := size - 1; y >= 0; y-- {
			for x := range size {
				c := m.NRGBAAt(x, y)
				data.Write([]byte{c.B, c.G, c.R, c.A})
			}
		}
		data.Write(make([]byte, mask))
		offset += bytes
	}
	return append(head.Bytes(), data.Bytes()...)
}
