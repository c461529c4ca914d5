package traytest

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Window is a window on the display.
type Window struct {
	desk *Desktop
	ID   string
}

// Window finds the visible window with this title, or an error.
func (d *Desktop) Window(title string) (*Window, error) {
	out, err := d.Command("xdotool", "search", "--onlyvisible", "--name", "^"+title+"$").Output()
	ids := strings.Fields(string(out))
	if err != nil || len(ids) == 0 {
		return nil, fmt.Errorf("there is no visible window %q", title)
	}
	return &Window{d, ids[0]}, nil
}

// WaitWindow waits until a window with this title is visible and has the keyboard.
func (d *Desktop) WaitWindow(t testing.TB, title string) *Window {
	t.Helper()
	var w *Window
	Until(t, "the window “"+title+"”", func() (err error) {
		if w, err = d.Window(title); err != nil {
			return err
		}
		out, err := d.Command("xdotool", "getwindowfocus").Output()
		if err == nil && strings.TrimSpace(string(out)) != w.ID {
			err = fmt.Errorf("the keyboard is elsewhere")
		}
		return err
	})
	return w
}

// Type types text into the window.
func (w *Window) Type(text string) error {
	return run(w.desk.Command("xdotool", "type", "--delay", "12", text))
}

// Key presses keys, by xdotool's names: "ctrl+Return".
func (w *Window) Key(keys ...string) error {
	return run(w.desk.Command("xdotool", append([]string{"key", "--delay", "30"}, keys...)...))
}

// Click clicks at a place in the window, in pixels from its left top corner.
func (w *Window) Click(x, y int) error {
	return run(w.desk.Command("xdotool", "mousemove", "--window", w.ID, strconv.Itoa(x), strconv.Itoa(y), "click", "1"))
}

// Picture writes what the window shows into a PNG file.
func (w *Window) Picture(path string) error {
	return run(w.desk.Command("import", "-window", w.ID, path))
}

// Picture writes what the whole display shows into a PNG file.
func (d *Desktop) Picture(path string) error {
	return run(d.Command("import", "-window", "root", path))
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, out)
	}
	return nil
}
