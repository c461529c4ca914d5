// Package announcements keeps what the server tells employees of known outages, so that
// people can read it without a connection; and of each person what they were told and
// whether it hits them too, so that nobody is told twice.
package announcements

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
)

// Bounds. A server that sends more is wrong, and fills no disk.
const (
	maxItems  = 60
	maxAsks   = 200
	maxPeople = 1000
	maxMarks  = 200 // of one person; the oldest announcements go first
)

// Shelf keeps the announcements in one file. It is safe for concurrent use; one process
// has it open.
type Shelf struct {
	path    string
	log     *slog.Logger
	changed change.Signal

	mu   sync.Mutex
	file file
}

// file is what is kept.
type file struct {
	Endpoint string              `json:"endpoint"` // the identity that it was told to
	Items    []wire.Announcement `json:"items,omitempty"`
	// Questions are whether what is said to be over is fixed, of people of this machine.
	Questions []wire.OutageQuestion      `json:"questions,omitempty"`
	People    map[string]map[string]Mark `json:"people,omitempty"` // by uid and announcement
}

// Mark is how a person stands to an announcement.
type Mark struct {
	Told int64  `json:"told,omitempty"` // the revision that they were told of
	Hit  string `json:"hit,omitempty"`  // names their word that it hits them too
	// Of a question: that they were told of it, and what names their answer.
	Asked  bool   `json:"asked,omitempty"`
	Answer string `json:"answer,omitempty"`
	Works  bool   `json:"works,omitempty"`
}

// Open opens the shelf of an endpoint. What was told to an earlier identity of this
// machine does not count, and a file that cannot be read is dropped: the server has it all.
func Open(path, endpoint string, log *slog.Logger) *Shelf {
	s := &Shelf{path: path, log: log}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &s.file)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the announcements cannot be read and are fetched anew", "error", err)
	}
	if err != nil || s.file.Endpoint != endpoint {
		s.file = file{Endpoint: endpoint}
	}
	if s.file.People == nil {
		s.file.People = map[string]map[string]Mark{}
	}
	return s
}

// Replace takes all that concerns this machine, as the server tells it at one moment. It
// is believed as it is: a server that was restored from a backup knows of less.
func (s *Shelf) Replace(all wire.Announcements) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, asks := slices.Clone(all.Items[:min(len(all.Items), maxItems)]), slices.Clone(all.Questions[:min(len(all.Questions), maxAsks)])
	same := slices.EqualFunc(items, s.file.Items, func(a, b wire.Announcement) bool { return a.ID == b.ID && a.Revision == b.Revision })
	same = same && slices.Equal(asks, s.file.Questions)
	if s.file.Items, s.file.Questions = items, asks; !same {
		s.save()
	}
}

// All returns the announcements as they were told.
func (s *Shelf) All() []wire.Announcement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.file.Items)
}

// Questions returns what a person is asked.
func (s *Shelf) Questions(uid string) (out []wire.OutageQuestion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.file.Questions {
		if q.UID == uid {
			out = append(out, q)
		}
	}
	return out
}

// AskedOf notes that a person was told of a question.
func (s *Shelf) AskedOf(uid, id string) { s.markQuestion(uid, id, func(m *Mark) { m.Asked = true }) }

// Answered notes a person's answer; ref names it.
func (s *Shelf) Answered(uid, id, ref string, works bool) {
	s.markQuestion(uid, id, func(m *Mark) { m.Answer, m.Works = ref, works })
}

func (s *Shelf) markQuestion(uid, id string, edit func(*Mark)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.file.Questions, func(q wire.OutageQuestion) bool { return q.ID == id && q.UID == uid }) {
		s.edit(uid, id, edit)
	}
}

// Find returns one.
func (s *Shelf) Find(id string) (wire.Announcement, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(id); i >= 0 {
		return s.file.Items[i], true
	}
	return wire.Announcement{}, false
}

// MarkOf returns how a person stands to an announcement.
func (s *Shelf) MarkOf(uid, id string) Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.People[uid][id]
}

// Tell notes that a person was told of a revision.
func (s *Shelf) Tell(uid, id string, revision int64) {
	s.mark(uid, id, func(a wire.Announcement, m *Mark) { m.Told = max(m.Told, min(revision, a.Told)) })
}

// Hit notes that it hits a person too; ref names their word.
func (s *Shelf) Hit(uid, id, ref string) {
	s.mark(uid, id, func(_ wire.Announcement, m *Mark) { m.Hit = ref })
}

func (s *Shelf) mark(uid, id string, edit func(wire.Announcement, *Mark)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(id); i >= 0 {
		s.edit(uid, id, func(m *Mark) { edit(s.file.Items[i], m) })
	}
}

// edit changes a mark. The caller holds mu.
func (s *Shelf) edit(uid, id string, edit func(*Mark)) {
	marks := s.file.People[uid]
	if marks == nil && len(s.file.People) >= maxPeople {
		return
	}
	if marks == nil {
		marks = map[string]Mark{}
		s.file.People[uid] = marks
	}
	before := marks[id]
	now := before
	edit(&now)
	if now == before {
		return
	}
	marks[id] = now
	if ids := slices.Sorted(maps.Keys(marks)); len(ids) > maxMarks { // ids begin with their time
		for _, old := range ids[:len(ids)-maxMarks] {
			delete(marks, old)
		}
	}
	s.save()
}

func (s *Shelf) index(id string) int {
	return slices.IndexFunc(s.file.Items, func(a wire.Announcement) bool { return a.ID == id })
}

// save writes what there is. On a full disk it is kept in memory.
func (s *Shelf) save() {
	s.changed.Notify()
	b, err := json.Marshal(s.file)
	if err == nil {
		err = durable.Write(s.path, b, 0o600)
	}
	if err != nil {
		s.log.Error("the announcements cannot be stored and are kept in memory", "error", err)
	}
}

// Changed returns a channel that is closed at the next change.
func (s *Shelf) Changed() <-chan struct{} { return s.changed.Changed() }
