package server

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/rulebook"
)

// newMailings makes what sends reports by mail.
func (s *Server) newMailings() *mailing.Keeper {
	return mailing.New(mailing.Options{
		Store: s.db.Mailings(), Report: s.availability.Report, Person: s.staffed,
		ByEmail: func(ctx context.Context, email string) (auth.Person, error) {
			return s.auth.PersonByEmail(ctx, auth.SystemActor("reports"), email)
		},
		Outside:  func() bool { return rulebook.SettingOf(s.rulebook.Book()).Outside },
		Channels: s.notify.Choices, Letter: s.notify.Letter, Queued: s.notify.Queued, Message: s.notify.Became,
		URL: s.URL, Now: time.Now, Log: s.log,
	})
}
