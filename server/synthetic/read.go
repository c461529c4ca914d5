package synthetic

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

// View is a service as it is seen from one place.
type View struct {
	From  string // Server, or the id of a site
	Name  string // as one says it
	Life  Life
	Times []time.Duration // of the last looks, the newest last; 0: it failed
}

// Standing is a check and how it does.
type Standing struct {
	Check
	State    State
	Since    time.Time // it is so; zero: nobody knows
	LastAt   time.Time
	Views    []View
	Evidence string // from where it fails and works
}

// standing is a check as it is now. The caller holds mu.
func (k *Keeper) standing(l *look, may bool) Standing {
	s := Standing{Check: l.c}
	s.Sealed, s.Sites, s.Endpoints = nil, slices.Clone(l.c.Sites), slices.Clone(l.c.Endpoints)
	if !may {
		s.Spec = public(s.Spec)
	}
	var lives []Life
	for from, p := range l.lives {
		s.Views = append(s.Views, View{From: from, Name: k.name(from), Life: p.Life, Times: slices.Clone(p.times)})
		lives = append(lives, p.Life)
		if p.LastAt.After(s.LastAt) {
			s.LastAt = p.LastAt
		}
		if p.Since.After(s.Since) {
			s.Since = p.Since
		}
	}
	slices.SortFunc(s.Views, func(a, b View) int {
		if c := (b.From != Server) != (a.From != Server); c {
			if a.From == Server {
				return 1 // “… and the server”
			}
			return -1
		}
		return strings.Compare(a.Name, b.Name)
	})
	s.State, s.Evidence = stateOf(&l.c, lives), evidence(s.Views)
	if s.State != Up && !s.State.Down() {
		s.Since = time.Time{}
	}
	return s
}

// name is a place as one says it.
func (k *Keeper) name(from string) string {
	if from == Server {
		return "the server"
	}
	for _, s := range k.o.Fleet.Sites() {
		if s.ID == from {
			return check.OneLine(s.Name, maxName)
		}
	}
	return "a site that has no computers"
}

// Sites lists those from which services can be looked at.
func (k *Keeper) Sites() []Site { return slices.Clone(k.o.Fleet.Sites()) }

// Computers are the names of those that a check names; where several have the same name,
// the id.
func (k *Keeper) Computers(ids []string) []string {
	var out []string
	for _, id := range ids {
		text := id
		for _, e := range k.o.Fleet.Named(id) {
			if e.ID == id && len(k.o.Fleet.Named(e.Name)) == 1 {
				text = e.Name
			}
		}
		out = append(out, text)
	}
	return out
}

// public is what everyone of the staff may see of a check: not what is sent along.
func public(s check.Spec) check.Spec {
	s.Headers = slices.Clone(s.Headers)
	for i := range s.Headers {
		s.Headers[i].Value = "…"
	}
	if s.Body != "" {
		s.Body = "…"
	}
	if s.Kind == check.HTTP {
		s.URL = s.At()
	}
	return s
}

// urgency puts first what needs somebody.
func (s State) urgency() int {
	return slices.Index([]State{Down, Partly, Unknown, Awaited, Up, Paused}, s)
}

// List returns all checks, what is down first.
func (k *Keeper) List(actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	may := auth.May(actor, auth.ChecksManage)
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Standing, 0, len(k.looks))
	for _, l := range k.looks {
		out = append(out, k.standing(l, may))
	}
	slices.SortFunc(out, func(a, b Standing) int {
		if c := a.State.urgency() - b.State.urgency(); c != 0 {
			return c
		}
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return out, nil
}

// Get returns one, and what became of it.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Standing, []Line, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Standing{}, nil, err
	}
	k.mu.Lock()
	l := k.looks[id]
	var s Standing
	if l != nil {
		s = k.standing(l, auth.May(actor, auth.ChecksManage))
	}
	k.mu.Unlock()
	if l == nil {
		return Standing{}, nil, errNone
	}
	lines, err := k.o.Store.Log(ctx, id, keepLines)
	return s, lines, err
}

// Each tells of all checks, for whoever raises alerts about them.
func (k *Keeper) Each(tell func(id, name string, severity alert.Severity, says string, places []string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, l := range k.looks {
		if !l.c.Paused {
			tell(id, l.c.Name, l.c.Severity, k.standing(l, false).Evidence, l.c.Places())
		}
	}
}

// States tells of all checks how they do.
func (k *Keeper) States(tell func(id, name string, s State)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, l := range k.looks {
		lives := make([]Life, 0, len(l.lives))
		for _, p := range l.lives {
			lives = append(lives, p.Life)
		}
		tell(id, l.c.Name, stateOf(&l.c, lives))
	}
}
