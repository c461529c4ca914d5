package hub

import (
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/ticket"
)

// View is a ticket as its requester sees it, from a detail that was read as them:
// what is the staff's own is not in it. The ring's id is told only to the endpoint
// that rang.
func View(d desk.Detail, endpoint string) wire.TicketView {
	v := wire.TicketView{
		ID: d.ID, Number: d.Number, Title: d.Title, Body: d.Body, State: string(d.State), Waiting: string(d.Waiting),
		Assignee: d.Assignee.Name, Solution: markdown.Plain(d.Solution), Rating: d.Rating, Comment: d.Comment, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		Version: d.Version, Unread: desk.Unread(d.Ticket, d.History),
	}
	if d.Endpoint == endpoint {
		v.Ref = d.Ref
	}
	for _, m := range desk.Conversation(d.History) {
		if !m.Public {
			continue
		}
		if m.Author.Side != ticket.Requester { // windows show words, and no marks
			m.Body = markdown.Plain(m.Body)
		}
		v.Messages = append(v.Messages, wire.MessageView{
			ID: m.ID, At: m.At, Author: m.Author.Name, Mine: m.Author.Side == ticket.Requester && m.Author.ID == d.Requester.ID, Body: m.Body, Attachments: wireAttachments(m.Attachments),
		})
	}
	return v
}

func wireAttachments(list []ticket.Attachment) []wire.Attachment {
	var out []wire.Attachment
	for _, a := range list {
		out = append(out, wire.Attachment{SHA256: a.SHA256, Name: a.Name, Size: a.Size, Type: a.Type})
	}
	return out
}
