package server

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/api"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/hub"
	"github.com/deskbell/deskbell/server/intake"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/promapi"
	"github.com/deskbell/deskbell/server/watch"
)

// routes registers everything that is served.
func (s *Server) routes() {
	s.gate.Note(gate.Route{Plane: gate.Agent, Method: http.MethodGet, Path: wire.ConnectPath, Operation: auth.AgentReport})
	s.gate.Mount("GET "+wire.ConnectPath, s.hub)
	for pattern, handler := range s.hub.SpeedRoutes() {
		method, path, _ := strings.Cut(pattern, " ")
		s.gate.Note(gate.Route{Plane: gate.Agent, Method: method, Path: path, Operation: auth.AgentReport})
		s.gate.Mount(pattern, handler)
	}
	messages := hub.Operations()
	for _, t := range slices.Sorted(maps.Keys(messages)) {
		s.gate.Note(gate.Route{Plane: gate.Agent, Method: "message", Path: string(t), Operation: messages[t]})
	}
	s.gate.Handle(gate.Open, "GET /healthz", auth.Public, s.healthz)
	s.gate.Handle(gate.Open, "GET "+diagnostics.EmptyPage, auth.Public, s.emptyPage())
	s.gate.Handle(gate.Open, "GET /readyz", auth.Public, s.readyz)
	s.gate.Handle(gate.Open, "GET /metrics", auth.Public, s.metrics)
	s.beatRoutes()
	api.New(api.Deps{
		Tickets: s.desk, Find: s.find, Endpoints: s.fleet, Peers: s.peers, Alerts: s.watch, Channels: s.notify, Groups: s.groups, Heartbeats: s.beats, Checks: s.checks, Devices: s.devices, OnCall: s.oncall, Series: s.series, Asks: s.asks, Surveys: s.surveys, Announcements: s.announcements, Incidents: s.incidents, People: s.auth, Registry: s.registry, Audit: s.db, Rulebook: s.rulebook, Events: s.events,
		Requesters: s.people, Triage: s.triage, Clocks: s.clocks,
		Articles: s.kb,
		BaseURL:  s.URL, Enrolment: s.enrolmentString, Now: time.Now, Log: s.log,
		Reports: s.reports, Availability: s.availability, Mailings: s.mailings,
		Notices: s.notices, Presence: s.presence, Staffing: s.desk,
	}).Register(s.gate)
	prom := promapi.API{Engine: metrics.NewEngine(s.series, s.facts, s.log), Writer: s.series, Reserved: watch.Subjects(), Version: s.o.Version, Now: time.Now, Log: s.log}
	prom.Register(s.gate)
	received := intake.Receiver{Alerts: s.watch, URL: s.URL, Now: time.Now, Log: s.log}
	received.Register(s.gate)
}

// facts are what the time series say of each endpoint.
func (s *Server) facts() []metrics.Facts { return s.facted.of(s.fleet.Roster()) }

// facted are the facts made of a roster, until there is another.
type facted struct {
	mu     sync.Mutex
	roster []noc.Member
	facts  []metrics.Facts
}

func (f *facted) of(roster []noc.Member) []metrics.Facts {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(roster) == 0 {
		return nil
	}
	if len(f.roster) != len(roster) || &f.roster[0] != &roster[0] {
		f.roster, f.facts = roster, make([]metrics.Facts, len(roster))
		for i, m := range roster {
			f.facts[i] = metrics.Facts{Endpoint: m.ID, Name: m.Name, Site: m.Site, OS: m.OS, Agent: m.Agent}
		}
	}
	return f.facts
}

// enrolmentString makes the string that an agent is enrolled with.
func (s *Server) enrolmentString(ctx context.Context, token string) (string, error) {
	return enrolmentString(ctx, s.db, s.at.agent, token)
}

// healthz says that the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request, _ auth.Actor) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": s.o.Version})
}

// readyz says whether it can work: its database answers.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
	if err := s.db.Ping(r.Context()); err != nil {
		s.log.Warn("not ready", "err", err)
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable", "database": "does not answer"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "database": s.db.Engine(), "endpoints": s.hub.Connected()})
}

// metrics is for a Prometheus on this machine, or one with a token.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
	if !gate.Local(r) {
		actor, err := s.gate.Who(gate.API, r)
		if err == nil {
			err = auth.Authorise(actor, auth.NOCRead, auth.Object{})
		}
		if err != nil {
			s.gate.Refuse(gate.API, w, r, err)
			return
		}
	}
	promhttp.HandlerFor(s.stats, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // a client that went away is no error of ours
}
