package traytest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Desktop is a desktop session without a screen.
type Desktop struct {
	Display string   // as in DISPLAY; "" without a screen
	Bus     string   // address of the session bus
	Home    string   // HOME of the session's programs
	Runtime string   // XDG_RUNTIME_DIR
	Env     []string // of the session's programs
}

// Options say what a desktop has.
type Options struct {
	NoScreen bool   // no display at all
	NoGL     bool   // a display that has no OpenGL
	Screen   string // of the display; "" is 1280x800x24
}

// NewDesktop starts a session: bus, display and window manager.
func NewDesktop(t testing.TB, o Options) *Desktop {
	t.Helper()
	need(t, "dbus-daemon")
	dir, err := os.MkdirTemp("", "desk") // short: socket paths are limited
	if err != nil {
		t.Fatal(err)
	}
	d := &Desktop{Home: filepath.Join(dir, "home"), Runtime: filepath.Join(dir, "run")}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Cleanup(func() { d.End() })
	for _, p := range []string{d.Home, d.Runtime} {
		if err := os.Mkdir(p, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	drop := []string{"DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_", "HOME", "DESKBELL_", "XAUTHORITY"}
	for _, e := range os.Environ() {
		if !slices.ContainsFunc(drop, func(p string) bool { return strings.HasPrefix(e, p) }) {
			d.Env = append(d.Env, e)
		}
	}
	d.Env = append(d.Env, "HOME="+d.Home, "XDG_RUNTIME_DIR="+d.Runtime, "LIBGL_ALWAYS_SOFTWARE=1", "NO_AT_BRIDGE=1", "LC_ALL=C.UTF-8")
	d.startBus(t)
	if !o.NoScreen {
		d.startScreen(t, o)
	}
	return d
}

func need(t testing.TB, programs ...string) {
	t.Helper()
	packages := map[string]string{"dbus-daemon": "dbus-daemon", "Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool", "import": "imagemagick"}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("this test needs the program %s: install the package %s", p, packages[p])
		}
	}
}

func (d *Desktop) startBus(t testing.TB) {
	t.Helper()
	cmd := d.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", "--address=unix:path="+filepath.Join(d.Runtime, "bus"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.Start(t, cmd)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the session bus did not start")
	}
	d.Bus = lines.Text()
	d.Env = append(d.Env, "DBUS_SESSION_BUS_ADDRESS="+d.Bus)
}

func (d *Desktop) startScreen(t testing.TB, o Options) {
	t.Helper()
	need(t, "Xvfb", "openbox", "xdotool", "import")
	if o.Screen == "" {
		o.Screen = "1280x800x24"
	}
	gl := "+extension"
	if o.NoGL {
		gl = "-extension"
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	// Without -r a key that is held for long, because the machine is busy, is typed twice.
	cmd := d.Command("Xvfb", "-r", "-displayfd", "3", "-screen", "0", o.Screen, gl, "GLX", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	d.Start(t, cmd)
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal("the display did not start:", err)
	}
	d.Display = ":" + strings.TrimSpace(number)
	d.Env = append(d.Env, "DISPLAY="+d.Display)
	d.Start(t, d.Command("openbox"))
	Until(t, "a window manager", func() error {
		return run(d.Command("xdotool", "get_num_desktops")) // which a window manager tells
	})
}

// Host becomes the panel and the notification daemon of the session.
func (d *Desktop) Host(t testing.TB) *Host {
	t.Helper()
	h, err := NewHost(d.Bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// Command prepares a program of the session.
func (d *Desktop) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Env = slices.Clone(d.Env)
	cmd.Dir = d.Home
	return cmd
}

// Start starts a program, and ends it with the test.
func (d *Desktop) Start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// Until waits for try to succeed, at most 20 seconds.
func Until(t testing.TB, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s did not come: %v", what, err)
		}
	}
}

// Receive waits for the next of what a channel brings, at most 20 seconds.
func Receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	select {
	case v := <-from:
		return v
	case <-timeout.C:
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// Tray waits for the next icon that registers, at most 20 seconds.
func (h *Host) Tray(t testing.TB) *Tray {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tray, err := h.WaitTray(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return tray
}
