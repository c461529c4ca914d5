package server

import (
	"context"

	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// unsent tells whoever wrote an answer that it could not be sent.
func (s *Server) unsent(ctx context.Context, h talk.Held, why string) error {
	row, err := s.db.Desk().Ticket(ctx, h.Ticket)
	if err != nil {
		return err
	}
	return s.notices.Tell(ctx, notice.Notice{
		Person: h.By.ID, Kind: notice.Unsent, Ticket: ticket.Reference{ID: row.ID, Number: row.Number}, Title: row.Title, Text: why, Cause: "unsent." + h.ID,
	})
}
