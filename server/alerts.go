package server

import (
	"context"
	"path/filepath"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

// RulesFolder is where below the server's data an organisation's own alert rules are.
const RulesFolder = "rules"

// newWatch makes what asks the alert rules. It has a query engine of its own, so that
// somebody's long query holds no alert back.
func (s *Server) newWatch() *watch.Watcher {
	hanging := &hangs{index: s.peers.Index()}
	engine := metrics.NewEngine(s.series, s.facts, s.log)
	return watch.New(watch.Options{
		Engine: engine, Newest: engine.Newest, Store: s.db.Watch(), Folder: filepath.Join(s.o.Data, RulesFolder),
		Every: s.o.AlertsEvery, Facts: s.watched, FactsOf: s.watchedEndpoint, Groups: s.groups.Of, Zone: s.zoneAt, Reach: s.reach, HangsOn: hanging.on, SeriesStore: s.seriesStore(), Person: s.staffed, Silence: s.o.AlertSilence, Live: s.live, Now: time.Now, Log: s.log,
	})
}

// seriesStore says how another store does that has the series; nil: they are here.
func (s *Server) seriesStore() func() watch.SeriesStore {
	if _, far := s.series.Far(); !far {
		return nil
	}
	return func() watch.SeriesStore {
		f, _ := s.series.Far()
		return watch.SeriesStore{Known: f.Known, Away: f.Away, What: f.What}
	}
}

// staffed is a person to whom an alert can be given.
func (s *Server) staffed(ctx context.Context, id string) (auth.Person, error) {
	return s.auth.Person(ctx, auth.SystemActor("alerts"), id)
}

// watched is what alerts can be about: endpoints that may connect, heartbeats, services
// that are looked at, and groups.
func (s *Server) watched() map[string]watch.Facts {
	out := make(map[string]watch.Facts, s.fleet.Size())
	s.fleet.Active(func(id, name, site string, _ noc.Presence, _ time.Time) {
		out[id] = watch.Facts{Name: name, Site: site}
	})
	s.beatFacts(out)
	s.checkFacts(out)
	s.groupFacts(out)
	s.deviceFacts(out)
	return out
}

// watchedEndpoint is what alerts need of one endpoint.
func (s *Server) watchedEndpoint(id string) (watch.Facts, bool) {
	name, site, ok := s.fleet.Called(id)
	return watch.Facts{Name: name, Site: site}, ok
}
