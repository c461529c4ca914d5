// Package grab takes a picture of the screens of this session: on X11 from the
// display itself, under Wayland by the desktop portal, on Windows by GDI, and on
// macOS by the system's own program. It knows no window.
package grab

import (
	"context"
	"image"
	"image/draw"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/shot/edit"
)

// Deadline is what a picture may take. The desktop portal may ask the person first.
const Deadline = 60 * time.Second

// Shot is a picture of all screens.
type Shot struct {
	Picture *image.RGBA       // begins at 0, 0, and covers no other window of the past
	Screens []image.Rectangle // where each screen is in it, the first one first
}

// Take takes a picture of all screens. Errors are sentences for the person.
func Take(ctx context.Context) (Shot, error) {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	s, err := take(ctx)
	if err != nil {
		return Shot{}, plain(err)
	}
	return s, nil
}

// plain makes a sentence of what a system says.
func plain(err error) error {
	if fault.CodeOf(err) != fault.Internal {
		return err
	}
	return fault.Say(fault.Unavailable, "error.shot_empty").Because(err)
}

// screensIn are the screens of a picture that begins at origin, each once and none
// outside. Without any the whole picture is one.
func screensIn(whole image.Rectangle, screens []image.Rectangle) (out []image.Rectangle) {
	size := image.Rectangle{Max: whole.Size()}
	seen := map[image.Rectangle]bool{}
	for _, s := range screens {
		s = s.Sub(whole.Min).Intersect(size)
		if !s.Empty() && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		out = []image.Rectangle{size}
	}
	return out
}

// sideBySide puts one picture per screen beside each other.
func sideBySide(pictures []image.Image) (Shot, error) {
	width, height := 0, 0
	for _, p := range pictures {
		width, height = width+p.Bounds().Dx(), max(height, p.Bounds().Dy())
	}
	if err := edit.CheckSize(width, height); err != nil {
		return Shot{}, err
	}
	s := Shot{Picture: image.NewRGBA(image.Rect(0, 0, width, height))}
	x := 0
	for _, p := range pictures {
		r := image.Rectangle{Min: image.Pt(x, 0), Max: image.Pt(x+p.Bounds().Dx(), p.Bounds().Dy())}
		draw.Draw(s.Picture, r, p, p.Bounds().Min, draw.Src)
		s.Screens = append(s.Screens, r)
		x = r.Max.X
	}
	return s, nil
}
