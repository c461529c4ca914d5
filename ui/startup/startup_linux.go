package startup

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/deskbell/deskbell/internal/durable"
)

// name is the entry's, the installed one's and a person's alike: theirs stands in
// for it (Desktop Application Autostart Specification).
const name = "com.deskbell.Deskbell-autostart.desktop"

// xdg is the desktop's way.
type xdg struct {
	own     string   // the person's file
	others  []string // those for everybody, the first there is holds
	program string   // of the tray
}

// Mine returns this person's entry.
func Mine() Entry {
	home, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	x := xdg{own: filepath.Join(home, "autostart", name), program: "deskbell-tray"}
	dirs := os.Getenv("XDG_CONFIG_DIRS")
	if dirs == "" {
		dirs = "/etc/xdg"
	}
	for _, dir := range filepath.SplitList(dirs) {
		x.others = append(x.others, filepath.Join(dir, "autostart", name))
	}
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), "deskbell-tray"); exists(beside) {
			x.program = beside
		}
	}
	return x
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (x xdg) installed() bool {
	for _, path := range x.others {
		if b, err := os.ReadFile(path); err == nil {
			return starts(b)
		}
	}
	return false
}

// On reports whether the bell comes with the session.
func (x xdg) On() bool {
	b, err := os.ReadFile(x.own)
	if err != nil {
		return x.installed()
	}
	return starts(b)
}

// starts reports whether an entry starts anything.
func starts(b []byte) bool {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		switch strings.ReplaceAll(strings.ToLower(lines.Text()), " ", "") {
		case "hidden=true", "x-gnome-autostart-enabled=false":
			return false
		}
	}
	return true
}

// Set makes the bell come with the session, or not.
func (x xdg) Set(on bool) error {
	if on && x.installed() {
		err := os.Remove(x.own)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	text := "[Desktop Entry]\nType=Application\nName=Deskbell\n"
	if on {
		text += "Exec=" + quoted(x.program) + "\nIcon=com.deskbell.Deskbell\nNoDisplay=true\n"
	} else {
		text += "Hidden=true\n"
	}
	if err := os.MkdirAll(filepath.Dir(x.own), 0o700); err != nil {
		return durable.Fault(err)
	}
	return durable.Fault(durable.Write(x.own, []byte(text), 0o644))
}

// quoted is an argument as the Desktop Entry Specification writes it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", `$`, `\\$`, `%`, `%%`).Replace(s) + `"`
}
