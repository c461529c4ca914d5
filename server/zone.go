package server

import (
	"time"

	"github.com/deskbell/deskbell/server/rulebook"
)

// zoneAt is the time zone by which a site lives, by the site's name: its own, else the desk's.
func (s *Server) zoneAt(site string) string {
	if z := s.registry.Zones()[site]; z != nil {
		return z.String()
	}
	return s.zone().String()
}

// zone is the time zone by which people live: that of the calendar of the desk's settings,
// else UTC.
func (s *Server) zone() *time.Location {
	if id := rulebook.SettingOf(s.rulebook.Book()).Calendar; id != "" {
		if c, ok := rulebook.Get[*rulebook.Calendar](s.rulebook.Book(), id); ok {
			if l, err := time.LoadLocation(c.Zone); err == nil {
				return l
			}
		}
	}
	return time.UTC
}
