// Package tickets keeps what the server has said about each person's tickets, so
// that people can read them without a connection. Whose a ticket is, is the
// server's word; a person is a uid of this machine.
package tickets

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
)

// Bounds. A server that sends more is wrong, and fills no disk.
const (
	maxPeople  = 1000
	maxTickets = 300 // a person; the oldest changes go first
)

// Shelf keeps one file a person. It is safe for concurrent use; one process has
// it open.
type Shelf struct {
	dir      string
	endpoint string
	log      *slog.Logger
	changed  change.Signal

	mu       sync.Mutex
	people   map[string]*summary
	unsaved  map[string]*file // what could not be written, for want of space
	put      map[string]int64 // by ticket: at which revision it last came by itself
	revision int64
}

// file is what is kept of one person.
type file struct {
	Endpoint string            `json:"endpoint"` // the identity that it was told to
	AsOf     time.Time         `json:"as_of,omitzero"`
	Tickets  []wire.TicketView `json:"tickets"`         // newest change first
	Reads    map[string]mark   `json:"reads,omitempty"` // by ticket
	Deciding []Approval        `json:"deciding,omitempty"`
}

// mark is how far a person has read a ticket on this machine.
type mark struct {
	Message string `json:"message"`
	Told    bool   `json:"told,omitempty"` // the server knows
}

// summary is what a tray shows, kept in memory.
type summary struct {
	unread   int
	news     []News
	deciding []Approval
	revision int64
}

// Open opens the shelf of an endpoint. What was told to an earlier identity of
// this machine does not count. Files that cannot be read are dropped: the server
// has it all.
func Open(dir, endpoint string, log *slog.Logger) (*Shelf, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, durable.Fault(err)
	}
	if err := durable.Sweep(dir); err != nil {
		return nil, err
	}
	s := &Shelf{dir: dir, endpoint: endpoint, log: log, people: map[string]*summary{}, unsaved: map[string]*file{}, put: map[string]int64{}, revision: time.Now().UnixMilli()}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		uid, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !validUID(uid) {
			continue
		}
		f, err := s.read(uid)
		if err != nil || f.Endpoint != endpoint {
			log.Info("a person's tickets are fetched anew", "uid", uid, "error", err)
			os.Remove(s.path(uid))
			continue
		}
		s.people[uid] = s.summarise(f)
	}
	return s, nil
}

func (s *Shelf) path(uid string) string { return filepath.Join(s.dir, uid+".json") }

// validUID keeps a server's words out of file names.
func validUID(uid string) bool {
	if uid == "" || len(uid) > 190 {
		return false
	}
	for _, r := range uid {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-' {
			return false
		}
	}
	return true
}

func (s *Shelf) read(uid string) (*file, error) {
	if f := s.unsaved[uid]; f != nil {
		return f, nil
	}
	b, err := os.ReadFile(s.path(uid))
	if errors.Is(err, fs.ErrNotExist) {
		return &file{Endpoint: s.endpoint}, nil
	}
	f := &file{}
	if err == nil {
		err = json.Unmarshal(b, f)
	}
	return f, err
}

// update changes a person's file. A full disk loses nothing that is not on the
// server: until there is room again the new state is kept in memory.
func (s *Shelf) update(uid string, change func(*file) bool) error {
	if !validUID(uid) {
		return errors.New("the server names a person that no system has: " + uid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people[uid] == nil && len(s.people) >= maxPeople {
		return errors.New("the server names more people than a machine has")
	}
	f, err := s.read(uid)
	if err != nil {
		s.log.Warn("a person's tickets cannot be read and are fetched anew", "uid", uid, "error", err)
		f = &file{Endpoint: s.endpoint}
	}
	if !change(f) {
		return nil
	}
	s.revision++
	s.people[uid] = s.summarise(f)
	s.changed.Notify()
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	err = durable.Write(s.path(uid), b, 0o600)
	if _, unsure := errors.AsType[*durable.UnsureError](err); err != nil && !unsure {
		s.unsaved[uid] = f
		s.log.Error("a person's tickets cannot be stored and are kept in memory", "uid", uid, "error", err)
		return nil
	}
	delete(s.unsaved, uid)
	return nil
}

// Asking is to be called before tickets.get is sent, for Replace.
func (s *Shelf) Asking() (revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}

// Replace takes the server's answer to tickets.get, which was asked at a revision of
// the shelf: the person's newest limit tickets, newest change first.
func (s *Shelf) Replace(uid string, list []wire.TicketView, limit int, asked int64, at time.Time) error {
	return s.update(uid, func(f *file) bool {
		old := f.Tickets
		f.Tickets, f.AsOf = slices.Clone(list), at
		for i, t := range f.Tickets { // ticket.changed may have overtaken the answer
			if j := indexOf(old, t.ID); j >= 0 && old[j].Version > t.Version {
				f.Tickets[i] = old[j]
			}
		}
		for _, t := range old {
			more := len(list) >= limit       // there may be more: keep what we know of them
			overtaken := s.put[t.ID] > asked // it was opened while the answer was on its way
			if (more || overtaken) && indexOf(f.Tickets, t.ID) < 0 {
				f.Tickets = append(f.Tickets, t)
			}
		}
		f.tidy()
		for _, t := range old {
			if indexOf(f.Tickets, t.ID) < 0 {
				delete(s.put, t.ID)
			}
		}
		return true
	})
}

// Put takes the server's view of one ticket. An older one than is known changes
// nothing.
func (s *Shelf) Put(uid string, t wire.TicketView) error {
	return s.update(uid, func(f *file) bool {
		switch i := indexOf(f.Tickets, t.ID); {
		case i < 0:
			f.Tickets = append(f.Tickets, t)
		case f.Tickets[i].Version > t.Version:
			return false
		default:
			f.Tickets[i] = t
		}
		s.put[t.ID] = s.revision + 1
		f.tidy()
		return true
	})
}

// tidy orders the tickets, bounds them, and forgets marks of those that are gone.
func (f *file) tidy() {
	slices.SortStableFunc(f.Tickets, func(a, b wire.TicketView) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	f.Tickets = f.Tickets[:min(len(f.Tickets), maxTickets)]
	for id := range f.Reads {
		if indexOf(f.Tickets, id) < 0 {
			delete(f.Reads, id)
		}
	}
}

func indexOf(list []wire.TicketView, id string) int {
	return slices.IndexFunc(list, func(t wire.TicketView) bool { return t.ID == id })
}

// List returns a person's tickets, newest change first, and when the server last
// told all of them; zero: never.
func (s *Shelf) List(uid string) ([]wire.TicketView, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !validUID(uid) {
		return nil, time.Time{}
	}
	f, err := s.read(uid)
	if err != nil {
		s.log.Warn("a person's tickets cannot be read", "uid", uid, "error", err)
		return nil, time.Time{}
	}
	out := slices.Clone(f.Tickets)
	for i := range out {
		out[i].Unread = f.unread(&out[i])
	}
	return out, f.AsOf
}

// Find returns a person's ticket by its id or by the ref of its ring.
func (s *Shelf) Find(uid, name string) (wire.TicketView, bool) {
	list, _ := s.List(uid)
	for _, t := range list {
		if t.ID == name || t.Ref != "" && t.Ref == name {
			return t, true
		}
	}
	return wire.TicketView{}, false
}

// People returns everybody of whom tickets are kept.
func (s *Shelf) People() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for uid := range s.people {
		out = append(out, uid)
	}
	slices.Sort(out)
	return out
}

// Changed returns a channel that is closed at the next change of anybody's tickets.
func (s *Shelf) Changed() <-chan struct{} { return s.changed.Changed() }
