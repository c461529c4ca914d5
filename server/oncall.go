package server

import (
	"time"

	"github.com/deskbell/deskbell/server/oncall"
)

// newOnCall makes what says who is on call.
func (s *Server) newOnCall() *oncall.Keeper {
	return oncall.New(oncall.Options{Store: s.db.OnCall(), Person: s.staffed, Now: time.Now, Log: s.log})
}
