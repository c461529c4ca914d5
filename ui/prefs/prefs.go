// Package prefs keeps how a person wants Deskbell: their language, light or dark,
// and what the bell may announce. It is theirs, on this machine, and no server
// knows of it.
package prefs

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Shade is light or dark.
type Shade string

// The shades.
const (
	AsDesktop Shade = ""
	Light     Shade = "light"
	Dark      Shade = "dark"
)

// Prefs are how a person wants it. The zero value is what nobody has changed.
type Prefs struct {
	Language tongue.Language `json:"language,omitempty"` // "": the session's
	Shade    Shade           `json:"shade,omitempty"`
	Text     int             `json:"text,omitempty"` // how large it is, of TextSizes; 0: plain
	// AnswersOnly announces answers, and not that something waits for a decision.
	AnswersOnly bool `json:"answers_only,omitempty"`
	// Nothing pops up from QuietFrom to QuietTo, in minutes of the day. The same
	// twice is no quiet at all.
	QuietFrom int `json:"quiet_from,omitempty"`
	QuietTo   int `json:"quiet_to,omitempty"`
}

const day = 24 * 60

// TextSizes lists how large text can be, in percent of plain.
func TextSizes() []int { return []int{100, 125, 150, 200} }

// TextSize is how large text is, in percent of plain.
func (p Prefs) TextSize() int { return cmp.Or(p.Text, 100) }

// Quiet reports whether nothing may pop up, and when that ends.
func (p Prefs) Quiet(now time.Time) (until time.Time, quiet bool) {
	length := (p.QuietTo - p.QuietFrom + day) % day
	if length == 0 {
		return time.Time{}, false
	}
	since := (now.Hour()*60 + now.Minute() - p.QuietFrom + day) % day
	if since >= length {
		return time.Time{}, false
	}
	return now.Truncate(time.Minute).Add(time.Duration(length-since) * time.Minute), true
}

// sound makes what was read into something that can be meant.
func (p Prefs) sound() Prefs {
	if !slices.Contains(tongue.Languages(), p.Language) {
		p.Language = ""
	}
	if p.Shade != Light && p.Shade != Dark {
		p.Shade = AsDesktop
	}
	if p.Text == 100 || !slices.Contains(TextSizes(), p.Text) {
		p.Text = 0
	}
	if p.QuietFrom < 0 || p.QuietFrom >= day || p.QuietTo < 0 || p.QuietTo >= day {
		p.QuietFrom, p.QuietTo = 0, 0
	}
	return p
}

// Store keeps a person's preferences in a file. It may be used from any goroutine.
type Store struct {
	path string
	log  *slog.Logger

	mu  sync.Mutex
	now Prefs
}

// Open reads the file. One that is not there, or cannot be read, is a person who
// has changed nothing.
func Open(path string, log *slog.Logger) *Store {
	s := &Store{path: path, log: log}
	s.Read()
	return s
}

// Read reads the file anew, after another program has written it.
func (s *Store) Read() Prefs {
	var p Prefs
	b, err := os.ReadFile(s.path)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("the preferences cannot be read; the defaults hold", "error", err)
		p = Prefs{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = p.sound()
	return s.now
}

// Now returns the preferences.
func (s *Store) Now() Prefs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Set changes the preferences. They hold in this program even where an error says
// that they could not be written.
func (s *Store) Set(p Prefs) error {
	p = p.sound()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = p
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return durable.Fault(err)
	}
	return durable.Fault(durable.Write(s.path, append(b, '\n'), 0o600))
}
