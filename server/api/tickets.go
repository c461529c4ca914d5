package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Named is something with a name to show beside its id.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SnapshotRef names a snapshot.
type SnapshotRef struct {
	ID string `json:"id"`
}

// Ticket is a ticket as lists show it.
type Ticket struct {
	ID          string                `json:"id" doc:"For ever."`
	Number      int64                 `json:"number" doc:"What people say: 1042."`
	Kind        ticket.Kind           `json:"kind" enum:"incident,request"`
	State       ticket.State          `json:"state" enum:"new,waiting_for_approval,approved,rejected,assigned,in_progress,pending,resolved,closed,cancelled"`
	Waiting     ticket.Waiting        `json:"waiting,omitempty" enum:"requester,vendor,change,scheduled" doc:"What a pending ticket waits for."`
	Priority    int                   `json:"priority" minimum:"1" maximum:"5" doc:"1 is first. It follows from impact and urgency."`
	Impact      int                   `json:"impact" minimum:"1" maximum:"3" doc:"1 high, 2 medium, 3 low."`
	Urgency     int                   `json:"urgency" minimum:"1" maximum:"3" doc:"1 high, 2 medium, 3 low."`
	Title       string                `json:"title"`
	Body        string                `json:"body"`
	Requester   Named                 `json:"requester" doc:"The person who rang."`
	Endpoint    OrNull[Named]         `json:"endpoint" doc:"The machine it was rung from; null when from none."`
	Site        OrNull[Named]         `json:"site"`
	Assignee    OrNull[Named]         `json:"assignee" doc:"Who has it; null: nobody."`
	Findings    []diagnostics.Finding `json:"findings" nullable:"false" doc:"What the machine found wrong with itself, worst first."`
	Snapshot    OrNull[SnapshotRef]   `json:"snapshot" doc:"The state of the machine when it was rung; null when none was sent."`
	Attachments []ticket.Attachment   `json:"attachments" nullable:"false"`
	Solution    string                `json:"solution,omitempty"`
	Code        ticket.Code           `json:"code,omitempty" enum:"fixed,workaround,explained,not_reproduced,duplicate,elsewhere" doc:"How it was solved."`
	Rating      int                   `json:"rating,omitempty" minimum:"1" maximum:"5" doc:"The requester's opinion, 1 to 5."`
	Comment     string                `json:"comment,omitempty" doc:"What the requester said with the rating."`
	Clock       OrNull[NextClock]     `json:"clock" doc:"What is due next; null when nothing is owed."`
	Reopened    int                   `json:"reopened" doc:"How often."`
	CreatedAt   time.Time             `json:"created_at"`
	UpdatedAt   time.Time             `json:"updated_at"`
	RespondedAt time.Time             `json:"responded_at,omitzero" doc:"When the help desk first took or answered it."`
	ResolvedAt  time.Time             `json:"resolved_at,omitzero"`
	ClosedAt    time.Time             `json:"closed_at,omitzero"`
	Version     int64                 `json:"version" doc:"Rises with everything that happens to it."`
	Filed
}

// TicketDetail is a ticket with the snapshot that came with it.
type TicketDetail struct {
	Ticket
	Snapshot OrNull[Snapshot] `json:"snapshot" doc:"The state of the machine when it was rung; null when none was sent."`
}

func ticketOf(row desk.Row) Ticket {
	t := row.Ticket
	out := Ticket{
		ID: t.ID, Number: t.Number, Kind: t.Kind, State: t.State, Waiting: t.Waiting,
		Priority: int(t.Priority), Impact: int(t.Impact), Urgency: int(t.Urgency), Title: t.Title, Body: t.Body,
		Requester: Named(t.Requester), Findings: orEmpty(t.Findings), Attachments: orEmpty(t.Attachments),
		Solution: t.Solution, Code: t.Code, Rating: t.Rating, Comment: t.Comment, Reopened: t.Reopened,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, RespondedAt: t.RespondedAt, ResolvedAt: t.ResolvedAt, ClosedAt: t.ClosedAt, Version: t.Version,
	}
	out.Filed = filedOf(t)
	if t.Endpoint != "" {
		out.Endpoint = some(Named{t.Endpoint, row.EndpointName})
	}
	if t.Site != "" {
		out.Site = some(Named{t.Site, row.SiteName})
	}
	if t.Assignee.ID != "" {
		out.Assignee = some(Named(t.Assignee))
	}
	if t.Snapshot != "" {
		out.Snapshot = some(SnapshotRef{t.Snapshot})
	}
	return out
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

const ticketTag = "Tickets"

func (a *API) tickets() {
	add(a, auth.TicketsList, huma.Operation{
		Method: http.MethodGet, Path: "/tickets", Tags: []string{ticketTag}, Summary: "List tickets",
		Description: "Filters go together; q is the language of the console's search box: `state:open site:Berlin finding:disk.full -tag:vpn age<3d \"blue screen\"`. " +
			"Words are looked for in title, messages, findings and solution, accents or not, each as the begin of a word unless it is in quotes; " +
			"then the newest come first, and a part may hold fewer items than the limit though there is a next one.",
	}, a.listTickets)
	add(a, auth.TicketsOpen, huma.Operation{
		Method: http.MethodPost, Path: "/tickets", Tags: []string{ticketTag}, Summary: "Open a ticket",
		Description: "For somebody, or for oneself. The same Idempotency-Key and body again within 30 days return the same ticket.",
		// As much as the same ring may bring over an agent's session: what is wrong
		// with it is said of its field, not of its size.
		DefaultStatus: http.StatusCreated, MaxBodyBytes: wire.MaxMessage,
	}, a.openTicket)
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}", Tags: []string{ticketTag}, Summary: "Read a ticket",
		Description: "The number of a ticket that was merged leads to the one it went into: 308. Its id shows what it was.",
		Responses:   map[string]*huma.Response{"308": {Description: "It was merged. Location says where it goes on."}},
	}, a.readTicket)
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/actions", Tags: []string{ticketTag}, Summary: "List what happened to a ticket",
		Description: "Every step, who and when, in its order. The version is the ticket's after it.",
	}, a.ticketHistory)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/actions", Tags: []string{ticketTag}, Summary: "Do something with a ticket",
		Description: "take; assign (assignee: a person, or nobody when it is empty); wait (waiting: requester, vendor, change, or scheduled with until; body: what the requester is told); " +
			"resume; resolve (solution, code); close; reopen (reason); cancel (reason); prioritise (impact, urgency, reason).\n\n" +
			"In more: delegate (team, with assignee and body: the note for them); escalate (team, tier, noc, with body: what has been tried); override (priority, with reason); " +
			"major; categorise (category); tag (add, remove); fields; watch (add); unwatch (remove); link and unlink (relation, other); parent (other); merge (other: into which); " +
			"ask_approval (approver, with body).\n\n" +
			"Say with version, or with If-Match, which version of the ticket you have seen: when somebody was faster, nothing happens and the answer is 409 `stale`.",
	}, a.actOnTicket)
}

// AttachmentRef names bytes that were put with POST /attachments.
type AttachmentRef struct {
	SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"As POST /attachments has answered."`
	Name   string `json:"name" doc:"A file name, 1 to 200 characters." example:"screen.png"`
}

func attachmentsOf(list []AttachmentRef) []ticket.Attachment {
	var out []ticket.Attachment
	for _, x := range list {
		out = append(out, ticket.Attachment{SHA256: x.SHA256, Name: x.Name})
	}
	return out
}

type openTicketIn struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Any text that is new for each ticket; sending it again is then harmless."`
	Body struct {
		Title       string          `json:"title" doc:"One line of 1 to 200 characters." example:"The printer on the second floor prints empty pages"`
		Body        string          `json:"body,omitempty" doc:"At most 64 KiB of text." example:"Since this morning, from every program."`
		Kind        ticket.Kind     `json:"kind,omitempty" enum:"incident,request" doc:"Left out: incident." example:"incident"`
		Requester   string          `json:"requester,omitempty" doc:"The id of the person it is for; left out: oneself."`
		Endpoint    string          `json:"endpoint,omitempty" doc:"The id of the machine it is about."`
		Attachments []AttachmentRef `json:"attachments,omitempty" nullable:"false"`

		Category string            `json:"category,omitempty" maxLength:"64" doc:"A category's id."`
		Team     string            `json:"team,omitempty" maxLength:"64" doc:"A team's id; left out: the category's."`
		Tags     []string          `json:"tags,omitempty" nullable:"false"`
		Fields   map[string]string `json:"fields,omitempty" doc:"What the category asks for, by the field's id."`
		Impact   ticket.Level      `json:"impact,omitempty" doc:"1 high, 2 medium, 3 low; left out: by how many endpoints show the same finding."`
		Urgency  ticket.Level      `json:"urgency,omitempty" doc:"1 high, 2 medium, 3 low; left out: by the findings."`
	}
}

type openTicketOut struct {
	Location string `header:"Location" doc:"Where the ticket is."`
	ETag     string `header:"ETag"`
	Body     TicketDetail
}

func (a *API) openTicket(ctx context.Context, actor auth.Actor, in *openTicketIn) (*openTicketOut, error) {
	b := in.Body
	if b.Requester == "" {
		b.Requester = actor.Person
	}
	once, err := onceOf(in.Key, b)
	if err != nil {
		return nil, err
	}
	opened, err := a.Tickets.OpenOnce(ctx, actor, once, desk.Draft{
		Kind: b.Kind, Title: b.Title, Body: b.Body, Requester: b.Requester, Endpoint: b.Endpoint, Attachments: attachmentsOf(b.Attachments),
		Category: b.Category, Team: b.Team, Tags: b.Tags, Fields: b.Fields, Impact: b.Impact, Urgency: b.Urgency,
	})
	if err != nil {
		return nil, err
	}
	out, err := a.ticketDetail(ctx, actor, opened.Ticket)
	if err != nil {
		return nil, err
	}
	return &openTicketOut{Location: Prefix + "/tickets/" + out.ID, ETag: etag(out.Version), Body: *out}, nil
}

// onceOf names a request that may come again.
func onceOf(key string, body any) (desk.Once, error) {
	if key == "" {
		return desk.Once{}, nil
	}
	b, err := json.Marshal(body)
	return desk.Once{Key: key, Body: b}, err
}

func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// TicketPath names a ticket in the path.
type TicketPath struct {
	ID string `path:"id" maxLength:"64" doc:"The ticket's id, or its number."`
}

// get reads a ticket by its id or its number. An id has letters, a number has not.
func (a *API) get(ctx context.Context, actor auth.Actor, id string) (desk.Detail, error) {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && len(id) < 19 {
		return a.Tickets.GetByNumber(ctx, actor, n)
	}
	return a.Tickets.Get(ctx, actor, id)
}

type ticketOut struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body TicketDetail
}

type readTicketOut struct {
	Status   int
	Location string `header:"Location" doc:"Where it goes on, of a ticket that was merged."`
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Body     TicketDetail
}

func (a *API) readTicket(ctx context.Context, actor auth.Actor, in *TicketPath) (*readTicketOut, error) {
	out, err := a.ticketDetail(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	to, status := moved(in.ID, out)
	return &readTicketOut{Status: status, Location: to, ETag: etag(out.Version), Body: *out}, nil
}

func (a *API) ticketDetail(ctx context.Context, actor auth.Actor, id string) (*TicketDetail, error) {
	d, err := a.get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := &TicketDetail{Ticket: ticketOf(d.Row)}
	out.Clock = a.nextClock(d.Row)
	if d.Snapshot != "" {
		s, err := a.Tickets.Snapshot(ctx, actor, d.Snapshot)
		if err != nil {
			return nil, err
		}
		doc, err := snapshotOf(s)
		if err != nil {
			return nil, err
		}
		out.Snapshot = some(doc)
	}
	return out, nil
}

// TicketEvent is one thing that happened to a ticket.
type TicketEvent struct {
	Version int64 `json:"version" doc:"The ticket's after it."`
	ticket.Event
}

type listIn struct {
	TicketPath
	Paging
}

func (a *API) ticketHistory(ctx context.Context, actor auth.Actor, in *listIn) (*pageOut[TicketEvent], error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	events := make([]TicketEvent, len(d.History))
	for i, e := range d.History {
		e.At = e.At.UTC()
		events[i] = TicketEvent{Version: int64(i + 1), Event: e}
	}
	return window("history", events, in.Paging)
}

type actIn struct {
	TicketPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"The ETag of the ticket as you have seen it."`
	Body    struct {
		Action   string         `json:"action" enum:"take,assign,wait,resume,resolve,close,reopen,cancel,prioritise,delegate,escalate,override,major,categorise,tag,fields,watch,unwatch,link,unlink,parent,merge,ask_approval" example:"take"`
		Version  int64          `json:"version,omitempty" doc:"The version of the ticket as you have seen it."`
		Assignee string         `json:"assignee,omitempty" doc:"With assign: a person's id; me; or nothing, for nobody."`
		Waiting  ticket.Waiting `json:"waiting,omitempty" doc:"With wait: requester, vendor, change or scheduled."`
		Body     string         `json:"body,omitempty" doc:"With wait and ask_approval: what the requester reads; with delegate and escalate: a note that they do not."`
		Solution string         `json:"solution,omitempty" doc:"With resolve: what solved it. The requester reads it."`
		Code     ticket.Code    `json:"code,omitempty" doc:"With resolve: fixed, workaround, explained, not_reproduced, duplicate or elsewhere."`
		Impact   ticket.Level   `json:"impact,omitempty" doc:"With prioritise: 1 high, 2 medium, 3 low."`
		Urgency  ticket.Level   `json:"urgency,omitempty" doc:"With prioritise: 1 high, 2 medium, 3 low."`
		Reason   string         `json:"reason,omitempty" doc:"With reopen and cancel, which the requester reads; with prioritise, override and major, for the history."`
		More     More           `json:"more,omitzero" doc:"What the further actions need."`
	}
}

func (a *API) actOnTicket(ctx context.Context, actor auth.Actor, in *actIn) (*ticketOut, error) {
	seen := in.Body.Version
	if in.IfMatch != "" {
		v, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(in.IfMatch, "W/"), `"`), 10, 64)
		if err != nil || v < 1 || (seen != 0 && seen != v) {
			return nil, fault.Field("If-Match", "If-Match is not the ETag of this ticket, or contradicts the version in the body.")
		}
		seen = v
	}
	c, err := a.commandOf(ctx, actor, in, a.newID())
	if err != nil {
		return nil, err
	}
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := a.Tickets.DoOnce(ctx, actor, desk.Once{}, d.ID, seen, c); err != nil {
		return nil, err
	}
	out, err := a.ticketDetail(ctx, actor, d.ID)
	if err != nil {
		return nil, err
	}
	return &ticketOut{ETag: etag(out.Version), Body: *out}, nil
}

// commandOf translates an action. What its other fields have to be is the
// ticket's to say.
func (a *API) commandOf(ctx context.Context, actor auth.Actor, in *actIn, message string) (ticket.Command, error) {
	b := in.Body
	switch b.Action {
	case "take":
		return ticket.Take{}, nil
	case "assign":
		if b.Assignee == "me" {
			b.Assignee = actor.Person
		}
		return ticket.Assign{To: ticket.Person{ID: b.Assignee}}, nil
	case "wait":
		return ticket.Wait{For: b.Waiting, Until: b.More.Until, Message: message, Body: b.Body}, nil
	case "resume":
		return ticket.Resume{}, nil
	case "resolve":
		return ticket.Resolve{Message: message, Solution: b.Solution, Code: b.Code}, nil
	case "close":
		return ticket.Close{}, nil
	case "reopen":
		return ticket.Reopen{Message: message, Body: b.Reason}, nil
	case "cancel":
		return ticket.Cancel{Message: message, Reason: b.Reason}, nil
	case "prioritise":
		return ticket.Prioritise{Impact: b.Impact, Urgency: b.Urgency, Reason: b.Reason}, nil
	}
	return a.moreOf(ctx, actor, in, message)
}
