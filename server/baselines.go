package server

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/baseline"
	"github.com/deskbell/deskbell/server/metrics"
)

// newBaselines makes what says what is usual at an hour of the week.
func (s *Server) newBaselines() *baseline.Keeper {
	return baseline.New(baseline.Options{
		Engine: metrics.NewEngine(s.series, s.facts, s.log), Prefix: metrics.Prefix,
		Series: []string{"site_suffering_ratio", "group_suffering_ratio", "check_seconds"},
		Put:    s.series.Put, Zone: s.zone, Sites: s.registry.Zones, Now: time.Now, Log: s.log,
	})
}

// noteSites puts how each site does into the time series once a minute, as groups do
// theirs. It is a summary: few series, which can be looked back on for weeks.
func (s *Server) noteSites(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			tiles, err := s.fleet.Sites(auth.SystemActor("sites"))
			if err != nil {
				return err
			}
			for _, t := range tiles {
				s.series.Put("site_online", now, float64(t.Online), "site", t.Site.Name)
				s.series.Put("site_suffering", now, float64(t.Ill), "site", t.Site.Name)
				if t.Online > 0 { // of nobody there is no share
					s.series.Put("site_suffering_ratio", now, float64(t.Ill)/float64(t.Online), "site", t.Site.Name)
				}
			}
		}
	}
}
