package tongue

import (
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spoken are the folders in which nothing that can be read may stand outside the
// catalogue: the windows and the tray, and the agent's packages whose sentences they
// show as they come.
var spoken = []string{"ui", "agent/fix"}

// notSpoken are folders of these that no employee ever runs.
var notSpoken = []string{"ui/sample", "ui/traytest", "ui/uitest", "ui/assets/draw"}

// readable is what a person would read as words: two of them, or one that begins
// like a sentence or a label. A single word without a capital is a key.
var readable = regexp.MustCompile(`\pL{2,} \pL{2,}|\pL{2,}[,.:;?!…] |^ ?\p{Lu}\p{Ll}{2,}[.:…]?$|^\pL{2,} $|^ \pL{2,}`)

// technical are the calls whose words are for logs, for errors without a sentence (a
// person is never told their text) and for other programs.
var technical = regexp.MustCompile(`(?i)^(.*\.)?log\.(debug|info|warn|error|logattrs)$|^slog\.|^(errors\.New|fmt\.Errorf|panic)$|^(.*\.)?(NewProc|NewLazySystemDLL|NewLazyDLL|MustLoadDLL|Getenv|LookupEnv)$|^strings\.(HasPrefix|Contains|TrimPrefix|CutPrefix)$|^regexp\.MustCompile$`)

// asTheyAre are the other words that stand outside the catalogue, by file: what
// they are, and so why no language changes them. "*" is the whole file.
var asTheyAre = map[string]map[string]string{
	"agent/fix/control_linux.go": {"*": "an act that a technician orders from afar; its answer goes to the console"},
	"agent/fix/hands.go": {
		"This command is started by the agent itself.": "for whoever types the hidden command",
		"panic: ": "for the log",
	},
	"agent/fix/process_linux.go":  {"Xorg": "a program", "Xwayland": "a program", "Hyprland": "a program"},
	"agent/fix/rights_linux.go":   {"*": "systemd-run's arguments, and terminals, whose errors go to the console"},
	"agent/fix/rights_windows.go": {"*": "how a terminal begins; its errors go to the console"},
	"agent/fix/service_linux.go":  {"Result": "a property of systemd"},
	"agent/fix/system.go":         {" failed": "for the log"},
	"ui/model/choice.go":          {"rate ": "a notification's key"},
	"ui/model/settings.go": {
		"English": "its own name", "Deutsch": "its own name", "Français": "its own name", "Español": "its own name",
	},
	"ui/notify/notify_darwin.go":   {"*": "a script for osascript"},
	"ui/shot/grab/portal_linux.go": {"Response": "a signal of D-Bus"},
	"ui/startup/startup_linux.go":  {"[Desktop Entry]\nType=Application\nName=Deskbell\n": "a desktop file's keys"},
	"ui/tickets/act.go":            {"reply ": "a key of what waits", "rating of ": "a draft's key", "comment ": "a key of what waits"},
	"ui/tickets/download.go":       {"Downloads": "a folder's name on the disk"},
	"ui/tray/panel_linux.go": {
		"Category": "a property of D-Bus", "Title": "a property of D-Bus", "Status": "a property of D-Bus", "Active": "a value of it", "Menu": "a property of D-Bus",
	},
}

// TestNothingIsSaidOutsideTheCatalogue finds words that reach an employee in English
// only.
func TestNothingIsSaidOutsideTheCatalogue(t *testing.T) {
	used := map[string]bool{}
	files := sources(t, spoken...)
	if len(files) < 100 {
		t.Fatalf("only %d files were read", len(files))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if slices.ContainsFunc(notSpoken, func(dir string) bool { return path.Dir(name) == dir || strings.HasPrefix(name, dir+"/") }) {
			continue
		}
		for _, s := range outside(files[name]) {
			for _, known := range []string{s, "*"} {
				if asTheyAre[name][known] != "" {
					used[name+known] = true
					s = ""
				}
			}
			if s != "" {
				t.Errorf("%s says %q, which is not in the catalogue", name, s)
			}
		}
	}
	for name, all := range asTheyAre {
		for s := range all {
			if !used[name+s] {
				t.Errorf("%s is allowed to say %q, and does not", name, s)
			}
		}
	}
}

// outside lists the readable words of a file that are no text of the catalogue.
func outside(f *ast.File) (all []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field: // its tag; in the parameters of a function there is none
			return n.Tag == nil
		case *ast.CallExpr:
			return !technical.MatchString(dotted(n.Fun))
		case *ast.BasicLit:
			if s, ok := literal(n); ok && s != "Deskbell" && readable.MatchString(s) {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}

// dotted writes what is called as the source has it: a.o.Log.Info.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return dotted(e.Fun)
	}
	return ""
}

// TestWordsOutsideAreSeen holds the search above against what it is to find and to pass.
func TestWordsOutsideAreSeen(t *testing.T) {
	for s, want := range map[string]bool{
		"No answer came.": true, "Send": true, "free on ": true, "Try again…": true, " of ": true, "%s, please": false,
		"ring.sent": false, "com.deskbell.Deskbell": false, "XDG_STATE_HOME": false, "--wait": false, "png": false, "2006-01-02 15:04": false,
	} {
		if got := readable.MatchString(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
