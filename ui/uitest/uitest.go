// Package uitest tests windows without a display: with Fyne's test driver, a real
// fake agent, and a main goroutine that is the test's own.
package uitest

import (
	"cmp"
	"context"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Rig is a window in a test. What pages hand to Host.Main runs in Until and Pump,
// on the test's goroutine.
type Rig struct {
	Host   page.Host
	Window fyne.Window
	Closed int               // how often the page closed its window
	Asked  []session.Request // what it asked to be shown
	Opened []string          // what it opened in the browser
	Clock  time.Time         // what Host.Now tells

	t      testing.TB
	queue  chan func()
	size   fyne.Size
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// Look is how pictures are made.
type Look struct {
	Dark  bool
	Scale float32 // 0 is 1
	Text  int     // how large text is, in percent; 0 is 100
}

// Looks lists light and dark at single and double scale.
func Looks() map[string]Look {
	return map[string]Look{"light": {}, "dark": {Dark: true}, "light-2x": {Scale: 2}, "dark-2x": {Dark: true, Scale: 2}}
}

// Widest lists plain text and the largest; for whoever looks at pictures, all sizes.
func Widest() map[string]Look {
	all := map[string]Look{"": {}, "-200": {Text: 200}}
	if os.Getenv("DESKBELL_PICTURES") != "" {
		maps.Copy(all, map[string]Look{"-2x": {Scale: 2}, "-125": {Text: 125}, "-125-dark": {Text: 125, Dark: true}, "-150": {Text: 150}, "-150-dark": {Text: 150, Dark: true}, "-200-dark": {Text: 200, Dark: true}})
	}
	return all
}

// New opens a window of a size.
func New(t testing.TB, width, height float32, l Look) *Rig {
	t.Helper()
	app := test.NewTempApp(t)
	v := fynetheme.VariantLight
	if l.Dark {
		v = fynetheme.VariantDark
	}
	app.Settings().SetTheme(theme.New().Always(v).Sized(cmp.Or(l.Text, 100)))
	r := &Rig{t: t, queue: make(chan func(), 1024), size: theme.Room(fyne.NewSize(width, height), theme.Scale()), Clock: time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)}
	r.Window = app.NewWindow("test")
	r.Window.SetPadded(false)
	if c, ok := r.Window.Canvas().(interface{ SetScale(float32) }); ok && l.Scale > 0 {
		c.SetScale(l.Scale)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() {
			r.wait.Wait()
			close(done)
		}()
		for {
			select {
			case on := <-r.queue: // nobody may be left waiting for us
				_ = on
			case <-done:
				r.Window.Close()
				return
			}
		}
	})
	r.Host = page.Host{
		Window: r.Window,
		Main:   func(on func()) { r.queue <- on },
		Go:     func(on func(context.Context)) { r.wait.Go(func() { on(ctx) }) },
		Now:    func() time.Time { return r.Clock },
		Close:  func() { r.Closed++ },
		Open:   func(address string) error { r.Opened = append(r.Opened, address); return nil },
		Show:   func(s session.Request) { r.Asked = append(r.Asked, s) },
	}
	return r
}

// Open puts a page into the window.
func (r *Rig) Open(p page.Page) {
	r.Host.Prepare()
	r.Window.SetContent(p.Content())
	r.Window.Resize(r.size)
	r.layout()
}

// layout does what a real window does at each frame: text that wraps knows its
// height only after it has its width.
func (r *Rig) layout() {
	for range 3 {
		r.Window.Content().Refresh()
		r.Window.Resize(r.size.AddWidthHeight(0, 1))
		r.Window.Resize(r.size)
	}
}

// Until runs what pages hand over until the condition holds, at most a minute.
func (r *Rig) Until(what string, holds func() bool) {
	r.t.Helper()
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	for !holds() {
		select {
		case on := <-r.queue:
			on()
		case <-timeout.C:
			r.t.Fatalf("%s did not come", what)
		}
	}
}

// UntilAsked is Until for what happens at the agent, which tells nobody.
func (r *Rig) UntilAsked(what string, holds func() bool) {
	r.t.Helper()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				select {
				case r.queue <- func() {}:
				case <-stop:
					return
				}
			case <-stop:
				return
			}
		}
	}()
	r.Until(what, holds)
}

// Key presses a key where the keyboard is.
func (r *Rig) Key(name fyne.KeyName) {
	r.t.Helper()
	f := r.Window.Canvas().Focused()
	e := &fyne.KeyEvent{Name: name}
	if f == nil {
		r.Window.Canvas().OnTypedKey()(e)
		return
	}
	f.TypedKey(e)
}

// Tab moves the keyboard on.
func (r *Rig) Tab() { r.Window.Canvas().FocusNext() }

// Picture writes what the window shows into the folder that the environment
// variable DESKBELL_PICTURES names, if it does.
func (r *Rig) Picture(name string) {
	r.t.Helper()
	dir := os.Getenv("DESKBELL_PICTURES")
	if dir == "" {
		return
	}
	r.layout()
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, r.Window.Canvas().Capture()); err != nil {
		r.t.Fatal(err)
	}
}

// EachLanguage runs a test once in each language. It cannot run beside others: a
// process speaks one language.
func EachLanguage(t *testing.T, f func(t *testing.T, l tongue.Language)) {
	before := tongue.Current()
	t.Cleanup(func() { tongue.Use(before) })
	for _, l := range tongue.Languages() {
		t.Run(string(l), func(t *testing.T) {
			tongue.Use(l)
			f(t, l)
		})
	}
}

// Fits fails the test when what is shown needs a wider window than it has: then
// something is cut off at its side.
func (r *Rig) Fits(what string) {
	r.t.Helper()
	r.layout()
	if need := r.Window.Content().MinSize().Width; need > r.size.Width {
		r.t.Errorf("%s needs a window %.0f wide and has %.0f", what, need, r.size.Width)
	}
}

// Laid fails the test when words are to be seen and have no place: a part was
// shown and nothing was laid out again.
func (r *Rig) Laid(o fyne.CanvasObject) {
	r.t.Helper()
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, p := range o.Objects {
			r.Laid(p)
		}
	case *container.Scroll:
		r.Laid(o.Content)
	case *widgets.Words:
		if s := o.Size(); o.Text() != "" && (s.Width < 8 || s.Height < 8) {
			r.t.Errorf("“%s” has no place: %v", o.Text(), s)
		}
	}
}
