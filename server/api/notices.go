package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/presence"
)

// Notices is what the staff is told.
type Notices interface {
	List(ctx context.Context, actor auth.Actor, before string, limit int) ([]notice.Notice, string, error)
	Unread(ctx context.Context, actor auth.Actor) (int, error)
	Read(ctx context.Context, actor auth.Actor, ids []string, ticketID string) error
}

// Presence is who looks at which ticket.
type Presence interface {
	Beat(actor auth.Actor, ticket, page string, s presence.State) error
	At(actor auth.Actor, ticket string) ([]presence.Person, error)
	All(actor auth.Actor) ([]presence.Here, error)
}

const noticeTag = "Notices"

// NoticePage is a part of one's notices.
type NoticePage struct {
	Page[notice.Notice]
	Unread int `json:"unread" doc:"How many one has not read."`
}

func (a *API) notices() {
	add(a, auth.NoticesOwn, huma.Operation{
		Method: http.MethodGet, Path: "/notices", Tags: []string{noticeTag}, Summary: "List what one is told",
		Description: "The newest first. The newest 500 are kept. New ones come with the events, as `notice`.",
	}, a.listNotices)
	add(a, auth.NoticesOwn, huma.Operation{
		Method: http.MethodPost, Path: "/notices/read", Tags: []string{noticeTag}, Summary: "Mark notices as read",
		Description: "Those named, or those of a ticket, or all of them.", DefaultStatus: http.StatusNoContent,
	}, a.readNotices)
	add(a, auth.TicketsList, huma.Operation{
		Method: http.MethodGet, Path: "/presence", Tags: []string{ticketTag}, Summary: "List who looks at which tickets now",
		Description: "On this node of the server. Changes come with the events, as `presence`.",
	}, func(_ context.Context, actor auth.Actor, in *Paging) (*pageOut[presence.Here], error) {
		all, err := a.Presence.All(actor)
		if err != nil {
			return nil, err
		}
		return window("presence", all, *in)
	})
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/presence", Tags: []string{ticketTag}, Summary: "Say that one looks at a ticket",
		Description: "To be said again every 10 seconds; who says nothing for half a minute is gone.",
	}, a.beat)
}

type listNoticesOut struct{ Body NoticePage }

func (a *API) listNotices(ctx context.Context, actor auth.Actor, in *Paging) (*listNoticesOut, error) {
	const list = "notices"
	var before string
	if err := readCursor(list, in.Cursor, &before); err != nil {
		return nil, err
	}
	items, next, err := a.Notices.List(ctx, actor, before, in.Limit)
	if err != nil {
		return nil, err
	}
	unread, err := a.Notices.Unread(ctx, actor)
	if err != nil {
		return nil, err
	}
	for i := range items {
		items[i].At, items[i].ReadAt = utc(items[i].At), utc(items[i].ReadAt)
	}
	return &listNoticesOut{NoticePage{Page: pageOf(list, items, nextID(next)).Body, Unread: unread}}, nil
}

type readNoticesIn struct {
	Body struct {
		IDs    []string `json:"ids,omitempty" nullable:"false" maxItems:"500" doc:"Only these."`
		Ticket string   `json:"ticket,omitempty" maxLength:"64" doc:"Only those about the ticket of this id."`
	}
}

func (a *API) readNotices(ctx context.Context, actor auth.Actor, in *readNoticesIn) (*struct{}, error) {
	return nil, a.Notices.Read(ctx, actor, in.Body.IDs, in.Body.Ticket)
}

type beatIn struct {
	TicketPath
	Body struct {
		Page  string         `json:"page,omitempty" maxLength:"64" doc:"Tells two windows of one person apart."`
		State presence.State `json:"state" enum:"reading,writing,gone"`
	}
}

type presenceOut struct{ Body presence.Here }

func (a *API) beat(ctx context.Context, actor auth.Actor, in *beatIn) (*presenceOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Presence.Beat(actor, d.ID, in.Body.Page, in.Body.State); err != nil {
		return nil, err
	}
	people, err := a.Presence.At(actor, d.ID)
	return &presenceOut{presence.Here{Ticket: d.ID, People: people}}, err
}
