package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Message is one entry of a ticket's conversation.
type Message struct {
	ID          string              `json:"id"`
	At          time.Time           `json:"at"`
	Author      ticket.Actor        `json:"author"`
	Type        ticket.EventType    `json:"type" doc:"replied, noted, or what happened with it: waits, resolved, reopened, cancelled."`
	Public      bool                `json:"public" doc:"The requester reads it too."`
	Body        string              `json:"body"`
	Attachments []ticket.Attachment `json:"attachments" nullable:"false"`
}

func messageOf(m desk.Said) Message {
	return Message{ID: m.ID, At: m.At.UTC(), Author: m.Author, Type: m.Type, Public: m.Public, Body: m.Body, Attachments: orEmpty(m.Attachments)}
}

func (a *API) newID() string { return ulid.MustNewDefault(a.Now()).String() }

func (a *API) conversation() {
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/messages", Tags: []string{ticketTag}, Summary: "Read a ticket's conversation",
		Description: "The oldest first; internal notes are in it.",
	}, a.listMessages)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/messages", Tags: []string{ticketTag}, Summary: "Reply to the requester, or write a note",
		Description:   "With public true it is a reply, which the requester reads; with false it is an internal note. The same Idempotency-Key and body again within 30 days write nothing new.",
		DefaultStatus: http.StatusCreated,
	}, a.writeMessage)
}

func (a *API) listMessages(ctx context.Context, actor auth.Actor, in *listIn) (*pageOut[Message], error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	var list []Message
	for _, m := range desk.Conversation(d.History) {
		list = append(list, messageOf(m))
	}
	return window("messages", list, in.Paging)
}

type writeMessageIn struct {
	TicketPath
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Any text that is new for each message; sending it again is then harmless."`
	Body struct {
		Body        string          `json:"body" doc:"At most 64 KiB of text." example:"We have ordered a new toner. It comes tomorrow."`
		Public      bool            `json:"public" doc:"Whether the requester reads it too." example:"true"`
		Attachments []AttachmentRef `json:"attachments,omitempty" nullable:"false"`
	}
}

type messageOut struct{ Body Message }

func (a *API) writeMessage(ctx context.Context, actor auth.Actor, in *writeMessageIn) (*messageOut, error) {
	before, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	once, err := onceOf(in.Key, struct {
		Ticket string
		Body   any
	}{before.ID, in.Body})
	if err != nil {
		return nil, err
	}
	id, files := a.newID(), attachmentsOf(in.Body.Attachments)
	var c ticket.Command = ticket.Note{Message: id, Body: in.Body.Body, Attachments: files}
	if in.Body.Public {
		c = ticket.Reply{Message: id, Body: in.Body.Body, Attachments: files}
	}
	written, err := a.Tickets.DoOnce(ctx, actor, once, before.ID, 0, c)
	if err != nil {
		return nil, err
	}
	after, err := a.Tickets.Get(ctx, actor, written.Ticket)
	if err != nil {
		return nil, err
	}
	// The ticket's version when it was written tells which event it is, also when
	// it was written by an earlier try.
	if i := written.Version - 1; i >= 0 && i < int64(len(after.History)) {
		if said := desk.Conversation(after.History[i : i+1]); len(said) == 1 {
			return &messageOut{messageOf(said[0])}, nil
		}
	}
	return nil, fault.New(fault.Internal, "The message was written, and not found again.")
}
