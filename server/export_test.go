package server

import (
	"time"

	"github.com/deskbell/deskbell/server/availability"
)

// Glance is what is written down each minute of how everything does.
func (s *Server) Glance() ([]availability.Glance, bool) { return s.glance(time.Now()) }
