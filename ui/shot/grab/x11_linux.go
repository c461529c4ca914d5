package grab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/bits"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"

	"github.com/deskbell/deskbell/ui/shot/edit"
)

// stripe is how many rows are asked for at a time: the display is not held up for
// long, and no answer is large.
const stripe = 128

// fromX11 copies the root window, with all that lies on it. A display that does not
// answer is left when the time is up.
func fromX11(ctx context.Context, display string) (Shot, error) {
	type result struct {
		Shot
		err error
	}
	done := make(chan result, 1)
	go func() {
		s, err := open(ctx, display)
		done <- result{s, err}
	}()
	select {
	case r := <-done:
		return r.Shot, r.err
	case <-ctx.Done():
		return Shot{}, ctx.Err()
	}
}

func open(ctx context.Context, display string) (Shot, error) {
	xgb.Logger.SetOutput(quiet{})
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return Shot{}, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, c.Close)()
	return copyRoot(c)
}

// quiet takes what the library would write to standard error.
type quiet struct{}

func (quiet) Write(p []byte) (int, error) { return len(p), nil }

func copyRoot(c *xgb.Conn) (Shot, error) {
	setup := xproto.Setup(c)
	screen := setup.DefaultScreen(c)
	width, height := int(screen.WidthInPixels), int(screen.HeightInPixels)
	if err := edit.CheckSize(width, height); err != nil {
		return Shot{}, err
	}
	form, err := formOf(setup, screen)
	if err != nil {
		return Shot{}, err
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := 0; y < height; y += stripe {
		rows := min(stripe, height-y)
		reply, err := xproto.GetImage(c, xproto.ImageFormatZPixmap, xproto.Drawable(screen.Root), 0, int16(y), uint16(width), uint16(rows), ^uint32(0)).Reply()
		if err != nil {
			return Shot{}, err
		}
		if reply == nil || len(reply.Data) < form.row(width)*rows {
			return Shot{}, errors.New("the display sent less of the screen than was asked for")
		}
		for r := range rows {
			form.read(m.Pix[m.PixOffset(0, y+r):m.PixOffset(0, y+r)+4*width], reply.Data[r*form.row(width):])
		}
	}
	return Shot{Picture: m, Screens: screensIn(m.Rect, heads(c))}, nil
}

// heads are the screens of which the root window is made.
func heads(c *xgb.Conn) (out []image.Rectangle) {
	if xinerama.Init(c) != nil {
		return nil
	}
	reply, err := xinerama.QueryScreens(c).Reply()
	if err != nil || reply == nil {
		return nil
	}
	for _, s := range reply.ScreenInfo {
		at := image.Pt(int(s.XOrg), int(s.YOrg))
		out = append(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(int(s.Width), int(s.Height)))})
	}
	return out
}

// form is how a display writes pixels.
type form struct {
	bytes, pad int // of a pixel; to which a row is filled up
	big        bool
	red        channel
	green      channel
	blue       channel
}

// channel is where a colour stands in a pixel.
type channel struct {
	shift, bits int
}

func formOf(setup *xproto.SetupInfo, screen *xproto.ScreenInfo) (form, error) {
	f := form{big: setup.ImageByteOrder == xproto.ImageOrderMSBFirst}
	for _, p := range setup.PixmapFormats {
		if p.Depth == screen.RootDepth {
			f.bytes, f.pad = int(p.BitsPerPixel)/8, int(p.ScanlinePad)/8
		}
	}
	for _, d := range screen.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == screen.RootVisual && v.Class == xproto.VisualClassTrueColor {
				f.red, f.green, f.blue = channelOf(v.RedMask), channelOf(v.GreenMask), channelOf(v.BlueMask)
			}
		}
	}
	if f.bytes < 2 || f.bytes > 4 || f.pad < 1 || f.red.bits == 0 || f.green.bits == 0 || f.blue.bits == 0 {
		return f, fmt.Errorf("the display shows %d bits per pixel in a way that cannot be read", screen.RootDepth)
	}
	return f, nil
}

func channelOf(mask uint32) channel {
	return channel{bits.TrailingZeros32(mask), bits.OnesCount32(mask)}
}

// of is the colour in eight bits.
func (c channel) of(pixel uint32) uint8 {
	most := uint64(1)<<c.bits - 1
	return uint8((uint64(pixel) >> c.shift & most) * 255 / most)
}

// row is the length of a row.
func (f form) row(width int) int { return (width*f.bytes + f.pad - 1) / f.pad * f.pad }

func (f form) read(to, from []byte) {
	for i := range len(to) / 4 {
		at := from[i*f.bytes : (i+1)*f.bytes]
		var pixel uint32
		for n := range at {
			if f.big {
				pixel = pixel<<8 | uint32(at[n])
			} else {
				pixel |= uint32(at[n]) << (8 * n)
			}
		}
		to[4*i], to[4*i+1], to[4*i+2], to[4*i+3] = f.red.of(pixel), f.green.of(pixel), f.blue.of(pixel), 255
	}
}
