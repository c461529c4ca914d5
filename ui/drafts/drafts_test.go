package drafts_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/model"
)

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "state", "drafts.json") }

func TestWordsSurvive(t *testing.T) {
	path := file(t)
	want := model.Draft{Question: "Printer", Details: "since 9", Without: []diagnostics.SectionName{"log"}, Files: []model.File{{Path: "/x", Name: "x", Size: 3}}}
	s := drafts.Open(path, slog.New(slog.DiscardHandler))
	s.SetRing(want)
	s.SetReply("T1", "Thanks")
	s.Flush()
	again := drafts.Open(path, slog.New(slog.DiscardHandler))
	if d := cmp.Diff(want, again.Ring()); d != "" {
		t.Error(d)
	}
	if again.Reply("T1") != "Thanks" {
		t.Errorf("the answer is %q", again.Reply("T1"))
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the draft: %v", info.Mode())
	}
	again.SetRing(model.Draft{})
	again.SetReply("T1", "")
	again.Flush()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("what was sent is still on disk")
	}
}

// Nobody calls Flush when a program is killed: what was typed a second ago is on
// disk all the same.
func TestTheDiskFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := file(t)
		s := drafts.Open(path, slog.New(slog.DiscardHandler))
		for _, q := range []string{"P", "Pr", "Pri"} {
			s.SetRing(model.Draft{Question: q})
			time.Sleep(100 * time.Millisecond)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("each key is written")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if q := drafts.Open(path, slog.New(slog.DiscardHandler)).Ring().Question; q != "Pri" {
			t.Errorf("on disk is %q", q)
		}
	})
}

func TestADamagedFileIsPutAside(t *testing.T) {
	path := file(t)
	os.MkdirAll(filepath.Dir(path), 0o700)
	if err := os.WriteFile(path, []byte(`{"ring":{"question":"half a`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := drafts.Open(path, slog.New(slog.DiscardHandler))
	s.SetRing(model.Draft{Question: "new"})
	s.Flush()
	if b, err := os.ReadFile(path + ".damaged"); err != nil || len(b) == 0 {
		t.Errorf("the old words are gone: %v", err)
	}
}

func TestInstancesAreApart(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/s")
	a, _ := drafts.Path("")
	b, _ := drafts.Path("/private")
	if a != "/s/deskbell/drafts.json" || a == b {
		t.Errorf("%s and %s", a, b)
	}
}
