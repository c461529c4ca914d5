package ui_test

import (
	"context"
	"image"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/settings"
	"github.com/deskbell/deskbell/ui/theme"
)

// rig is the windows, with the test as their main goroutine.
type rig struct {
	*ui.Windows
	t     *testing.T
	app   fyne.App
	queue chan func()
	quit  chan struct{}
	wants prefs.Prefs
	idle  func() // lets the time without a window pass
}

func (r *rig) prefs() prefs.Prefs { return r.wants }

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
		Settings: settings.Options{Now: r.prefs, Set: func(p prefs.Prefs) error {
			r.wants = p
			tongue.Use(p.Language)
			r.queue <- r.Renew
			return nil
		}},
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
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Text of another size is that of the windows that are open, at once, and they look as
// those that are opened afterwards.
func TestLargeTextAtOnce(t *testing.T) {
	for _, p := range session.Pages() {
		open := func(first int) (fyne.Window, *rig) {
			r := newRig(t, localtest.New(t))
			r.app.Settings().SetTheme(theme.New().Always(fynetheme.VariantLight).Sized(first))
			r.show(p)
			for _, w := range r.app.Driver().AllWindows() {
				if w.Title() != "" {
					return w, r
				}
			}
			t.Fatalf("%s has no window", p)
			return nil, nil
		}
		small, r := open(100)
		before := small.Canvas().Size()
		r.app.Settings().SetTheme(theme.New().Always(fynetheme.VariantLight).Sized(200))
		r.Fit()
		got, size := small.Canvas().Capture(), small.Canvas().Size()
		fresh, _ := open(200)
		if want := fresh.Canvas().Size(); size != want || size.Width <= before.Width {
			t.Errorf("%s: the window was %v, is %v, and a new one %v", p, before, size, want)
		}
		if n := differ(got, fresh.Canvas().Capture()); n > 200 { // a cursor blinks
			t.Errorf("%s: %d points are other than in a new window", p, n)
		}
	}
}

// differ counts the points that two pictures do not share.
func differ(a, b image.Image) (n int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
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

// TestAnotherLanguageAtOnce: every window there is speaks it, the visible ones where
// they stand, and no window is lost or doubled.
func TestAnotherLanguageAtOnce(t *testing.T) {
	before := tongue.Current()
	defer tongue.Use(before)
	r := newRig(t, localtest.New(t))
	for _, p := range session.Pages() {
		r.show(p)
	}
	r.Hide(session.Looks)
	if err := r.Settings().Set(prefs.Prefs{Language: tongue.German}); err != nil {
		t.Fatal(err)
	}
	r.pump()
	got := r.titles()
	slices.Sort(got)
	if len(got) != len(session.Pages()) || !slices.Contains(got, "Einstellungen") || !slices.Contains(got, "Diesen Computer prüfen") || slices.Contains(got, "Check this computer") {
		t.Errorf("the windows are %q", got)
	}
	if err := r.Settings().Set(prefs.Prefs{}); err != nil {
		t.Fatal(err)
	}
	r.pump()
	if got := r.titles(); len(got) != len(session.Pages()) || !slices.Contains(got, "Settings") {
		t.Errorf("the windows are %q", got)
	}
}
