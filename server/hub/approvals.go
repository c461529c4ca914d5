package hub

import (
	"context"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
)

// maxApprovals is how many requests one machine is told of; the portal has all.
const maxApprovals = 50

// pushApprovals tells everybody who was asked to decide about a ticket what waits
// for them now: also whoever was asked first, and is not any more.
func (h *Hub) pushApprovals(ctx context.Context, ticket string) error {
	people, err := h.Desk.Approvers(ctx, ticket)
	if err != nil {
		return err
	}
	for _, person := range people {
		accounts, err := h.Desk.Accounts(ctx, person)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			s := h.session(a.Endpoint)
			if s == nil {
				continue
			}
			actor := auth.Actor{Kind: auth.Requester, Person: a.Person.ID, Name: a.Person.Name, Endpoint: a.Endpoint, UID: a.UID}
			if err := s.tellApprovals(ctx, actor); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellApprovals tells a person on this machine what waits for their decision.
func (s *session) tellApprovals(ctx context.Context, actor auth.Actor) error {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	list, err := s.hub.Desk.Approvals(ctx, actor)
	if err != nil {
		return err
	}
	out := wire.Approvals{UID: actor.UID, Items: []wire.Approval{}}
	for _, a := range list[:min(len(list), maxApprovals)] {
		out.Items = append(out.Items, wire.Approval{Number: a.Number, Title: a.Title, Requester: a.Requester.Name, AskedAt: a.AskedAt})
	}
	s.conn.Post(wire.TypeApprovals, "", "", out)
	return nil
}
