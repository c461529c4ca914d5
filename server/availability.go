package server

import (
	"time"

	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/synthetic"
)

// newAvailability makes what writes down how sites and services do.
func (s *Server) newAvailability() *availability.Keeper {
	return availability.New(availability.Options{Store: s.db.Availability(), Look: s.glance, Zone: s.zone, Now: time.Now, Log: s.log})
}

// glance says how all sites, groups and checks do now. Before it is known what is in maintenance
// nobody can say.
func (s *Server) glance(time.Time) ([]availability.Glance, bool) {
	worked, workedCheck, ok := s.watch.WorkedOn()
	if !ok {
		return nil, false
	}
	type key struct {
		kind availability.Kind
		id   string
	}
	found := map[key]*availability.Glance{}
	of := func(kind availability.Kind, id, name string) *availability.Glance {
		g := found[key{kind, id}]
		if g == nil {
			g = &availability.Glance{Kind: kind, ID: id, Name: name}
			found[key{kind, id}] = g
		}
		return g
	}
	for _, name := range s.groups.Names() {
		of(availability.Group, name, name) // one that nobody is in as well
	}
	s.fleet.Standings(func(x *noc.Standing) {
		groups := s.groups.Of(x.ID)
		state := stateOf(x)
		if state != availability.Idle && worked(x.ID, x.Site.Name, groups) {
			state = availability.Out
		}
		take := func(g *availability.Glance) {
			g.Count.Take(state)
			if state == availability.Up {
				g.Scores.Take(x.Score)
			}
		}
		take(of(availability.Site, x.Site.ID, x.Site.Name))
		for _, name := range groups {
			take(of(availability.Group, name, name))
		}
	})
	var list []availability.Glance
	for _, g := range found {
		g.State = g.Count.State()
		list = append(list, *g)
	}
	s.checks.States(func(id, name string, state synthetic.State) {
		g := availability.Glance{Kind: availability.Check, ID: id, Name: name, State: checked(state)}
		if workedCheck(id) {
			g.State = availability.Out
		}
		list = append(list, g)
	})
	return list, true
}

// stateOf is how an endpoint does; idle is one that does not have to be there.
func stateOf(x *noc.Standing) availability.State {
	switch {
	case x.Presence == noc.Online:
		return availability.Up
	case x.Presence == noc.Stuck, x.Owed():
		return availability.Down
	case x.Presence == noc.Unknown, x.Presence == noc.Stopped:
		return availability.Unknown
	}
	return availability.Idle
}

// checked is how a service does.
func checked(s synthetic.State) availability.State {
	switch {
	case s == synthetic.Up:
		return availability.Up
	case s.Down():
		return availability.Down
	case s == synthetic.Paused:
		return availability.Out
	}
	return availability.Unknown
}
