package startup

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEntry(t *testing.T) {
	for name, installed := range map[string]string{"nothing installed": "", "installed": "[Desktop Entry]\nExec=deskbell-tray\nX-GNOME-Autostart-enabled=true\n"} {
		home, system := t.TempDir(), t.TempDir()
		t.Setenv("XDG_CONFIG_HOME", home)
		t.Setenv("XDG_CONFIG_DIRS", filepath.Join(t.TempDir(), "none")+":"+system)
		if installed != "" {
			if err := os.MkdirAll(filepath.Join(system, "autostart"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(system, "autostart", "com.deskbell.Deskbell-autostart.desktop"), []byte(installed), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		e := Mine()
		if e.On() != (installed != "") {
			t.Errorf("%s: at first it is %v", name, e.On())
		}
		for _, on := range []bool{false, true, true, false, false, true} {
			if err := e.Set(on); err != nil || Mine().On() != on {
				t.Errorf("%s: set to %v it is %v, %v", name, on, Mine().On(), err)
			}
		}
		_, err := os.Stat(filepath.Join(home, "autostart", "com.deskbell.Deskbell-autostart.desktop"))
		if (err == nil) != (installed == "") {
			t.Errorf("%s: the person's own entry: %v", name, err)
		}
	}
}
