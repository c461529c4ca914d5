package console_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// shows has a bell run in the employee's session that hands over a picture of their
// screen whenever one is wanted.
func (e *employee) shows(picture []byte) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		asked, done := "", map[string]bool{}
		e.WatchAndShow(ctx, func(s local.Status) {
			if len(s.Consents) > 0 && s.Consents[0].ID != asked {
				asked = s.Consents[0].ID
				e.asked <- s.Consents[0]
			}
			for _, id := range s.Screens {
				if !done[id] {
					done[id] = true
					e.Screen(ctx, id, picture)
				}
			}
			select {
			case e.status <- s:
			default:
			}
		})
	}()
	e.t.Cleanup(func() { cancel(); <-over })
	servertest.Wait(e.t, "the bell", func() bool { return len(e.status) > 0 })
}

// onShow is the look that lasts after a yes.
func (e *employee) onShow() (found local.Look) {
	e.t.Helper()
	s, err := e.Status(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, l := range s.Looking {
		if l.Kind == wire.ActScreen && !l.Until.IsZero() {
			found = l
		}
	}
	return found
}

// TestLookAtAScreen goes the whole way: a technician in a real browser, a server, a
// real agent, the employee's yes, a picture, another without a question, one that is
// kept, the employee's end of it, and their no.
func TestLookAtAScreen(t *testing.T) {
	s := servertest.Start(t)
	e := newEmployee(t, s, wire.ActScreen)
	m := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{40, 90, 120, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(200, 120, 900, 500), image.White, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	e.shows(b.Bytes())
	p := open(t, s, auth.Technician)
	look := ".act:has([name=kind][value=screen])"
	servertest.Wait(t, "the machine's policy", func() bool {
		p.Go(ticketPath(e.number))
		return browsertest.Eval[bool](p, `document.querySelector('.act [name=kind][value=screen]') !== null`)
	})
	p.Live()
	p.Click(look + " > summary")
	p.Accessible("the way to a screen")
	p.Click(look + " [type=submit]")
	p.Shows(".ask:first-child", "The person at the computer is asked first.")
	q := e.answer(true)
	if q.Kind != wire.ActScreen || q.Ticket != e.number || q.For != 10*time.Minute {
		t.Errorf("the employee is asked %+v", q)
	}
	picture := func(what string) {
		t.Helper()
		p.Until(what, `document.querySelector('.ask:first-child .shot img')?.naturalWidth === 1280`)
	}
	picture("the picture is shown")
	p.Accessible("a picture of a screen")
	p.Fits("a picture of a screen")
	p.Picture("screen")
	on := e.onShow()
	if on.ID == "" || on.Ticket != e.number || on.Consent != local.ConsentGiven {
		t.Errorf("while the yes holds the employee is shown %+v", on)
	}

	// Another picture needs no further yes; one a second is as much as there is.
	first := browsertest.Eval[string](p, `document.querySelector('.ask:first-child img').src`)
	servertest.Wait(t, "a second", func() bool { return time.Since(on.At) > 2*time.Second })
	p.Click(".ask:first-child .shot-acts [value=screen] ~ [type=submit]")
	p.Until("another picture is shown", `document.querySelector('.ask:first-child .shot img') && document.querySelector('.ask:first-child img').src !== "`+first+`"`)
	picture("the other picture is shown")
	if len(e.asked) != 0 {
		t.Error("the employee is asked again")
	}
	p.Click(".ask:first-child form[action$='/keep'] [type=submit]")
	p.Shows(".ask:first-child", "Kept with the ticket")
	path := browsertest.Eval[string](p, `new URL(document.querySelector('.ask:first-child .shot img').src).pathname`)

	// The employee ends it: the next one asks, and a no is a no.
	if err := e.EndLook(t.Context(), on.ID); err != nil {
		t.Fatal(err)
	}
	servertest.Wait(t, "the look to end", func() bool { return e.onShow().ID == "" })
	p.Go(ticketPath(e.number))
	p.Live()
	p.Shows("#timeline, .history, main", "picture of the requester's screen")
	p.Click(look + " > summary")
	p.Click(look + " [type=submit]")
	p.Shows(".ask:first-child", "The person at the computer is asked first.")
	e.answer(false)
	p.Shows(".ask:first-child", "The person at the computer said: not now.")
	p.Clean()

	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	status, h, body := sendWith(t, s, session, "GET", path, nil, nil)
	if status != http.StatusOK || body != b.String() || h.Get("Content-Type") != "image/jpeg" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %v", status, h)
	}
	if status, _, _ := sendWith(t, s, servertest.Cookie(auth.Staff, s.Session(auth.Operator)), "GET", path, nil, nil); status != http.StatusForbidden {
		t.Errorf("who may not act on machines gets %d", status)
	}
}
