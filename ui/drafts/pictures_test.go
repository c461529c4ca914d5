package drafts_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/model"
)

func keep(t *testing.T, s *drafts.Store, text string) model.File {
	t.Helper()
	f, err := s.Keep([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func there(f model.File) bool {
	_, err := os.Stat(f.Path)
	return err == nil
}

// A picture lives as long as the draft that has it: over a new start, and no longer
// than until it was taken out or sent.
func TestPicturesGoWithTheirDraft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drafts.json")
	s := drafts.Open(path, slog.New(slog.DiscardHandler))
	one := keep(t, s, "one")
	s.SetRing(model.Draft{Question: "x", Files: []model.File{one}})
	two := keep(t, s, "two")
	if one.Name != "screen-1.png" || two.Name != "screen-2.png" || two.Size != 3 {
		t.Errorf("they are %+v and %+v", one, two)
	}
	s.SetRing(model.Draft{Question: "x", Files: []model.File{one, two}})
	s.Flush()
	s = drafts.Open(path, slog.New(slog.DiscardHandler))
	files := s.Ring().Files
	if len(files) != 2 || !there(files[0]) || !there(files[1]) {
		t.Fatalf("after a new start there are %+v", files)
	}
	s.SetRing(model.Draft{Question: "x", Files: files[:1]})
	if !there(two) {
		t.Error("a picture is gone before the disk holds the draft without it")
	}
	s.Flush()
	if there(two) || !there(one) {
		t.Error("the picture that was taken out is there, or the other one is not")
	}
	s.SetRing(model.Draft{})
	s.Flush()
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 0 {
		t.Errorf("after sending there are %v, %v", entries, err)
	}
}

// A file of the person's own is never removed, wherever it lies.
func TestOwnFilesStay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "drafts.json")
	s := drafts.Open(path, slog.New(slog.DiscardHandler))
	mine := filepath.Join(dir, "mine.png")
	if err := os.WriteFile(mine, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.SetRing(model.Draft{Files: []model.File{{Path: mine}, {Path: mine, Own: true}}})
	s.SetRing(model.Draft{})
	s.Flush()
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

// What a crash left behind is removed after a day, and not what a draft has.
func TestStrayPictures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drafts.json")
	s := drafts.Open(path, slog.New(slog.DiscardHandler))
	old, fresh, used := keep(t, s, "old"), keep(t, s, "new"), keep(t, s, "used")
	s.SetRing(model.Draft{Files: []model.File{used}})
	s.Flush()
	yesterday := time.Now().Add(-25 * time.Hour)
	for _, f := range []model.File{old, used} {
		if err := os.Chtimes(f.Path, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	drafts.Open(path, slog.New(slog.DiscardHandler))
	if there(old) || !there(fresh) || !there(used) {
		t.Errorf("there are old %v, new %v, used %v", there(old), there(fresh), there(used))
	}
}

func TestNoRoomForAPicture(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "drafts-pictures"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := drafts.Open(filepath.Join(dir, "drafts.json"), slog.New(slog.DiscardHandler))
	if _, err := s.Keep([]byte("x")); !fault.Is(err, fault.Full) {
		t.Errorf("it gets %v", err)
	}
}
