//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	ticketlist "github.com/deskbell/deskbell/ui/tickets"
	"github.com/deskbell/deskbell/ui/widgets"
)

// manyRows is how many tickets the list has, and frames how often it is drawn while
// it is scrolled: slowly at first, then in leaps from one end to the other.
const (
	manyRows = 10_000
	frames   = 300
)

// noDrafts keeps nothing.
type noDrafts struct{}

func (noDrafts) Reply(string) string     { return "" }
func (noDrafts) SetReply(string, string) {}
func (noDrafts) Flush()                  {}

// list is the row “list of 10 000 tickets”.
func list(ctx context.Context, _ *bench) (*Result, error) {
	dir, err := os.MkdirTemp("", "list")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	agent := localtest.Make(dir)
	if err := agent.Start(); err != nil {
		return nil, err
	}
	defer agent.Stop()
	now := time.Now()
	var all []local.Ticket
	for i := range manyRows {
		one := sample.Ticket(int64(2*manyRows-i), fmt.Sprintf("Ticket %d: the printer on floor %d does not print", i, i%9), "in_progress", now.Add(-time.Duration(i)*time.Minute))
		one.Messages = nil
		all = append(all, one)
	}
	agent.SetTickets(all...)

	app := test.NewApp()
	defer app.Quit()
	app.Settings().SetTheme(theme.New().Always(fynetheme.VariantLight))
	window := app.NewWindow("My tickets")
	defer window.Close()
	window.SetPadded(false)
	client := local.NewClient(dir)
	defer client.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan func(), 1024)
	p := ticketlist.New(page.Host{
		Window: window, Now: time.Now, Close: func() {}, Show: func(session.Request) {}, Open: func(string) error { return nil },
		Main: func(on func()) { queue <- on },
		Go:   func(on func(context.Context)) { go on(ctx) },
	}, client, noDrafts{})
	window.SetContent(p.Content())
	window.Resize(fyne.NewSize(760, 560))
	p.Status(local.Status{Connection: local.Connected, Tickets: 1})
	p.Shown("")
	rows := rowsIn(p.Content())
	if rows == nil {
		return nil, errors.New("the window has no list")
	}
	for until := time.After(30 * time.Second); rows.Length() < manyRows; {
		select {
		case on := <-queue:
			on()
		case <-until:
			return nil, errors.New("the list did not come")
		}
	}
	start := time.Now()
	window.Canvas().Capture()
	first := time.Since(start)
	var took, work []float64
	for i := range frames {
		start := time.Now()
		switch {
		case i < frames*2/3:
			rows.ScrollToOffset(float32(i * 24))
		case i%2 == 0:
			rows.ScrollToBottom()
		default:
			rows.ScrollToTop()
		}
		work = append(work, float64(time.Since(start).Microseconds())/1000)
		window.Canvas().Capture()
		took = append(took, float64(time.Since(start).Microseconds())/1000)
	}
	return &Result{
		How: fmt.Sprintf("The window “My tickets” with %d tickets, drawn by Fyne in software and without a display: %d frames, of which two thirds scroll by less than a row each and the rest leap from one end of the list to the other. "+
			"A frame is timed from the movement to the finished picture.", manyRows, frames),
		Lines: []Line{
			{What: fmt.Sprintf("list of %d tickets, the slowest frame while it is scrolled", manyRows), Unit: "ms", Deskbell: slices.Max(took), Target: 50, Sense: AtMost},
			{What: "the median frame", Unit: "ms", Deskbell: median(took)},
			{What: "the window's own work in a frame at most, without drawing it", Unit: "ms", Deskbell: slices.Max(work)},
		},
		Notes: []string{fmt.Sprintf("The first frame took %d ms.", first.Milliseconds())},
		Raw:   map[string]any{"frame_ms": took, "work_ms": work},
	}, nil
}

// rowsIn finds the list of a window.
func rowsIn(o fyne.CanvasObject) *widgets.List {
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case *widgets.List:
		return o
	case *fyne.Container:
		parts = o.Objects
	case *container.Split:
		parts = []fyne.CanvasObject{o.Leading, o.Trailing}
	case *container.Scroll:
		parts = []fyne.CanvasObject{o.Content}
	}
	for _, p := range parts {
		if l := rowsIn(p); l != nil {
			return l
		}
	}
	return nil
}
