package server

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/synthetic"
)

// newIncidents makes what looks for outages.
func (s *Server) newIncidents() *incident.Keeper {
	return incident.New(incident.Options{
		Store: s.db.Incidents(), Live: s.live, Index: s.peers.Index(), Machines: s.machines, Signs: s.signs, Failing: s.failing, News: s.machineNews, Touched: s.db.Peers().Touched, Arrived: s.db.Peers().Arrived,
		Groups:   func(endpoint string) []string { return s.groups.Of(endpoint) }, // made later
		Category: func(id string) string { return rulebook.NameOf[*rulebook.Category](s.rulebook.Book(), id) },
		Guess: func(ctx context.Context, ticket string) (string, bool, error) {
			about, known, err := s.triage.GuessOf(ctx, auth.SystemActor("incidents"), ticket)
			if fault.Is(err, fault.NotFound) { // it was taken away meanwhile
				return "", true, nil
			}
			return about, known, err
		},
		Shows: s.shows, Prober: prober{s.checks}, Quiet: s.o.ProbesAfter, Desk: s.desk, Announcer: s.announcements,
		After: func(ctx context.Context, tickets []string, from time.Time, d time.Duration) (time.Time, error) {
			return s.clocks.After(ctx, tickets, rulebook.SettingOf(s.rulebook.Book()).Calendar, from, d)
		},
		Language: s.o.Language, Judge: correlate.Options{Propose: s.o.Propose, Watch: s.o.WatchFrom}, Now: time.Now, Log: s.log,
	})
}

// machines are the endpoints that may connect.
func (s *Server) machines() []incident.Machine {
	out := make([]incident.Machine, 0, s.fleet.Size())
	s.fleet.Places(func(id, name string, site *enrol.Site) {
		out = append(out, incident.Machine{ID: id, Name: name, SiteID: site.ID, Site: site.Name})
	})
	return out
}

// signs are what is wrong on endpoints: findings, alerts, and silence.
func (s *Server) signs() []incident.Sign {
	var out []incident.Sign
	s.fleet.Ailing(func(id string, p noc.Presence, since time.Time, findings []diagnostics.Finding) {
		if p == noc.Silent {
			out = append(out, incident.Sign{Machine: id, Code: string(noc.Silent), Since: since})
		}
		for _, f := range findings {
			out = append(out, incident.Sign{Machine: id, Code: string(f.Code)})
		}
	})
	alerts, _ := s.watch.Standing() // what is not known yet is no sign
	for _, a := range alerts {
		if a.Endpoint() != "" && a.Alert.State == alert.Firing {
			out = append(out, incident.Sign{Machine: a.Endpoint(), Code: a.Rule, Since: a.Alert.Since})
		}
	}
	return out
}

// shows is what an endpoint shows now, by codes, and whether it is connected.
func (s *Server) shows(endpoint string) (codes []string, there bool) {
	d, err := s.fleet.Get(context.Background(), auth.SystemActor("incidents"), endpoint)
	if err != nil || d.Presence != noc.Online {
		return nil, false
	}
	for _, f := range d.Findings {
		codes = append(codes, string(f.Code))
	}
	alerts, known := s.watch.Standing()
	for _, a := range alerts {
		if a.Endpoint() == endpoint && a.Alert.State == alert.Firing {
			codes = append(codes, a.Rule)
		}
	}
	return codes, known
}

// maxNews is how many changes of machines are read to find what an outage may come from.
const maxNews = 50_000

// machineNews are the changes of machines in a span, as contrast takes them.
func (s *Server) machineNews(ctx context.Context, from, to time.Time) ([]contrast.News, error) {
	list, err := s.db.Peers().ChangesBetween(ctx, from, to, maxNews)
	if err != nil {
		return nil, err
	}
	out := make([]contrast.News, 0, 2*len(list))
	for _, c := range list {
		if c.Did != stock.Removed {
			out = append(out, contrast.News{Machine: c.Endpoint, Fact: stock.Fact{Kind: c.Kind, Name: c.Name, Value: c.To}, At: c.At})
		}
		if c.Did != stock.Added {
			out = append(out, contrast.News{Machine: c.Endpoint, Fact: stock.Fact{Kind: c.Kind, Name: c.Name, Value: c.From}, Gone: true, At: c.At})
		}
	}
	return out, nil
}

// prober has endpoints look at services and at their own lines.
type prober struct{ checks *synthetic.Keeper }

// About implements incident.Prober.
func (p prober) About(category string) (string, bool) { return p.checks.About(category) }

// There implements incident.Prober.
func (p prober) There() (out []string) {
	for _, e := range p.checks.There() {
		out = append(out, e.ID)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Probe implements incident.Prober.
func (p prober) Probe(ctx context.Context, endpoint, category string) (failed, ok bool) {
	r, err := p.checks.Probe(ctx, endpoint, category)
	return r.Outcome == check.Failed, err == nil && r.Outcome != check.Unable
}
