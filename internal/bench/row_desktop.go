//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/traytest"
)

// rig is the part of testing.TB that the desktop session of the tests asks for.
type rig struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
}

// rigFailed is what a failure of the session panics with.
type rigFailed struct{ err error }

// Helper implements testing.TB.
func (r *rig) Helper() {}

// Fatal implements testing.TB.
func (r *rig) Fatal(args ...any) {
	panic(rigFailed{errors.New(strings.TrimSpace(fmt.Sprintln(args...)))})
}

// Fatalf implements testing.TB.
func (r *rig) Fatalf(format string, args ...any) { panic(rigFailed{fmt.Errorf(format, args...)}) }

// Cleanup implements testing.TB.
func (r *rig) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

// Context implements testing.TB.
func (r *rig) Context() context.Context { return r.ctx }

// inSession runs f in a desktop session with an agent, and ends the session.
func inSession(ctx context.Context, f func(*rig, *traytest.Desktop, *localtest.Agent) error) (err error) {
	r := &rig{ctx: ctx}
	defer func() {
		if v := recover(); v != nil {
			failed, ok := v.(rigFailed)
			if !ok {
				panic(v)
			}
			err = failed.err
		}
		for _, c := range slices.Backward(r.cleanups) {
			c()
		}
	}()
	desk := traytest.NewDesktop(r, traytest.Options{})
	agent := localtest.Make(filepath.Join(desk.Home, "agent"))
	if err := os.Mkdir(agent.Dir, 0o755); err != nil {
		return err
	}
	if err := agent.Start(); err != nil {
		return err
	}
	r.Cleanup(agent.Stop)
	agent.SetCheckup(localtest.Step{Value: sample.Checkup()})
	return f(r, desk, agent)
}

// idle is what a tray that nobody touches uses.
type idle struct {
	RSS  int64   `json:"rss_median"`
	CPU  float64 `json:"cpu_seconds"`
	Core float64 `json:"percent_of_a_core"`
}

// idleTray starts a tray in a session and leaves it alone.
func (b *bench) idleTray(ctx context.Context, program string, own bool) (i idle, err error) {
	err = inSession(ctx, func(r *rig, desk *traytest.Desktop, agent *localtest.Agent) error {
		host := desk.Host(r)
		cmd := desk.Command(program)
		if own {
			cmd = desk.Command(program, "--state", agent.Dir)
		}
		desk.Start(r, cmd)
		if _, err := host.WaitTray(ctx); err != nil {
			return err
		}
		if err := pause(ctx, b.Tray/4); err != nil {
			return err
		}
		pid := cmd.Process.Pid
		before, err := cpuOf(pid)
		if err != nil {
			return err
		}
		start := time.Now()
		var rss []int64
		for time.Since(start) < b.Tray {
			m, err := memoryOf(pid)
			if err != nil {
				return err
			}
			rss = append(rss, m.RSS)
			if err := pause(ctx, 500*time.Millisecond); err != nil {
				return err
			}
		}
		after, err := cpuOf(pid)
		if err != nil {
			return err
		}
		slices.Sort(rss)
		i.RSS, i.CPU = rss[len(rss)/2], (after - before).Seconds()
		i.Core = i.CPU / time.Since(start).Seconds() * 100
		return nil
	})
	return i, err
}

// tray is the row “tray RSS, CPU when idle”.
func tray(ctx context.Context, b *bench) (*Result, error) {
	if err := b.build(ctx, nil, "github.com/deskbell/deskbell/internal/bench/baretray"); err != nil {
		return nil, err
	}
	bare, err := b.idleTray(ctx, filepath.Join(b.bin, "baretray"), false)
	if err != nil {
		return nil, err
	}
	own, err := b.idleTray(ctx, filepath.Join(b.bin, "deskbell-tray"), true)
	if err != nil {
		return nil, err
	}
	return &Result{
		How: fmt.Sprintf("The tray runs in a desktop session (Xvfb, a session bus, a panel) beside an agent that is connected and has no news. After %v it is watched for %v; the median of its resident memory counts.", b.Tray/4, b.Tray),
		Lines: []Line{
			{What: "tray RSS", Unit: "MB", Bare: float64(bare.RSS) / 1e6, Deskbell: float64(own.RSS) / 1e6, Target: 10, Sense: AtMost, BareIs: "the same library's icon with a menu of one line."},
			{What: "tray CPU when idle, share of a core", Unit: "%", Deskbell: own.Core, Target: 0, Sense: AtMost},
		},
		Notes: []string{fmt.Sprintf("Processor time is read in steps of 10 ms: %.2f s (bare %.2f s) in %v.", own.CPU, bare.CPU, b.Tray)},
		Raw:   map[string]any{"bare": bare, "deskbell": own},
	}, nil
}

// windowTags are those of the Makefile.
const windowTags = "x11,migrated_fynedo,gles"

// window is the row “click to window drawn”.
func window(ctx context.Context, b *bench) (*Result, error) {
	cgo := []string{"CGO_ENABLED=1"}
	if err := b.build(ctx, cgo, "-tags", windowTags, "deskbell-window"); err != nil {
		return nil, err
	}
	if err := b.build(ctx, cgo, "-tags", windowTags, "github.com/deskbell/deskbell/internal/bench/barewindow"); err != nil {
		return nil, err
	}
	var cold, warm, bare []float64
	err := inSession(ctx, func(r *rig, desk *traytest.Desktop, agent *localtest.Agent) error {
		for range b.Clicks {
			s, err := b.bareDrawn(ctx, desk)
			if err != nil {
				return err
			}
			bare = append(bare, s)
		}
		click, err := b.clicker(r, desk, agent)
		if err != nil {
			return err
		}
		for range b.Clicks {
			c, w, err := click(ctx)
			if err != nil {
				return err
			}
			cold, warm = append(cold, c), append(warm, w)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	raw := map[string]any{"bare_seconds": slices.Clone(bare), "click_to_drawn_seconds": slices.Clone(cold), "click_to_visible_again_seconds": slices.Clone(warm)}
	return &Result{
		How: fmt.Sprintf("In a desktop session (Xvfb, OpenGL in software) the tray's “Get help…” is clicked over D-Bus %d times, each time with no window program running. Timed is until the window program says that its first frame is on the screen, "+
			"which the end-to-end test of the windows checks with pictures; the median counts. Then the window is closed, and clicked for again while the program still runs.", b.Clicks),
		Lines: []Line{
			{What: "click to window drawn (Xvfb, software GL), no window program running", Unit: "s", Bare: median(bare), Deskbell: median(cold), Target: 0.6, Sense: AtMost,
				BareIs: "a Fyne program with one label in a window of the same size, from its start to its first frame."},
			{What: "click to window visible again, program running", Unit: "s", Deskbell: median(warm), Target: 0.15, Sense: AtMost},
		},
		Notes: []string{fmt.Sprintf("The slowest of %d took %.2f s (bare %.2f s).", b.Clicks, slices.Max(cold), slices.Max(bare))},
		Raw:   raw,
	}, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// bareDrawn starts the bare window and returns how long it took to draw.
func (b *bench) bareDrawn(ctx context.Context, desk *traytest.Desktop) (float64, error) {
	cmd := desk.Command(filepath.Join(b.bin, "barewindow"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(out)
	drawn := lines.Scan() && lines.Text() == "drawn"
	took := time.Since(start).Seconds()
	cmd.Process.Kill()
	cmd.Wait() // it was killed, and says so
	if !drawn {
		return 0, errors.New("the bare window was not drawn")
	}
	return took, pause(ctx, 200*time.Millisecond)
}

// clicker starts the tray, and returns what clicks once and tells how long it took
// to the first window drawn, and to the same window again.
func (b *bench) clicker(r *rig, desk *traytest.Desktop, agent *localtest.Agent) (func(context.Context) (cold, warm float64, err error), error) {
	host := desk.Host(r)
	// Between tray and window program stands a script that notes when the program
	// said that it has drawn.
	dir, times := filepath.Join(desk.Home, "bin"), filepath.Join(desk.Home, "times")
	real := filepath.Join(dir, "deskbell-window.real")
	script := "#!/bin/sh\n\"" + real + "\" \"$@\" | while read -r line; do date +%s%N >> " + times + "; echo \"$line\"; done\n"
	err := errors.Join(os.Mkdir(dir, 0o755),
		os.Symlink(filepath.Join(b.bin, "deskbell-window"), real),
		copyFile(filepath.Join(b.bin, "deskbell-tray"), filepath.Join(dir, "deskbell-tray")),
		os.WriteFile(filepath.Join(dir, "deskbell-window"), []byte(script), 0o755))
	if err != nil {
		return nil, err
	}
	desk.Start(r, desk.Command(filepath.Join(dir, "deskbell-tray"), "--state", agent.Dir))
	bell, err := host.WaitTray(r.ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (cold, warm float64, err error) {
		start := time.Now()
		if err := bell.Click("Get help…"); err != nil {
			return 0, 0, err
		}
		var at time.Time
		err = until(ctx, "the window", 20*time.Second, func() bool {
			text, err := os.ReadFile(times)
			n, bad := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			at = time.Unix(0, n)
			return err == nil && bad == nil
		})
		if err != nil {
			return 0, 0, err
		}
		cold = at.Sub(start).Seconds()
		w := desk.WaitWindow(r, "Get help")
		if err := w.Key("Escape"); err != nil {
			return 0, 0, err
		}
		gone := func() bool { _, err := desk.Window("Get help"); return err != nil }
		if err := until(ctx, "the end of the window", 10*time.Second, gone); err != nil {
			return 0, 0, err
		}
		start = time.Now()
		if err := bell.Click("Get help…"); err != nil {
			return 0, 0, err
		}
		if err := until(ctx, "the window again", 20*time.Second, func() bool { return !gone() }); err != nil {
			return 0, 0, err
		}
		warm = time.Since(start).Seconds()
		// The window is on the screen before the tray has been answered that it is. Ended
		// in between, the tray would rightly start another one. The tray shows one page
		// after the other: once it has shown this one it has its answer.
		again := desk.Command(filepath.Join(dir, "deskbell-tray"), "--state", agent.Dir, "--show", "ring")
		if out, err := again.CombinedOutput(); err != nil {
			return 0, 0, fmt.Errorf("the tray does not show the window again: %w: %s", err, out)
		}
		for _, pid := range desk.Processes("deskbell-window") {
			if p, err := os.FindProcess(pid); err == nil {
				p.Kill()
			}
		}
		err = until(ctx, "the end of the program", 10*time.Second, func() bool { return len(desk.Processes("deskbell-window")) == 0 })
		os.Remove(times)
		return cold, warm, err
	}, nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}
