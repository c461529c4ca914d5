package server

import (
	"context"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
)

// newTriage makes the sorting of tickets, with what other parts know of the world.
func (s *Server) newTriage() *desk.Triage {
	us := auth.SystemActor("triage")
	return desk.NewTriage(s.desk, s.db.Triage(), s.rulebook, desk.World{
		OS: s.fleet.OS,
		VIP: func(ctx context.Context, person string) bool {
			p, err := s.people.Get(ctx, us, person)
			return err == nil && p.VIP
		},
	}, s.log)
}

// wakeTriage tells triage of changes as they come. What it misses here, triage finds
// in the feed within a second.
func (s *Server) wakeTriage(ctx context.Context) error {
	for ctx.Err() == nil && !s.live.Closed() {
		l := s.live.Listen(func(e *live.Event) bool { return e.Topic == live.Tickets })
		s.wakeFrom(ctx, l)
		l.Close()
	}
	return nil
}

func (s *Server) wakeFrom(ctx context.Context, l *live.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-l.C:
			if !ok {
				return
			}
			s.triage.Wake()
		}
	}
}
