package server

import (
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/correlate"
)

// Glance is what is written down each minute of how everything does.
func (s *Server) Glance() ([]availability.Glance, bool) { return s.glance(time.Now()) }

// Failing are the services that do not answer, as outages are found by them.
func (s *Server) Failing() []correlate.Down { return s.failing() }

// HangsOn is what an endpoint hangs on.
func (s *Server) HangsOn(endpoint, site string) []alert.Parent {
	return (&hangs{index: s.peers.Index()}).on(endpoint, site)
}

// Fleet is what endpoints have in common, as outages are found by it.
func (s *Server) Fleet() correlate.Fleet { return s.incidents.Fleet() }

// Asked says which endpoints fit what was typed.
func (s *Server) Asked(text string) (func(id string) bool, bool) { return s.groups.Asked(text) }
