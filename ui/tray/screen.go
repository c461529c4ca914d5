package tray

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/shot/grab"
)

// screenTime is how long taking a picture of the screens may take; the agent does
// not wait longer.
const screenTime = 20 * time.Second

// shown are the pictures that were wanted in the last status.
type shown struct{ ids []string }

// next returns those that are wanted anew.
func (s *shown) next(wanted []string) (fresh []string) {
	for _, id := range wanted {
		if !slices.Contains(s.ids, id) {
			fresh = append(fresh, id)
		}
	}
	s.ids = wanted
	return fresh
}

// showScreen hands a picture of the screens over, which the person has agreed to.
// Whether they have, the agent decides: it wants none otherwise.
func (t *tray) showScreen(ctx context.Context, id string) {
	defer t.quiet.disturb() // a picture needs room, which is given back
	ctx, cancel := context.WithTimeout(ctx, screenTime)
	defer cancel()
	var picture []byte
	shot, err := grab.Take(ctx)
	if err == nil {
		picture, err = encodeScreen(shot.Picture)
	}
	if err != nil {
		t.log.Warn("no picture of the screen could be taken", "error", err)
	}
	if err := t.agent.Screen(ctx, id, picture); err != nil && ctx.Err() == nil {
		t.log.Warn("a picture of the screen was not handed over", "error", err)
	}
}

// encodeScreen makes a file of a picture that is no larger than one may be.
func encodeScreen(m *image.RGBA) ([]byte, error) {
	m = edit.Fit(m, wire.MaxScreenWidth, wire.MaxScreenHeight)
	var b bytes.Buffer
	for _, quality := range []int{85, 70, 50, 30} {
		b.Reset()
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if b.Len() <= wire.MaxScreen {
			return b.Bytes(), nil
		}
	}
	b.Reset()
	err := jpeg.Encode(&b, edit.Fit(m, wire.MaxScreenWidth/2, wire.MaxScreenHeight/2), &jpeg.Options{Quality: 30})
	return b.Bytes(), err
}
