package server

import (
	"context"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/peers"
	"github.com/deskbell/deskbell/server/survey"
	"github.com/deskbell/deskbell/server/synthetic"
)

// questions hands what endpoints answer to who asked: one machine, the
// fleet, or somebody for a service.
type questions struct {
	asks    *ask.Asker
	surveys *survey.Keeper
	checks  *synthetic.Keeper
}

func (q questions) Connected(ctx context.Context, endpoint string) error {
	q.surveys.Connected(endpoint)
	return q.asks.Connected(ctx, endpoint)
}

func (q questions) Disconnected(ctx context.Context, endpoint string) {
	q.surveys.Disconnected(endpoint)
	q.checks.Disconnected(endpoint)
	q.asks.Disconnected(ctx, endpoint)
}

func (q questions) Answer(ctx context.Context, endpoint, id string, part wire.Answer) {
	if !q.surveys.Answer(endpoint, id, part) && !q.checks.Answer(endpoint, id, part) {
		q.asks.Answer(ctx, endpoint, id, part)
	}
}

// TerminalFrame takes in a frame of a terminal, which belongs to no survey.
func (q questions) TerminalFrame(ctx context.Context, endpoint string, frame []byte) error {
	return q.asks.TerminalFrame(ctx, endpoint, frame)
}

// Measure lets a machine in that measures its line, which belongs to no survey.
func (q questions) Measure(id, pass string) (*ask.Measurement, error) {
	return q.asks.Measure(id, pass)
}

// members are the endpoints that may be compared.
func (s *Server) members() []peers.Member {
	var out []peers.Member
	s.fleet.Places(func(id, name string, site *enrol.Site) {
		out = append(out, peers.Member{ID: id, Name: name, SiteID: site.ID, Site: site.Name})
	})
	return out
}

// members finds the endpoints that a question to the fleet goes to.
type members struct{ fleet *noc.Fleet }

func (m members) Members(s survey.Scope) []survey.Member {
	q := noc.Query{Site: s.Site, OS: s.OS, Agent: s.Agent, Text: s.Text}
	if s.Online {
		q.Presence = noc.Online
	}
	var out []survey.Member
	for _, v := range m.fleet.Matching(q) {
		out = append(out, survey.Member{Endpoint: v.ID, Name: v.Name, SiteID: v.Site.ID, Site: v.Site.Name, OS: v.OS})
	}
	return out
}
