package localapi_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/screen"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

type afar struct {
	*consent.Keeper
	*screen.Host
}

func (afar) End(_, look string) error { return nil }

// Changed is both's.
func (a afar) Changed() <-chan struct{} { return a.Host.Changed() }

// A picture comes over the real socket from the person whose screen it is, and from
// nobody else.
func TestAScreenIsHandedOver(t *testing.T) {
	h := open(t)
	host := screen.New(screen.Options{})
	h.desk.Screens = host
	h.server.Afar = afar{consent.New(consent.Options{}), host}
	if _, err := host.Take(t.Context(), "1000"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("with nobody there: %v", err)
	}
	mia := h.as(t, "1000")
	wanted := make(chan string, 8)
	ctx, leave := context.WithCancel(t.Context())
	over := make(chan struct{})
	here := make(chan struct{}, 64)
	go func() {
		defer close(over)
		mia.WatchAndShow(ctx, func(s local.Status) {
			here <- struct{}{}
			for _, id := range s.Screens {
				wanted <- id
			}
		})
	}()
	defer func() { leave(); <-over }()
	<-here
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 320, 200)), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		code fault.Code
	}{"a picture": {b.Bytes(), ""}, "too large": {make([]byte, wire.MaxScreen+100), fault.TooLarge}, "a page": {[]byte("<html>"), fault.Invalid}, "none": {nil, fault.Unavailable}} {
		type result struct {
			data []byte
			err  error
		}
		done := make(chan result, 1)
		go func() {
			data, err := host.Take(t.Context(), "1000")
			done <- result{data, err}
		}()
		id := ""
		select {
		case id = <-wanted:
		case <-time.After(20 * time.Second):
			t.Fatal("nobody is told that a picture is wanted")
		}
		other := h.as(t, "1001")
		if s, err := other.Status(t.Context()); err != nil || len(s.Screens) != 0 {
			t.Errorf("somebody else is told %v, %v", s.Screens, err)
		}
		if err := other.Screen(t.Context(), id, b.Bytes()); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else hands it over: %v", err)
		}
		h.as(t, "1000").Screen(t.Context(), id, c.data)
		if r := <-done; (c.code == "") != (r.err == nil) || c.code != "" && !fault.Is(r.err, c.code) || c.code == "" && !bytes.Equal(r.data, c.data) {
			t.Errorf("%s: %d bytes, %v", name, len(r.data), r.err)
		}
	}
}
