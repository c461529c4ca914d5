package act

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// maxActs is how many are remembered: many times more than can be ordered before
// an order expires.
const maxActs = 500

// entry is an act: begun, or ended with what came of it.
type entry struct {
	ID        string     `json:"id"`
	What      string     `json:"what"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   time.Time  `json:"ended_at,omitzero"`
	Says      string     `json:"says,omitempty"`
	Code      fault.Code `json:"code,omitempty"`
	Sentence  string     `json:"sentence,omitempty"`
}

func (e entry) answer() (string, error) {
	if e.Code != "" {
		return "", fault.New(e.Code, e.Sentence)
	}
	return e.Says, nil
}

// journal is the file of what was begun, and what came of it. The caller keeps its
// calls apart.
type journal struct {
	path    string
	entries []entry // oldest first
}

func openJournal(path string, now time.Time) (*journal, error) {
	j := &journal{path: path}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &j.entries); err != nil {
		// What was done before is no longer known, and an order that comes again
		// could be done twice: they expire within minutes, so what comes next counts.
		j.entries = nil
	}
	open := false
	for i := range j.entries {
		if e := &j.entries[i]; e.EndedAt.IsZero() {
			e.EndedAt, e.Code, e.Sentence = now, fault.Unknown, fault.Sentence(errInterrupted)
			open = true
		}
	}
	if open {
		return j, j.write()
	}
	return j, nil
}

func (j *journal) write() error {
	b, err := json.Marshal(j.entries)
	if err != nil {
		return err
	}
	return durable.Fault(durable.Write(j.path, b, 0o600))
}

func (j *journal) find(id string) (entry, bool) {
	i := slices.IndexFunc(j.entries, func(e entry) bool { return e.ID == id })
	if i < 0 {
		return entry{}, false
	}
	return j.entries[i], true
}

// hold adds or replaces an entry in memory.
func (j *journal) hold(e entry) {
	j.entries = slices.Clone(j.entries)
	if i := slices.IndexFunc(j.entries, func(o entry) bool { return o.ID == e.ID }); i >= 0 {
		j.entries[i] = e
	} else {
		j.entries = append(j.entries, e)
	}
	if n := len(j.entries); n > maxActs {
		j.entries = j.entries[n-maxActs:]
	}
}

// put adds or replaces an entry. When it returns nil the entry is on the disk; if
// not, the journal is as it was.
func (j *journal) put(e entry) error {
	before := j.entries
	j.hold(e)
	if err := j.write(); err != nil {
		j.entries = before
		return err
	}
	return nil
}
