package server

import (
	"time"

	"github.com/deskbell/deskbell/server/rulebook"
)

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
