package server

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
)

// newAnnouncements makes what tells employees of known outages.
func (s *Server) newAnnouncements() *announce.Keeper {
	return announce.New(announce.Options{
		Store: s.db.Announcements(), Fleet: s.fleet, Desk: s.desk, Live: s.live, Now: time.Now,
		Sites: func(ctx context.Context, actor auth.Actor) ([]announce.Named, error) {
			list, err := s.registry.Sites(ctx, actor)
			var out []announce.Named
			for _, one := range list {
				out = append(out, announce.Named{ID: one.ID, Name: one.Name})
			}
			return out, err
		},
	})
}
