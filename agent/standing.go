package agent

import (
	"strings"

	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/people"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
)

// standing is how this machine stands to its server.
type standing struct {
	id      *enrol.Identity // nil: not enrolled
	damage  error           // why there is none
	version string
	address string
	up      *uplink.Uplink
}

func (s *standing) link() people.Link {
	if s.up == nil {
		return nil
	}
	if l := s.up.Link(); l != nil {
		return l
	}
	return nil // not an interface that holds a nil
}

func (s *standing) changed() <-chan struct{} {
	if s.up == nil {
		return nil
	}
	return s.up.Changed()
}

// server is the server as a check-up sees it; nil when there is none.
func (s *standing) server() *probe.Server {
	if s.up == nil {
		return nil
	}
	st := s.up.State()
	p := &probe.Server{Address: s.address, Connected: st.Phase == uplink.Connected, Skew: st.Skew}
	if s.id != nil {
		p.Plain, p.Pin = strings.HasPrefix(s.id.URL, "http:"), s.id.Pin
	}
	if !p.Connected {
		p.Problem = st.Problem
	}
	return p
}

// status is the part of a status that is the same for everybody.
func (s *standing) status() local.Status {
	out := local.Status{Version: local.Version, Agent: s.version, Connection: local.NotEnrolled}
	if s.id == nil {
		out.Problem = fault.Sentence(s.damage)
		return out
	}
	out.Enrolled, out.Endpoint, out.Server = true, s.id.Endpoint, s.id.URL
	out.Organisation, out.Site = s.id.Organisation, s.id.Site
	st := s.up.State()
	if w := st.Welcome; w.Session != "" { // newer than what was said at enrolment
		out.Organisation, out.Site = w.Organisation, w.Site
	}
	out.Connection = map[uplink.Phase]local.Connection{
		uplink.Connecting: local.Connecting, uplink.Connected: local.Connected, uplink.Offline: local.Offline, uplink.Barred: local.Held,
	}[st.Phase]
	out.Since, out.Problem = st.Since, st.Problem
	return out
}

// restart gives up the connection that does not come about, and begins a new one.
func (s *standing) restart() error {
	switch {
	case s.up == nil:
		return fault.Say(fault.NotFound, "error.no_connection_part")
	case s.up.State().Phase == uplink.Connected:
		return fault.Say(fault.Conflict, "error.connection_up")
	}
	s.up.Again()
	return nil
}
