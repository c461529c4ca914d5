package ui_test

import (
	"context"
	"image"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/shot/grab"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// press taps the button with these words.
func press(t *testing.T, in fyne.CanvasObject, text string) {
	t.Helper()
	if b := button(in, text); b != nil {
		test.Tap(b)
		return
	}
	t.Fatalf("there is no button %q", text)
}

func button(in fyne.CanvasObject, text string) *widgets.Button {
	switch o := in.(type) {
	case *widgets.Button:
		if o.Text() == text {
			return o
		}
	case *container.Scroll:
		return button(o.Content, text)
	case *fyne.Container:
		for _, p := range o.Objects {
			if b := button(p, text); b != nil {
				return b
			}
		}
	}
	return nil
}

// The window hides, the screen is looked at, and the window comes back with an
// editor beside it; what is added there is attached.
func TestPictureOfTheScreen(t *testing.T) {
	queue, soon := make(chan func(), 256), make(chan func(), 8)
	agent := localtest.New(t)
	client := local.NewClient(agent.Dir)
	store := drafts.Open(filepath.Join(t.TempDir(), "d.json"), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New())
	var fail error
	w := ui.New(ctx, ui.Options{
		App: app, Agent: client, Drafts: store, Log: slog.New(slog.DiscardHandler),
		Main: func(on func()) { queue <- on }, Quit: func() {},
		Grab: func(context.Context) (grab.Shot, error) {
			m := image.NewRGBA(image.Rect(0, 0, 200, 100))
			return grab.Shot{Picture: m, Screens: []image.Rectangle{m.Rect}}, fail
		},
		After: func(d time.Duration, on func()) *time.Timer {
			if d != ui.Idle {
				soon <- on
			}
			return time.NewTimer(time.Hour)
		},
	})
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() { w.Wait(); close(done) }()
		for {
			select {
			case <-queue:
			case <-done:
				client.Close()
				store.Flush()
				return
			}
		}
	})
	if err := w.Show(session.Request{Show: session.Ring}); err != nil {
		t.Fatal(err)
	}
	find := func(title string) fyne.Window {
		for _, x := range app.Driver().AllWindows() {
			if x.Title() == title {
				return x
			}
		}
		return nil
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		limit := time.NewTimer(time.Minute)
		defer limit.Stop()
		for !holds() {
			select {
			case on := <-queue:
				on()
			case <-limit.C:
				t.Fatalf("%s did not come", what)
			}
		}
	}
	help := find("Get help")
	press(t, help.Content(), "Add a picture of the screen")
	(<-soon)()
	until("the editor", func() bool { return find("Picture of the screen") != nil })
	press(t, find("Picture of the screen").Content(), "Add to the message")
	until("the attachment", func() bool { return len(store.Ring().Files) == 1 })

	// The second time the same window is used, and closing it attaches nothing.
	press(t, help.Content(), "Add a picture of the screen")
	(<-soon)()
	before := len(app.Driver().AllWindows())
	until("the second picture", func() bool {
		b := button(find("Picture of the screen").Content(), "Add to the message")
		return b != nil && !b.Disabled()
	})
	press(t, find("Picture of the screen").Content(), "Discard")
	if len(store.Ring().Files) != 1 || len(app.Driver().AllWindows()) != before {
		t.Errorf("there are %d files and %d windows", len(store.Ring().Files), len(app.Driver().AllWindows()))
	}

	// Without a picture the window says why.
	fail = fault.Say(fault.Forbidden, "error.shot_declined")
	press(t, help.Content(), "Add a picture of the screen")
	(<-soon)()
	until("the reason", func() bool {
		return strings.Contains(widgets.Said(help.Content()), "was not allowed to show its screen")
	})
	if button(help.Content(), "Add a picture of the screen").Disabled() {
		t.Error("it cannot be tried again")
	}
}
