package server

import (
	"time"

	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/rulebook"
)

// more is what the other parts of the desk add to the figures.
func (s *Server) more() report.More {
	return report.More{Hours: s.teamHours, Promises: s.db.Promises, Deflections: s.db.DeflectionsBetween, Mended: s.db.MendedBetween, Names: s.deskNames,
		Below: func(category string) []string { return rulebook.Below(s.rulebook.Book(), category) }}
}

// deskNames are the names of teams and categories by their ids.
func (s *Server) deskNames() map[string]string {
	names := map[string]string{}
	for _, t := range rulebook.All[*rulebook.Team](s.rulebook.Book()) {
		names[t.ID] = t.Name
	}
	for _, c := range rulebook.All[*rulebook.Category](s.rulebook.Book()) {
		names[c.ID] = c.Name
	}
	return names
}

// teamHours are the open hours of a team's calendar; nil is around the clock.
func (s *Server) teamHours(team string) report.Open {
	t, ok := rulebook.Get[*rulebook.Team](s.rulebook.Book(), team)
	if !ok || t.Calendar == "" {
		return nil
	}
	c, ok := rulebook.Get[*rulebook.Calendar](s.rulebook.Book(), t.Calendar)
	if !ok {
		return nil
	}
	hours, err := c.Hours(time.Now())
	if err != nil { // one that is saved has open hours
		return nil
	}
	return hours.Open
}
