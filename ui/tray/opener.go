package tray

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/session"
)

// How long things may take before something else is tried. A machine under load
// starts a program late, and is the very one whose employee rings.
const (
	answerTime = 4 * time.Second  // a window program that runs, to show a page
	drawTime   = 20 * time.Second // one that starts, to draw its first window
	linkTime   = 10 * time.Second // the portal's link
)

// opener shows pages: in the window program that runs, else in one that it
// starts, else in the browser.
type opener struct {
	state    string
	language string // asked for; empty is the session's own
	program  string
	agent    *local.Client
	log      *slog.Logger
	note     func(context.Context, model.Note)

	mu sync.Mutex // one at a time: the second click finds the first one's window
}

// Show shows a page and returns once it is drawn, or an error that says why not.
func (o *opener) Show(ctx context.Context, r session.Request) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.forward(ctx, r); err == nil {
		return nil
	}
	err := o.start(ctx, r)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	o.log.Warn("the window could not be drawn; trying the browser", "error", err)
	return o.Browse(ctx, "", true)
}

func (o *opener) forward(ctx context.Context, r session.Request) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return session.Send(ctx, session.Window, o.state, r)
}

// Drawn is the line by which the window program says that its window is visible.
const Drawn = "drawn"

// start runs the window program and waits until it has drawn.
func (o *opener) start(ctx context.Context, r session.Request) error {
	program, err := o.find()
	if err != nil {
		return err
	}
	args := []string{"--report", "--show", string(r.Show)}
	if o.state != "" {
		args = append(args, "--state", o.state)
	}
	if o.language != "" {
		args = append(args, "--language", o.language)
	}
	if r.Ticket != "" {
		args = append(args, "--ticket", r.Ticket)
	}
	// Windows that are open stay when the tray goes.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	drawn := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == Drawn {
				drawn <- nil
			}
		}
		err := cmd.Wait()
		drawn <- errors.Join(errors.New("the window program ended before it had drawn"), err)
	}()
	timeout := time.NewTimer(drawTime)
	defer timeout.Stop()
	select {
	case err := <-drawn:
		return err
	case <-timeout.C:
		cmd.Process.Kill()
		return errors.New("the window program did not draw in time")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// find looks for the window program beside this one, then on the PATH.
func (o *opener) find() (string, error) {
	if o.program != "" {
		return o.program, nil
	}
	name := "deskbell-window"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	return exec.LookPath(name)
}

// Browse opens a page of the portal, signed in, in the browser. instead says that
// it stands in for a window, which the employee is then told.
func (o *opener) Browse(ctx context.Context, page wire.PortalPage, instead bool) error {
	asking, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	link, err := o.agent.Portal(asking, page)
	if err == nil {
		err = browse(link.URL)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		reason := ""
		if fault.CodeOf(err) != fault.Internal {
			reason = model.Sentence(err)
		}
		o.note(ctx, model.NoteNoHelp(reason))
		return err
	case instead:
		o.note(ctx, model.NoteNoWindow())
	}
	return nil
}
