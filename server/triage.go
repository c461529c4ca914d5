package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/rulebook"
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
		Reply: s.cannedReply,
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

// cannedReply writes a canned reply for a ticket. Nobody on the staff has written it,
// so what it says of the technician is left out.
func (s *Server) cannedReply(_ context.Context, id string, row desk.Row) (string, error) {
	r, ok := rulebook.Get[*rulebook.Reply](s.rulebook.Book(), id)
	if !ok || r.Retired {
		return "", fault.New(fault.NotFound, "There is no such reply any more.")
	}
	first, _, _ := strings.Cut(row.Requester.Name, " ")
	return rulebook.Expand(r.Body, map[string]string{
		"requester.name": row.Requester.Name, "requester.first_name": first, "ticket.number": strconv.FormatInt(row.Number, 10), "ticket.title": row.Title,
		"endpoint.name": row.EndpointName, "site.name": row.SiteName, "organisation.name": s.o.Organisation,
	}), nil
}
