package prefs

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var quietLog = slog.New(slog.DiscardHandler)

func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "prefs.json")
	s := Open(path, quietLog)
	if s.Now() != (Prefs{}) {
		t.Errorf("at first: %+v", s.Now())
	}
	want := Prefs{Language: "fr", Shade: Dark, Text: 150, AnswersOnly: true, QuietFrom: 22 * 60, QuietTo: 7 * 60}
	if err := s.Set(want); err != nil || s.Now() != want {
		t.Errorf("%+v, %v", s.Now(), err)
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i, err)
	}
	other := Open(path, quietLog) // another program of theirs
	if other.Now() != want {
		t.Errorf("read back: %+v", other.Now())
	}
	if err := s.Set(Prefs{}); err != nil || other.Read() != (Prefs{}) {
		t.Errorf("read again: %+v, %v", other.Now(), err)
	}
}

// A file that somebody has edited does no harm.
func TestNonsense(t *testing.T) {
	for _, text := range []string{"", "{", `{"language":"tlh","shade":"pink","quiet_from":-5,"quiet_to":99999,"text":-300}`, `{"text":100}`, `{"text":1000000}`, `[]`, `{"language":7}`} {
		path := filepath.Join(t.TempDir(), "prefs.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p := Open(path, quietLog).Now(); p != (Prefs{}) {
			t.Errorf("%q is read as %+v", text, p)
		}
	}
	if err := Open("/proc/nothing/here.json", quietLog).Set(Prefs{Shade: Light}); err == nil {
		t.Error("what cannot be written is told written")
	}
}

func TestQuiet(t *testing.T) {
	night, noon := Prefs{QuietFrom: 22 * 60, QuietTo: 7 * 60}, Prefs{QuietFrom: 12 * 60, QuietTo: 13*60 + 30}
	for _, c := range []struct {
		p     Prefs
		at    string
		until string // "" it is not quiet
	}{
		{night, "21:59", ""}, {night, "22:00", "07:00"}, {night, "23:59", "07:00"}, {night, "00:00", "07:00"}, {night, "06:59", "07:00"}, {night, "07:00", ""},
		{noon, "11:59", ""}, {noon, "12:00", "13:30"}, {noon, "13:29", "13:30"}, {noon, "13:30", ""},
		{Prefs{}, "00:00", ""}, {Prefs{QuietFrom: 60, QuietTo: 60}, "01:00", ""},
	} {
		now, err := time.Parse("15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		until, quiet := c.p.Quiet(now.Add(20 * time.Second))
		if quiet != (c.until != "") || quiet && until.Format("15:04") != c.until {
			t.Errorf("%+v at %s: quiet %v until %s", c.p, c.at, quiet, until.Format("15:04"))
		}
	}
}
