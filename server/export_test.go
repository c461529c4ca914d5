package server

import (
	"time"

	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/correlate"
)

// Glance is what is written down each minute of how everything does.
func (s *Server) Glance() ([]availability.Glance, bool) { return s.glance(time.Now()) }

// Failing are the services that do not answer, as outages are found by them.
func (s *Server) Failing() []correlate.Down { return s.failing() }
