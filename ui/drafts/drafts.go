// Package drafts keeps what an employee has typed and not sent, in memory and on
// disk, until it is sent: a crash, a restart or an agent that is away loses no
// word.
package drafts

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/ui/model"
)

// Drafts is what is kept.
type Drafts struct {
	Ring    model.Draft       `json:"ring"`
	Replies map[string]string `json:"replies,omitempty"` // ticket → text
}

// delay is how long after a key the disk is asked: a person who types asks it
// about once a second.
const delay = 800 * time.Millisecond

// Store keeps drafts in a file. It may be used from any goroutine.
type Store struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	now   Drafts
	dirty bool
	timer *time.Timer
	drop  []string // pictures that no draft has any more, once the disk says so too
}

// Open reads the drafts that the file holds. A file that cannot be read is put
// aside, never overwritten: somebody's words may be in it.
func Open(path string, log *slog.Logger) *Store {
	s := &Store{path: path, log: log}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && json.Unmarshal(b, &s.now) == nil:
	default:
		log.Warn("the drafts could not be read and were put aside", "file", path, "error", err)
		s.now = Drafts{}
		os.Rename(path, path+".damaged")
	}
	if s.now.Replies == nil {
		s.now.Replies = map[string]string{}
	}
	s.sweep(time.Now())
	return s
}

// Ring returns the ring that was being written.
func (s *Store) Ring() model.Draft {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Ring
}

// SetRing keeps the ring that is being written; an empty one is forgotten.
func (s *Store) SetRing(d model.Draft) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(s.now.Ring.Files, d.Files)
	s.now.Ring = d
	s.touch()
}

// Reply returns the answer that was being written to a ticket.
func (s *Store) Reply(ticket string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Replies[ticket]
}

// SetReply keeps the answer that is being written; an empty one is forgotten.
func (s *Store) SetReply(ticket, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.Replies[ticket] == text {
		return
	}
	if text == "" {
		delete(s.now.Replies, ticket)
	} else {
		s.now.Replies[ticket] = text
	}
	s.touch()
}

// touch lets the disk be written soon. The caller holds mu.
func (s *Store) touch() {
	s.dirty = true
	if s.timer == nil {
		s.timer = time.AfterFunc(delay, s.Flush)
		return
	}
	s.timer.Reset(delay)
}

// Flush writes what is not on disk yet.
func (s *Store) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if !s.dirty {
		return
	}
	if err := s.write(); err != nil {
		s.log.Error("the draft could not be written to disk", "file", s.path, "error", err)
		return
	}
	s.dirty = false
	s.forget()
}

// write replaces the file whole, so that a crash leaves the old one or the new.
func (s *Store) write() error {
	if s.now.Ring.Empty() && len(s.now.Replies) == 0 {
		if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	b, err := json.Marshal(s.now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	err = durable.Write(s.path, b, 0o600)
	if _, unsure := errors.AsType[*durable.UnsureError](err); unsure {
		return nil // a power cut in the next seconds may undo it, and nothing else
	}
	return err
}
