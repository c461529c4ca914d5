// Package desktop draws the windows on a real screen. It is the only package of
// ours that imports Fyne's app, and so the only one that needs C and OpenGL.
package desktop

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui"
	"github.com/deskbell/deskbell/ui/assets"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/shot/grab"
)

// Options are what the program is started with.
type Options struct {
	State  string            // state folder of a private agent; empty means the installed one
	Line   *session.Listener // this session's line, taken by the caller
	First  session.Request   // shown at once
	Report io.Writer         // gets the line “drawn” once the first window is visible; nil gets nothing
	Drafts *drafts.Store
	Prefs  *prefs.Store
	// Language is the one that the command line asks for; "" asks for none.
	Language string
	Log      *slog.Logger
}

// Run draws windows until ctx ends or none has been visible for a while. It must
// be called on the main goroutine. Where nothing can be drawn the process ends
// before it has reported: that is how Fyne treats a missing display.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := app.NewWithID("com.deskbell.Deskbell")
	a.SetIcon(fyne.NewStaticResource("deskbell.png", assets.Program()))
	change := look(ctx, a, o.Prefs.Now())
	agent := local.NewClient(o.State)
	defer agent.Close()
	var windows *ui.Windows
	set := settingsOf(ctx, o, change, func() { windows.Fit() }, func() { windows.Renew() })
	windows = ui.New(ctx, ui.Options{App: a, Agent: agent, Settings: set, Drafts: o.Drafts, Log: o.Log, Main: fyne.Do, Quit: a.Quit, Choose: choose, Grab: grab.Take, Open: func(address string) error {
		u, err := model.WebAddress(address)
		if err != nil {
			return err
		}
		return a.OpenURL(u)
	}})

	var loops sync.WaitGroup
	a.Lifecycle().SetOnStarted(func() {
		if err := windows.Show(o.First); err != nil {
			o.Log.Error("the first window could not be shown", "error", err)
		}
		if o.Report != nil {
			whenDrawn(func() { fmt.Fprintln(o.Report, Drawn) })
		}
		loops.Go(windows.Watch)
		loops.Go(func() {
			if err := o.Line.Serve(ctx, windows.Request); err != nil {
				o.Log.Error("the line of this session failed", "error", err)
			}
		})
	})
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	a.Run()
	cancel()
	loops.Wait()
	windows.Wait()
	o.Drafts.Flush()
	return nil
}

// Drawn is the line that says that the first window is visible.
const Drawn = "drawn"

// whenDrawn calls on once what is visible now has been drawn. Fyne moves its
// animations before each frame, so at the third move the first frame is out.
func whenDrawn(on func()) {
	moves := 0
	var a *fyne.Animation
	a = fyne.NewAnimation(0, func(float32) {
		if moves++; moves == 3 {
			a.Stop()
			on()
		}
	})
	a.RepeatCount = fyne.AnimationRepeatForever
	a.Duration = 1e9
	a.Start()
}
