package server

import (
	"crypto/ed25519"
	"time"

	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
)

// newNotify makes what tells others of alerts. The channels' secrets are kept under a
// key that comes from the server's own.
func (s *Server) newNotify(identity ed25519.PrivateKey) (*notify.Keeper, error) {
	s.sender = send.New(send.Options{BaseURL: s.URL, Version: s.o.Version, Now: time.Now})
	return notify.New(notify.Options{
		Store: s.db.Channels(), Send: s.sender, Key: identity.Seed(), Standing: s.standing, Every: s.o.AlertsEvery, Now: time.Now, Log: s.log,
	})
}

// standing is what there is to tell of alerts.
func (s *Server) standing() (notify.Standing, bool) {
	items, known := s.watch.Standing()
	acked, held := map[string]bool{}, map[string]string{}
	for _, i := range items {
		if i.Care.Acked() {
			acked[i.ID] = true
		}
		if len(i.Holds) > 0 {
			held[i.ID] = i.Holds[0].Why
		}
	}
	return notify.Standing{
		Items: items, Held: func(id string) string { return held[id] }, Acked: func(id string) bool { return acked[id] },
	}, known
}
