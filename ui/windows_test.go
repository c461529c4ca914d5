package ui_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
)

// rig is the windows, with the test as their main goroutine.
type rig struct {
	*ui.Windows
	t     *testing.T
	app   fyne.App
	queue chan func()
	quit  chan struct{}
	idle  func() // lets the time without a window pass
}

func newRig(t *testing.T, agent *localtest.Agent) *rig {
	t.Helper()
	r := &rig{t: t, app: test.NewTempApp(t), queue: make(chan func(), 256), quit: make(chan struct{})}
	r.app.Settings().SetTheme(theme.New())
	client := local.NewClient(agent.Dir)
	ctx, cancel := context.WithCancel(context.Background())
	rest := make(chan func(), 8)
	r.Windows = ui.New(ctx, ui.Options{
		App: r.app, Agent: client, Drafts: drafts.Open(filepath.Join(t.TempDir(), "d.json"), slog.New(slog.DiscardHandler)), Log: slog.New(slog.DiscardHandler),
		Main: func(on func()) { r.queue <- on }, Quit: func() { close(r.quit) },
		After: func(d time.Duration, on func()) *time.Timer {
			if d != ui.Idle {
				t.Errorf("it waits %v", d)
			}
			rest <- on
			return time.NewTimer(time.Hour)
		},
	})
	r.idle = func() {
		on := <-rest
		on()
		r.pump()
	}
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() { r.Wait(); close(done) }()
		for {
			select {
			case <-r.queue:
			case <-done:
				client.Close()
				return
			}
		}
	})
	return r
}

// pump runs what waits for the main goroutine.
func (r *rig) pump() {
	for {
		select {
		case on := <-r.queue:
			on()
		default:
			return
		}
	}
}

func (r *rig) titles() (out []string) {
	for _, w := range r.app.Driver().AllWindows() {
		if w.Title() != "" {
			out = append(out, w.Title())
		}
	}
	return out
}

func (r *rig) show(p session.Page) {
	r.t.Helper()
	if err := r.Show(session.Request{Show: p}); err != nil {
		r.t.Fatal(err)
	}
}

func TestWindowsAreReused(t *testing.T) {
	r := newRig(t, localtest.New(t))
	for range 3 {
		for _, p := range session.Pages() {
			r.show(p)
		}
	}
	if got := r.titles(); len(got) != len(session.Pages()) {
		t.Errorf("the windows are %q", got)
	}
	if err := r.Show(session.Request{Show: "nothing"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a page that is none gets %v", err)
	}
}

// The agent is away: windows are there all the same, at once.
func TestWithoutAnAgent(t *testing.T) {
	a := localtest.Make(t.TempDir())
	r := newRig(t, a)
	start := time.Now()
	for _, p := range session.Pages() {
		r.show(p)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestIdleEnds(t *testing.T) {
	r := newRig(t, localtest.New(t))
	r.show(session.Ring)
	r.show(session.Looks)
	r.Hide(session.Ring)
	r.Hide(session.Looks)
	r.show(session.Ring)
	r.idle() // the time is over, but there is a window again
	select {
	case <-r.quit:
		t.Fatal("it ends with a window open")
	default:
	}
	r.Hide(session.Ring)
	r.idle()
	select {
	case <-r.quit:
	default:
		t.Fatal("it does not end")
	}
	if err := r.Show(session.Request{Show: session.Ring}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a program that is ending shows a window: %v", err)
	}
}

func TestRequestFromElsewhere(t *testing.T) {
	r := newRig(t, localtest.New(t))
	done := make(chan error, 1)
	go func() { done <- r.Request(t.Context(), session.Request{Show: session.Checkup}) }()
	(<-r.queue)()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := r.titles(); len(got) != 1 || got[0] != "Check this computer" {
		t.Errorf("the windows are %q", got)
	}
}
