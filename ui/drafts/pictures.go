package drafts

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/model"
)

// strays is how long a picture that no draft has may lie on disk after a crash.
const strays = 24 * time.Hour

// Keep puts a picture of the screen beside the drafts. It stays until no draft has
// it any more: it was sent, or taken out.
func (s *Store) Keep(data []byte) (model.File, error) {
	path := filepath.Join(s.pictures(), ulid.Make().String()+".png")
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = durable.Write(path, data, 0o600)
	}
	if _, unsure := errors.AsType[*durable.UnsureError](err); err != nil && !unsure {
		s.log.Error("the picture could not be written to disk", "file", path, "error", err)
		return model.File{}, fault.Say(fault.Full, "error.shot_not_kept").Because(err)
	}
	return model.File{Path: path, Name: s.name(), Size: int64(len(data)), Own: true}, nil
}

// name is what the next picture is called.
func (s *Store) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 1; ; n++ {
		name := "screen-" + strconv.Itoa(n) + ".png"
		if !slices.ContainsFunc(s.now.Ring.Files, func(f model.File) bool { return f.Name == name }) {
			return name
		}
	}
}

// pictures is their folder. A private agent's drafts have one of their own.
func (s *Store) pictures() string { return strings.TrimSuffix(s.path, ".json") + "-pictures" }

// leave notes which pictures of before no draft has now. The caller holds mu.
func (s *Store) leave(before, now []model.File) {
	for _, f := range before {
		if f.Own && filepath.Dir(f.Path) == s.pictures() && !slices.ContainsFunc(now, func(g model.File) bool { return g.Path == f.Path }) {
			s.drop = append(s.drop, f.Path)
		}
	}
}

// forget removes them, once the disk holds the drafts without them. The caller
// holds mu.
func (s *Store) forget() {
	for _, path := range s.drop {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			s.log.Warn("a picture that is not needed any more could not be removed", "file", path, "error", err)
		}
	}
	s.drop = nil
	os.Remove(s.pictures()) // when it is empty
}

// sweep removes what a crash has left behind.
func (s *Store) sweep(now time.Time) {
	entries, err := os.ReadDir(s.pictures())
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(s.pictures(), e.Name())
		info, err := e.Info()
		if err == nil && now.Sub(info.ModTime()) > strays && !slices.ContainsFunc(s.now.Ring.Files, func(f model.File) bool { return f.Path == path }) {
			os.Remove(path)
		}
	}
}
