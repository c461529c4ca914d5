package machine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// answerScreen is a made picture of a screen: a desktop with a window, and none of
// anybody's.
func answerScreen() ([]Part, error) {
	m := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	fill := func(r image.Rectangle, c color.Color) { draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src) }
	fill(m.Rect, color.RGBA{44, 82, 110, 255})
	fill(image.Rect(0, 680, 1280, 720), color.RGBA{24, 28, 34, 255})
	fill(image.Rect(240, 120, 1040, 560), color.White)
	fill(image.Rect(240, 120, 1040, 156), color.RGBA{70, 76, 88, 255})
	for y := 190; y < 520; y += 30 { // lines of a text that says nothing
		fill(image.Rect(270, y, 990-y, y+10), color.RGBA{190, 196, 204, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Bytes())
	return []Part{
		{time.Second, wire.ScreenPart{Data: b.Bytes()}},
		{0, wire.ScreenPart{Taken: &wire.Taken{Bytes: int64(b.Len()), SHA256: hex.EncodeToString(sum[:]), Width: 1280, Height: 720}}},
	}, nil
}
