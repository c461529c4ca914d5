package server

import (
	"time"

	"github.com/deskbell/deskbell/server/oncall"
)

// newOnCall makes what says who is on call, and tells them of alerts that nobody answers.
func (s *Server) newOnCall() *oncall.Keeper {
	return oncall.New(oncall.Options{
		Store: s.db.OnCall(), Person: s.staffed, Now: time.Now, Log: s.log,
		Standing: s.watch.Standing, Channels: s.notify.Choices, Letter: s.notify.Letter, Queued: s.notify.Queued, Tell: s.notices.Tell,
	})
}
