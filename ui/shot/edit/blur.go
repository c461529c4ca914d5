package edit

import "image"

// The blocks of what is unrecognisable. A soft blur, and small blocks, can be
// computed back to the letters that were there. So a block is larger than a letter,
// it has one colour, its middle one, and of that only three bits for each of red,
// green and blue: what is left of a line of text is a few shades.
const (
	leastBlock = 32
	mostBlock  = 96
	keptBits   = 3
)

// Block is the side that a block has at least, on a picture of this size. Screens
// with more pixels show larger letters.
func Block(picture image.Rectangle) int {
	return min(max(min(picture.Dx(), picture.Dy())/32, leastBlock), mostBlock)
}

// Blocks is the area that is made unrecognisable when r is to be: whole blocks,
// that a strip of one pixel's width tells nothing of its own.
func Blocks(picture, r image.Rectangle) image.Rectangle {
	r = r.Intersect(picture)
	if r.Empty() {
		return image.Rectangle{}
	}
	side := Block(picture)
	x, y := grid{picture.Dx(), side}, grid{picture.Dy(), side}
	return image.Rect(x.start(x.of(r.Min.X)), y.start(y.of(r.Min.Y)), x.start(x.of(r.Max.X-1)+1), y.start(y.of(r.Max.Y-1)+1))
}

// grid cuts a length into parts of at least side, all of nearly the same length:
// none is a thin rest at the end.
type grid struct{ length, side int }

func (g grid) parts() int { return max(g.length/g.side, 1) }

// start is where a part begins.
func (g grid) start(part int) int { return part * g.length / g.parts() }

// of is the part in which a place lies.
func (g grid) of(at int) int {
	i := at * g.parts() / g.length
	for g.start(i) > at {
		i--
	}
	for g.start(i+1) <= at {
		i++
	}
	return i
}

// blur makes the blocks that r touches unrecognisable. The blocks lie on a grid of
// the whole picture: two areas that overlap tell no more than one.
func blur(m *image.RGBA, r image.Rectangle) {
	all := Blocks(m.Rect, r)
	if all.Empty() {
		return
	}
	side := Block(m.Rect)
	x, y := grid{m.Rect.Dx(), side}, grid{m.Rect.Dy(), side}
	for j := y.of(all.Min.Y); y.start(j) < all.Max.Y; j++ {
		for i := x.of(all.Min.X); x.start(i) < all.Max.X; i++ {
			one(m, image.Rect(x.start(i), y.start(j), x.start(i+1), y.start(j+1)))
		}
	}
}

// one gives a block one colour.
func one(m *image.RGBA, r image.Rectangle) {
	var sum [3]uint64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y) : m.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			sum[0] += uint64(row[i])
			sum[1] += uint64(row[i+1])
			sum[2] += uint64(row[i+2])
		}
	}
	n := uint64(r.Dx()) * uint64(r.Dy())
	colour := [4]uint8{3: 255}
	for c := range sum {
		colour[c] = coarse(uint8(sum[c] / n))
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y) : m.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			copy(row[i:], colour[:])
		}
	}
}

// coarse keeps keptBits of a value, in the middle of what they stand for.
func coarse(v uint8) uint8 {
	return v>>(8-keptBits)<<(8-keptBits) | 1<<(7-keptBits)
}
