package hub

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// announcements answers announcements.get: what there is goes out before the ack, and
// from now on whatever changes.
func (s *session) announcements(context.Context, wire.Envelope) (any, error) {
	if s.hub.Announcements == nil {
		return nil, fault.New(fault.Unsupported, "This server has no announcements.")
	}
	s.announcing.Lock()
	s.announced = true
	s.announcing.Unlock()
	s.announce(map[string]json.RawMessage{})
	return nil, nil
}

// hit takes in whom an outage hits too, with an ack.
func (s *session) hit(ctx context.Context, e wire.Envelope) (any, error) {
	var m wire.AnnouncementHit
	if err := e.Into(&m); err != nil {
		return nil, err
	}
	if s.hub.Announcements == nil {
		return nil, fault.New(fault.Unsupported, "This server has no announcements.")
	}
	return nil, s.hub.Announcements.Hit(ctx, s.from(e, m.Account), m.Announcement)
}

// fixed takes in whether an outage is over for somebody, with an ack.
func (s *session) fixed(ctx context.Context, e wire.Envelope) (any, error) {
	var m wire.OutageFixed
	if err := e.Into(&m); err != nil {
		return nil, err
	}
	if s.hub.Outages == nil {
		return nil, fault.New(fault.Unsupported, "This server asks nobody whether an outage is over.")
	}
	return nil, s.hub.Outages.Fixed(ctx, s.from(e, m.Account), m)
}

// announce tells the machine all that concerns it now, if it ever asked. made are the
// bodies that were made for others who are told the same.
func (s *session) announce(made map[string]json.RawMessage) {
	s.announcing.Lock()
	defer s.announcing.Unlock()
	if !s.announced {
		return
	}
	key, list := s.hub.Announcements.For(s.endpoint)
	var asks []wire.OutageQuestion
	if s.hub.Outages != nil {
		asks = s.hub.Outages.Questions(s.endpoint)
	}
	body, ok := made[key]
	if len(asks) > 0 { // nobody else is asked the same
		body = announcementsBody(list, asks)
	} else if !ok {
		body = announcementsBody(list, nil)
		made[key] = body
	}
	s.conn.Post(wire.TypeAnnouncements, "", "", body) // a machine that is cut off asks again
}

// maxAsks is how many questions go to one machine: those that are left come when some of
// them are answered.
const maxAsks = 100

// announcementsBody leaves out the last ones where all do not fit into a message: those
// that are over longest.
func announcementsBody(list []wire.Announcement, asks []wire.OutageQuestion) json.RawMessage {
	asks = asks[:min(len(asks), maxAsks)]
	for {
		b, err := json.Marshal(wire.Announcements{Items: list, Questions: asks})
		if err == nil && len(b) <= wire.MaxMessage/2 || len(list) == 0 {
			return b
		}
		list = list[:len(list)-1]
	}
}

// Announce tells machines anew what concerns them: those that are selected, connected,
// and have asked. It does not wait for it.
func (h *Hub) Announce(concerned func(endpoint string) bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.ctx.Err() != nil {
		return
	}
	list := make([]*session, 0, len(h.sessions))
	for _, s := range h.sessions {
		list = append(list, s)
	}
	h.wg.Go(func() {
		made := map[string]json.RawMessage{}
		for _, s := range list {
			if h.ctx.Err() != nil {
				return
			}
			if concerned(s.endpoint) {
				s.announce(made)
			}
		}
	})
}
