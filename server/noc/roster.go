package noc

import (
	"time"

	"github.com/deskbell/deskbell/server/enrol"
)

// Member is what an endpoint is called and runs, which hardly ever changes.
type Member struct{ ID, Name, Site, OS, Agent string }

// Roster lists all endpoints, in no order. The list is shared, and the same until one of
// them changes: what is made of it can be kept. Nobody may change it. Rules and charts
// ask for it again and again, and a list made anew each time was most of what a server
// of ten thousand endpoints threw away.
func (f *Fleet) Roster() []Member {
	f.mu.RLock()
	list := f.roster
	f.mu.RUnlock()
	if list != nil {
		return list
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.roster == nil {
		f.roster = make([]Member, 0, len(f.endpoints))
		for _, e := range f.endpoints {
			f.roster = append(f.roster, e.member())
		}
	}
	return f.roster
}

func (e *endpoint) member() Member {
	return Member{ID: e.id, Name: e.name, Site: e.site.Name, OS: e.os, Agent: e.agent}
}

// Active tells of every endpoint that may connect, in no order, where it is, and since
// when.
func (f *Fleet) Active(tell func(id, name, site string, p Presence, since time.Time)) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, e := range f.endpoints {
		if e.state == enrol.Active {
			tell(e.id, e.name, e.site.Name, e.presence, e.since)
		}
	}
}

// Called returns the name and the site of an endpoint that may connect; ok is false of
// any other.
func (f *Fleet) Called(id string) (name, site string, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[id]; e != nil && e.state == enrol.Active {
		return e.name, e.site.Name, true
	}
	return "", "", false
}

// Size is how many endpoints there are, about: for whoever is about to list them.
func (f *Fleet) Size() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.endpoints)
}
