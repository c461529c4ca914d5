package localtest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/agent/local"
)

// FixStep is one part of a fix that goes on, and how long it takes to come.
type FixStep struct {
	After time.Duration
	Value local.Fix
}

// Mending is what was asked about fixes, and what is answered.
type Mending struct {
	Plan    local.FixPlan
	Steps   []FixStep
	Planned []local.FixRequest
	Started []string // plans that got their yes
	Helped  []bool
	Undone  []string
}

// Mend changes what is answered about fixes, or reads what was asked, with the
// agent held still.
func (a *Agent) Mend(on func(*Mending)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	on(&a.mending)
}

func (a *Agent) planFix(w http.ResponseWriter, r *http.Request) error {
	var q local.FixRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mending.Planned = append(a.mending.Planned, q)
	return write(w, a.mending.Plan)
}

func (a *Agent) fix(w http.ResponseWriter, r *http.Request) error {
	var q local.FixStart
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	a.mending.Started = append(a.mending.Started, q.Plan)
	steps := a.mending.Steps
	a.mu.Unlock()
	for _, s := range steps {
		select {
		case <-time.After(s.After):
		case <-r.Context().Done():
			return nil
		}
		if err := write(w, s.Value); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
	}
	return nil
}

// last is the fix as it ended. The caller holds mu.
func (m *Mending) last() local.Fix {
	if len(m.Steps) == 0 {
		return local.Fix{}
	}
	return m.Steps[len(m.Steps)-1].Value
}

func (a *Agent) fixHelped(w http.ResponseWriter, r *http.Request) error {
	var q local.FixAnswer
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mending.Helped = append(a.mending.Helped, q.Helped)
	f := a.mending.last()
	f.Helped = &q.Helped
	return write(w, f)
}

func (a *Agent) undoFix(w http.ResponseWriter, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mending.Undone = append(a.mending.Undone, r.PathValue("id"))
	f := a.mending.last()
	f.UndoneAt = time.Now()
	return write(w, f)
}
