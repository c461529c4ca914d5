package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Filed is how a ticket is filed, and what other tickets it has to do with.
type Filed struct {
	Category        string                   `json:"category,omitempty" doc:"The id of a category."`
	Team            string                   `json:"team,omitempty" doc:"The id of a team."`
	Tags            []string                 `json:"tags" nullable:"false"`
	Fields          map[string]string        `json:"fields,omitempty" doc:"What the category asks for, by the field's id."`
	Overridden      bool                     `json:"overridden,omitempty" doc:"The priority was set by hand, against the matrix."`
	Major           bool                     `json:"major,omitempty"`
	Tier            int                      `json:"tier,omitempty" doc:"To which tier it was escalated."`
	NOC             bool                     `json:"noc,omitempty" doc:"The operators have been called."`
	WaitUntil       time.Time                `json:"wait_until,omitzero" doc:"When scheduled waiting ends."`
	Parent          OrNull[ticket.Reference] `json:"parent"`
	MergedInto      OrNull[ticket.Reference] `json:"merged_into" doc:"The ticket that it goes on as."`
	Merged          []ticket.Joined          `json:"merged" nullable:"false" doc:"The tickets that were merged into it."`
	Links           []ticket.Link            `json:"links" nullable:"false"`
	Watchers        []Named                  `json:"watchers" nullable:"false"`
	Approver        OrNull[Named]            `json:"approver" doc:"Who has to decide, or has decided."`
	ApprovedAt      time.Time                `json:"approved_at,omitzero"`
	ReopenedBy      OrNull[Named]            `json:"reopened_by" doc:"The last time."`
	ReopenedAt      time.Time                `json:"reopened_at,omitzero"`
	FirstResolvedAt time.Time                `json:"first_resolved_at,omitzero"`
}

func filedOf(t ticket.Ticket) Filed {
	f := Filed{
		Category: t.Category, Team: t.Team, Tags: orEmpty(t.Tags), Fields: t.Fields, Overridden: t.Overridden, Major: t.Major, Tier: t.Tier, NOC: t.NOC,
		WaitUntil: t.WaitUntil, Merged: orEmpty(t.Also), Links: orEmpty(t.Links), Watchers: []Named{},
		ApprovedAt: t.ApprovedAt, ReopenedAt: t.ReopenedAt, FirstResolvedAt: t.FirstResolvedAt,
	}
	for _, p := range t.Watchers {
		f.Watchers = append(f.Watchers, Named(p))
	}
	if t.Parent.ID != "" {
		f.Parent = some(t.Parent)
	}
	if t.MergedInto.ID != "" {
		f.MergedInto = some(t.MergedInto)
	}
	if t.Approver.ID != "" {
		f.Approver = some(Named(t.Approver))
	}
	if t.ReopenedBy.ID != "" {
		f.ReopenedBy = some(Named(t.ReopenedBy))
	}
	return f
}

func (a *API) ticketLife() {
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/children", Tags: []string{ticketTag}, Summary: "List the tickets under a ticket",
		Description: "The oldest first; at most 500. Work, waiting and solutions of a ticket are handed down to them.",
	}, a.listChildren)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/merge", Tags: []string{ticketTag}, Summary: "Merge tickets into a ticket",
		Description: "All of them or none. Their requesters go on seeing their own ticket, with what the staff says on this one from now on; their numbers lead here.",
	}, a.mergeTickets)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/split", Tags: []string{ticketTag}, Summary: "Make a message into a ticket of its own",
		Description: "For whoever wrote it, with its attachments. An internal note stays where it is.", DefaultStatus: http.StatusCreated,
	}, a.splitTicket)
	add(a, auth.ApprovalsDecide, huma.Operation{
		Method: http.MethodGet, Path: "/approvals", Tags: []string{ticketTag}, Summary: "List what waits for one's own decision",
	}, a.listApprovals)
	add(a, auth.ApprovalsDecide, huma.Operation{
		Method: http.MethodPost, Path: "/approvals/{number}", Tags: []string{ticketTag}, Summary: "Approve or reject a request",
	}, a.decide)
}

func (a *API) listChildren(ctx context.Context, actor auth.Actor, in *listIn) (*pageOut[Ticket], error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := a.Tickets.Children(ctx, actor, d.ID)
	if err != nil {
		return nil, err
	}
	var list []Ticket
	for _, row := range rows {
		list = append(list, ticketOf(row))
	}
	return window("children", list, in.Paging)
}

type mergeIn struct {
	TicketPath
	Body struct {
		From    []string `json:"from" example:"[\"1042\"]" minItems:"1" maxItems:"100" nullable:"false" doc:"Ids or numbers of the tickets that go into this one."`
		Version int64    `json:"version,omitempty" doc:"The version of this ticket as you have seen it."`
	}
}

func (a *API) mergeTickets(ctx context.Context, actor auth.Actor, in *mergeIn) (*ticketOut, error) {
	into, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	var from []string
	for _, id := range in.Body.From {
		d, err := a.get(ctx, actor, id)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.Field("from", "There is no ticket "+id+". Nothing was merged.")
		}
		if err != nil {
			return nil, err
		}
		from = append(from, d.ID)
	}
	seen := map[string]int64{}
	if in.Body.Version != 0 {
		seen[into.ID] = in.Body.Version
	}
	if _, err := a.Tickets.Merge(ctx, actor, into.ID, from, seen); err != nil {
		return nil, err
	}
	return a.afterwards(ctx, actor, into.ID)
}

func (a *API) afterwards(ctx context.Context, actor auth.Actor, id string) (*ticketOut, error) {
	out, err := a.ticketDetail(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return &ticketOut{ETag: etag(out.Version), Body: *out}, nil
}

type splitIn struct {
	TicketPath
	Body struct {
		Message string `json:"message" example:"01JQZ7Q1R3T5V7X9Z1B3D5F7H9" maxLength:"64" doc:"The id of the message."`
		Title   string `json:"title,omitempty" doc:"Left out: the message's first line."`
		Version int64  `json:"version,omitempty" doc:"The version of the ticket as you have seen it."`
	}
}

func (a *API) splitTicket(ctx context.Context, actor auth.Actor, in *splitIn) (*openTicketOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	made, err := a.Tickets.Split(ctx, actor, d.ID, in.Body.Message, in.Body.Title, in.Body.Version)
	if err != nil {
		return nil, err
	}
	out, err := a.ticketDetail(ctx, actor, made.ID)
	if err != nil {
		return nil, err
	}
	return &openTicketOut{Location: Prefix + "/tickets/" + out.ID, ETag: etag(out.Version), Body: *out}, nil
}

// Approval is a request that waits for a decision, as far as whoever decides needs
// to know it.
type Approval struct {
	Number    int64        `json:"number"`
	State     ticket.State `json:"state" enum:"new,waiting_for_approval,approved,rejected,assigned,in_progress,pending,resolved,closed,cancelled"`
	Title     string       `json:"title"`
	Body      string       `json:"body"`
	Requester Named        `json:"requester"`
	Site      string       `json:"site,omitempty" doc:"A name."`
	AskedBy   Named        `json:"asked_by"`
	AskedAt   time.Time    `json:"asked_at"`
	Words     string       `json:"words,omitempty" doc:"Of whoever asked."`
}

func approvalOf(x desk.Approval) Approval {
	return Approval{
		Number: x.Number, State: x.State, Title: x.Title, Body: x.Body, Requester: Named(x.Requester), Site: x.Site,
		AskedBy: Named(x.AskedBy), AskedAt: x.AskedAt.UTC(), Words: x.Words,
	}
}

func (a *API) listApprovals(ctx context.Context, actor auth.Actor, in *Paging) (*pageOut[Approval], error) {
	all, err := a.Tickets.Approvals(ctx, actor)
	if err != nil {
		return nil, err
	}
	var list []Approval
	for _, x := range all {
		list = append(list, approvalOf(x))
	}
	return window("approvals", list, *in)
}

type decideIn struct {
	Number int64 `path:"number" minimum:"1" doc:"The request's number."`
	Body   struct {
		Approve bool   `json:"approve" example:"true"`
		Reason  string `json:"reason,omitempty" doc:"The requester reads it. A no needs one."`
	}
}

type decideOut struct{ Body Approval }

func (a *API) decide(ctx context.Context, actor auth.Actor, in *decideIn) (*decideOut, error) {
	x, err := a.Tickets.Decide(ctx, actor, in.Number, in.Body.Approve, a.newID(), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &decideOut{approvalOf(x)}, nil
}

// More is what the further actions on a ticket need.
type More struct {
	Until    time.Time         `json:"until,omitzero" doc:"With wait for scheduled: when it goes on by itself."`
	Team     string            `json:"team,omitempty" doc:"With delegate and escalate: a team's id."`
	Tier     int               `json:"tier,omitempty" minimum:"0" maximum:"9" doc:"With escalate: the tier that it goes to."`
	NOC      bool              `json:"noc,omitempty" doc:"With escalate: call the operators."`
	Priority int               `json:"priority,omitempty" doc:"With override: 1 to 5."`
	Major    bool              `json:"major,omitempty" doc:"With major: whether it is about a major incident."`
	Category string            `json:"category,omitempty" doc:"With categorise: a category's id; nothing takes it out."`
	Add      []string          `json:"add,omitempty" doc:"With tag: tags to put on; with watch: people's ids."`
	Remove   []string          `json:"remove,omitempty" doc:"With tag: tags to take off; with watch: people's ids."`
	Fields   map[string]string `json:"fields,omitempty" doc:"With fields: values by the field's id; an empty one takes it away."`
	Other    string            `json:"other,omitempty" maxLength:"64" doc:"With link, unlink, parent and merge: the other ticket's id or number; parent without it takes it out."`
	Relation ticket.Relation   `json:"relation,omitempty" doc:"With link and unlink: related, duplicates, duplicated_by, caused_by or causes."`
	Approver string            `json:"approver,omitempty" maxLength:"64" doc:"With ask_approval: a person's id."`
}

// moreOf translates the actions that need more than the ticket.
func (a *API) moreOf(ctx context.Context, actor auth.Actor, in *actIn, message string) (ticket.Command, error) {
	b, m := in.Body, in.Body.More
	other := func() (ticket.Reference, error) {
		if m.Other == "" {
			return ticket.Reference{}, nil
		}
		d, err := a.get(ctx, actor, m.Other)
		if fault.Is(err, fault.NotFound) {
			err = fault.Field("other", "There is no ticket "+m.Other+".")
		}
		return ticket.Reference{ID: d.ID, Number: d.Number}, err
	}
	switch b.Action {
	case "delegate":
		return ticket.Delegate{Team: m.Team, To: ticket.Person{ID: b.Assignee}, Message: message, Body: b.Body}, nil
	case "escalate":
		return ticket.Escalate{Team: m.Team, Tier: m.Tier, NOC: m.NOC, Message: message, Tried: b.Body}, nil
	case "override":
		return ticket.Override{Priority: ticket.Priority(m.Priority), Reason: b.Reason}, nil
	case "major":
		return ticket.MarkMajor{Major: m.Major, Reason: b.Reason}, nil
	case "categorise":
		return ticket.Categorise{Category: m.Category}, nil
	case "tag":
		return ticket.Tag{Add: m.Add, Remove: m.Remove}, nil
	case "fields":
		return ticket.SetFields{Values: m.Fields}, nil
	case "watch":
		return ticket.Watch{Who: peopleOf(m.Add)}, nil
	case "unwatch":
		return ticket.Unwatch{Who: peopleOf(m.Remove)}, nil
	case "ask_approval":
		return ticket.AskApproval{Approver: ticket.Person{ID: m.Approver}, Message: message, Body: b.Body}, nil
	}
	to, err := other()
	if err != nil {
		return nil, err
	}
	switch b.Action {
	case "parent":
		return ticket.SetParent{Parent: to}, nil
	case "merge":
		return ticket.MergeInto{Into: to}, nil
	case "link", "unlink":
		if b.Action == "link" && !slices.Contains(ticket.LinkRelations(), m.Relation) {
			return nil, fault.Field("relation", "A relation is related, duplicates, duplicated_by, caused_by or causes.")
		}
		if to.ID == "" {
			return nil, fault.Field("other", "Say which ticket it is linked to.")
		}
		if l := (ticket.Link{Relation: m.Relation, To: to}); b.Action == "link" {
			return ticket.LinkTo{Link: l}, nil
		}
		return ticket.Unlink{Link: ticket.Link{Relation: m.Relation, To: to}}, nil
	}
	return nil, fault.Field("action", "There is no such action.")
}

func peopleOf(ids []string) []ticket.Person {
	var out []ticket.Person
	for _, id := range ids {
		out = append(out, ticket.Person{ID: id})
	}
	return out
}

// moved tells a client that asked for the number of a merged ticket where it went.
// Asked by its id, a merged ticket is what it was.
func moved(id string, t *TicketDetail) (string, int) {
	if _, err := strconv.ParseInt(id, 10, 64); err != nil || t.MergedInto.Value == nil {
		return "", http.StatusOK
	}
	return Prefix + "/tickets/" + strconv.FormatInt(t.MergedInto.Value.Number, 10), http.StatusPermanentRedirect
}
