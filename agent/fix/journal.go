package fix

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/tongue"
)

// maxFixes is how many fixes are remembered.
const maxFixes = 200

// entry is a fix in the journal: what the person sees, and what undoing it needs.
type entry struct {
	Owner string    `json:"owner"`
	Fix   local.Fix `json:"fix"`
	Back  []undoing `json:"back,omitempty"`
}

// undoing is a step that can be taken back.
type undoing struct {
	Kind string          `json:"kind"`
	Step json.RawMessage `json:"step"`
	Done Done            `json:"done"`
}

// journal is the file of what was started, and what came of it. It is whole on the
// disk before anything is done. The caller keeps its calls apart.
type journal struct {
	path    string
	entries []entry // oldest first
}

// openJournal reads the file. What was started and never ended, because the agent
// did, is unknown from now on; it is not done again by itself.
func openJournal(path string, now time.Time) (*journal, error) {
	j := &journal{path: path}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(b, &j.entries) != nil {
		j.entries = nil // somebody's editor: what comes next counts
	}
	open := false
	for i := range j.entries {
		if f := &j.entries[i].Fix; f.Running() {
			f.EndedAt, f.Outcome, f.Doing = now, local.FixUncertain, ""
			f.Sentence = say(f, tongue.Of("fix.deskbell_interrupted"))
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

// put adds or replaces an entry. When it returns nil the entry is on the disk; if
// not, the journal is as it was.
func (j *journal) put(e entry) error {
	before := j.entries
	j.entries = slices.Clone(j.entries)
	if i := j.find(e.Fix.ID); i >= 0 {
		j.entries[i] = e
	} else {
		j.entries = append(j.entries, e)
	}
	if n := len(j.entries); n > maxFixes {
		j.entries = j.entries[n-maxFixes:]
	}
	if err := j.write(); err != nil {
		j.entries = before
		return err
	}
	return nil
}

func (j *journal) find(id string) int {
	return slices.IndexFunc(j.entries, func(e entry) bool { return e.Fix.ID == id })
}

// lately counts how often a recipe was started for a target since a moment.
func (j *journal) lately(f local.Fix, since time.Time) int {
	n := 0
	for _, e := range j.entries {
		if e.Fix.Recipe == f.Recipe && e.Fix.Target == f.Target && e.Fix.StartedAt.After(since) {
			n++
		}
	}
	return n
}
