package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/ticket"
)

// Incidents finds outages behind tickets, and keeps them.
type Incidents interface {
	List(ctx context.Context, actor auth.Actor, q incident.Query) ([]incident.Incident, error)
	Get(ctx context.Context, actor auth.Actor, id string) (incident.Detail, error)
	Begin(ctx context.Context, actor auth.Actor, d incident.Draft) (incident.Incident, error)
	Confirm(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (incident.Incident, error)
	Dismiss(ctx context.Context, actor auth.Actor, id string, seen int64, why string, quiet time.Duration) (incident.Incident, error)
	Rename(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (incident.Incident, error)
	Note(ctx context.Context, actor auth.Actor, id, text string) (incident.Incident, error)
	PutIn(ctx context.Context, actor auth.Actor, id, ticket string) (incident.Incident, error)
	TakeOut(ctx context.Context, actor auth.Actor, id, ticket string) (incident.Incident, error)
	PostMortem(ctx context.Context, actor auth.Actor, id string, zone *time.Location) (incident.PostMortem, error)
	WritePostMortem(ctx context.Context, actor auth.Actor, id string, seen int64, text string) (incident.Incident, error)
	Announcements(ctx context.Context, actor auth.Actor, number int64) ([]announce.Announcement, error)
	Resolve(ctx context.Context, actor auth.Actor, id string, seen int64, closing string, ask time.Duration) (incident.Incident, error)
}

// IncidentCell is what the tickets of an incident have in common.
type IncidentCell struct {
	Kind  stock.Kind `json:"kind,omitempty" doc:"site, or the kind of a fact of machines. Left out: wherever."`
	Name  string     `json:"name,omitempty" maxLength:"200" doc:"Of the site, or of the fact." example:"Berlin"`
	Value string     `json:"value,omitempty" maxLength:"200" doc:"Of the fact, as a version."`
	About string     `json:"about,omitempty" maxLength:"64" doc:"Id of a category. Left out: whatever the tickets are about."`
}

// IncidentTicket is a ticket that is part of an incident.
type IncidentTicket struct {
	ID        string       `json:"id"`
	Number    int64        `json:"number"`
	Title     string       `json:"title"`
	State     ticket.State `json:"state"`
	Requester string       `json:"requester"`
	Site      string       `json:"site,omitempty"`
	CameAt    time.Time    `json:"came_at"`
	How       incident.How `json:"how" enum:"found,joined,by_hand" doc:"How it became part of it."`
	Since     time.Time    `json:"since" doc:"When it did."`
	Out       bool         `json:"out" doc:"Somebody took it out: it does not come back by itself."`
}

// IncidentLine is a line of the timeline.
type IncidentLine struct {
	At   time.Time    `json:"at"`
	Did  incident.Did `json:"did" example:"confirmed"`
	By   *Named       `json:"by,omitempty" doc:"Left out: Deskbell."`
	Text string       `json:"text,omitempty"`
	N    int          `json:"tickets,omitempty" doc:"Of how many tickets the line tells."`
}

// IncidentFixed is what people say who were asked whether an outage is over for them.
type IncidentFixed struct {
	incident.Tally
	AskedAt time.Time `json:"asked_at"`
	Until   time.Time `json:"until" doc:"Who has not answered then is taken by what their machine shows."`
	DoneAt  time.Time `json:"done_at,omitzero" doc:"When all tickets were solved, taken out, or left open because of it."`
}

// Incident is one outage, or what looks like one.
type Incident struct {
	ID         string             `json:"id"`
	Number     int64              `json:"number"`
	Edition    int64              `json:"edition" doc:"Rises with what people change; tickets that join do not count."`
	State      incident.State     `json:"state" enum:"proposed,open,resolved,dismissed,lapsed"`
	Title      string             `json:"title"`
	Text       string             `json:"text,omitempty"`
	Cell       IncidentCell       `json:"cell"`
	Also       []IncidentCell     `json:"also" nullable:"false" doc:"Other cells that explain the same tickets, the best first."`
	Since      time.Time          `json:"since"`
	Tickets    int                `json:"tickets"`
	People     int                `json:"people" doc:"Different ones who rang."`
	Rate       *incident.Rate     `json:"rate,omitempty" doc:"How many rang, against what is usual."`
	Evidence   *incident.Evidence `json:"evidence,omitempty" doc:"What endpoints say themselves."`
	Down       string             `json:"check_down,omitempty" doc:"The name of a check of its service that fails."`
	Probes     []incident.Probe   `json:"probes,omitempty" doc:"What endpoints said that were asked to look at once."`
	Confidence float64            `json:"confidence,omitempty" minimum:"0" maximum:"1"`
	Causes     []incident.Cause   `json:"causes" nullable:"false" doc:"What those that suffer have in common, the likeliest cause first."`
	CreatedAt  time.Time          `json:"created_at"`
	OpenedAt   time.Time          `json:"opened_at,omitzero" doc:"When it was confirmed, or opened by hand."`
	EndedAt    time.Time          `json:"ended_at,omitzero"`
	By         *Named             `json:"by,omitempty" doc:"Who opened or dismissed it."`
	Why        string             `json:"why,omitempty" doc:"It was dismissed."`
	Until      time.Time          `json:"until,omitzero" doc:"The same is not proposed before."`
	Closing    string             `json:"closing,omitempty" doc:"How it ended."`

	Fixed *IncidentFixed `json:"fixed,omitempty" doc:"What those say who were asked whether it is fixed; of one incident only."`

	Announcements []string `json:"announcements,omitempty" doc:"Ids of what employees were told of it, the newest first; of one incident only."`
	Hits          int      `json:"hits,omitempty" doc:"How many have said that it hits them too, in place of a ticket; of one incident only."`

	Members []IncidentTicket `json:"members,omitempty" doc:"Its tickets, the oldest first; of one incident only."`
	Lines   []IncidentLine   `json:"timeline,omitempty" doc:"What happened, the oldest first; of one incident only."`
}

func cellOf(c incident.Cell) IncidentCell { return IncidentCell(c) }

func incidentOf(i incident.Incident) Incident {
	out := Incident{
		ID: i.ID, Number: i.Number, Edition: i.Edition, State: i.State, Title: i.Title, Text: i.Text, Cell: cellOf(i.Cell), Also: []IncidentCell{}, Since: utc(i.Since), Tickets: i.Tickets, People: i.People,
		Down: i.Down, Probes: i.Probes, Confidence: i.Confidence, Causes: append([]incident.Cause{}, i.Causes...), CreatedAt: utc(i.CreatedAt), OpenedAt: utc(i.OpenedAt), EndedAt: utc(i.EndedAt), Why: i.Why, Until: utc(i.Until), Closing: i.Closing,
		By: whoOf(i.By),
	}
	for _, c := range i.Also {
		out.Also = append(out.Also, cellOf(c))
	}
	if i.Confidence > 0 {
		out.Rate = &i.Rate
	}
	if i.Evidence.Code != "" {
		out.Evidence = &i.Evidence
	}
	return out
}

func whoOf(p incident.Person) *Named {
	if p == (incident.Person{}) {
		return nil
	}
	return &Named{p.ID, p.Name}
}

func incidentDetail(d incident.Detail) Incident {
	out := incidentOf(d.Incident)
	if d.Ask != nil {
		out.Fixed = &IncidentFixed{incident.TallyOf(d.Asked), utc(d.Ask.At), utc(d.Ask.Until), utc(d.Ask.DoneAt)}
	}
	for _, m := range d.Members {
		out.Members = append(out.Members, IncidentTicket{m.Ticket, m.Number, m.Title, m.State, m.Requester, m.Site, utc(m.CameAt), m.How, utc(m.At), m.Out})
	}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, IncidentLine{utc(l.At), l.Did, whoOf(l.By), l.Text, l.N})
	}
	return out
}

const incidentTag = "Major incidents"

func (a *API) incidents() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/incidents", Tags: []string{incidentTag}, Summary: "List major incidents", Description: "What looks like an outage behind many tickets, what is one, and what was; the newest first.",
	}, a.listIncidents)
	add(a, auth.IncidentsWork, huma.Operation{
		Method: http.MethodPost, Path: "/incidents", Tags: []string{incidentTag}, Summary: "Open a major incident", Description: "By hand: where Deskbell has not proposed it.", DefaultStatus: http.StatusCreated,
	}, a.beginIncident)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/incidents/{id}", Tags: []string{incidentTag}, Summary: "Read a major incident", Description: "With its tickets and what happened.",
	}, a.readIncident)
	add(a, auth.IncidentsWork, huma.Operation{
		Method: http.MethodPost, Path: "/incidents/{id}/act", Tags: []string{incidentTag}, Summary: "Do something to a major incident",
		Description: "confirm says that a proposal is an outage, dismiss that it is none. change, note and resolve are for those that were confirmed; resolve ends its announcements too, and can ask those whom it hit whether it is fixed. A ticket that was taken out does not come back by itself. Everything stands in its timeline.",
	}, a.actOnIncident)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/incidents/{id}/post-mortem", Tags: []string{incidentTag}, Summary: "Read a post-mortem", Description: "What was written about an incident, or else a draft from its timeline. Times in it are UTC.",
	}, a.readPostMortem)
	add(a, auth.IncidentsWork, huma.Operation{
		Method: http.MethodPut, Path: "/incidents/{id}/post-mortem", Tags: []string{incidentTag}, Summary: "Write a post-mortem", Description: "An empty text brings the draft back.",
	}, a.writePostMortem)
}

type listIncidentsIn struct {
	Paging
	State incident.State `query:"state" enum:"proposed,open,resolved,dismissed,lapsed" doc:"Only those."`
}

func (a *API) listIncidents(ctx context.Context, actor auth.Actor, in *listIncidentsIn) (*pageOut[Incident], error) {
	const list = "incidents"
	q := incident.Query{Limit: in.Limit}
	if err := readCursor(list, in.Cursor, &q.Before); err != nil {
		return nil, err
	}
	if in.State != "" {
		q.States = []incident.State{in.State}
	}
	all, err := a.Incidents.List(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	var items []Incident
	for _, i := range all {
		items = append(items, incidentOf(i))
	}
	next := ""
	if len(all) == in.Limit { // perhaps an empty part follows
		next = all[len(all)-1].ID
	}
	return pageOf(list, items, nextID(next)), nil
}

type incidentOut struct {
	Location string `header:"Location" doc:"Where it is read."`
	Body     Incident
}

func (a *API) incidentOut(ctx context.Context, actor auth.Actor, id string, err error) (*incidentOut, error) {
	if err != nil {
		return nil, err
	}
	d, err := a.Incidents.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	told, err := a.Incidents.Announcements(ctx, actor, d.Number)
	if err != nil {
		return nil, err
	}
	out := &incidentOut{Location: Prefix + "/incidents/" + id, Body: incidentDetail(d)}
	for _, one := range told {
		out.Body.Announcements, out.Body.Hits = append(out.Body.Announcements, one.ID), out.Body.Hits+one.Hits
	}
	return out, nil
}

type beginIncidentIn struct {
	Body struct {
		Title   string        `json:"title" maxLength:"200" doc:"What does not work, in a few words." example:"VPN in Berlin"`
		Text    string        `json:"text,omitempty" maxLength:"8000" doc:"What is known of it."`
		Since   *time.Time    `json:"since,omitempty" doc:"Left out: now."`
		Cell    *IncidentCell `json:"cell,omitempty" doc:"Which tickets join by themselves. Left out: none."`
		Tickets []string      `json:"tickets,omitempty" maxItems:"2000" doc:"Ids of tickets that are part of it."`
	}
}

func (a *API) beginIncident(ctx context.Context, actor auth.Actor, in *beginIncidentIn) (*incidentOut, error) {
	d := incident.Draft{Title: in.Body.Title, Text: in.Body.Text, Tickets: in.Body.Tickets}
	if in.Body.Since != nil {
		d.Since = *in.Body.Since
	}
	if c := in.Body.Cell; c != nil {
		d.Cell = incident.Cell(*c)
	}
	i, err := a.Incidents.Begin(ctx, actor, d)
	return a.incidentOut(ctx, actor, i.ID, err)
}

type incidentIn struct {
	ID string `path:"id" maxLength:"64" doc:"The incident's id."`
}

func (a *API) readIncident(ctx context.Context, actor auth.Actor, in *incidentIn) (*incidentOut, error) {
	return a.incidentOut(ctx, actor, in.ID, nil)
}

type actOnIncidentIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The incident's id."`
	Body struct {
		Act     string `json:"act" enum:"confirm,dismiss,change,note,put_in,take_out,resolve"`
		Ticket  string `json:"ticket,omitempty" maxLength:"64" doc:"put_in, take_out: its id."`
		Title   string `json:"title,omitempty" maxLength:"200" doc:"confirm, change: what does not work. With confirm it may be left out: as it is proposed."`
		Text    string `json:"text,omitempty" maxLength:"8000" doc:"confirm, change: what is known of it. dismiss: why it is none. note: the note. resolve: how it ended."`
		Quiet   int    `json:"quiet_hours,omitempty" minimum:"0" maximum:"720" doc:"dismiss: for how long the same is not proposed again; left out: 4."`
		Ask     int    `json:"ask_minutes,omitempty" minimum:"0" maximum:"10080" doc:"resolve: those whom it hit are asked whether it is fixed, and have so long to answer, five minutes at least, in the hours of the desk’s calendar. Left out: nobody is asked."`
		Edition int64  `json:"edition,omitempty" doc:"That was read: when it is another one now, nothing is changed. Left out: any."`
	}
}

func (a *API) actOnIncident(ctx context.Context, actor auth.Actor, in *actOnIncidentIn) (*incidentOut, error) {
	b := in.Body
	if b.Quiet == 0 {
		b.Quiet = 4
	}
	var err error
	switch b.Act {
	case "confirm":
		_, err = a.Incidents.Confirm(ctx, actor, in.ID, b.Edition, b.Title, b.Text)
	case "dismiss":
		_, err = a.Incidents.Dismiss(ctx, actor, in.ID, b.Edition, b.Text, time.Duration(b.Quiet)*time.Hour)
	case "change":
		_, err = a.Incidents.Rename(ctx, actor, in.ID, b.Edition, b.Title, b.Text)
	case "note":
		_, err = a.Incidents.Note(ctx, actor, in.ID, b.Text)
	case "put_in":
		_, err = a.Incidents.PutIn(ctx, actor, in.ID, b.Ticket)
	case "take_out":
		_, err = a.Incidents.TakeOut(ctx, actor, in.ID, b.Ticket)
	case "resolve":
		_, err = a.Incidents.Resolve(ctx, actor, in.ID, b.Edition, b.Text, time.Duration(b.Ask)*time.Minute)
	}
	return a.incidentOut(ctx, actor, in.ID, err)
}

// IncidentPostMortem is what is written about an incident when it is over.
type IncidentPostMortem struct {
	Text    string `json:"text" doc:"Markdown."`
	Written bool   `json:"written" doc:"Somebody has written it; else it is a draft from the timeline."`
	Edition int64  `json:"edition"`
}

type postMortemOut struct{ Body IncidentPostMortem }

func (a *API) postMortemOf(ctx context.Context, actor auth.Actor, id string) (*postMortemOut, error) {
	p, err := a.Incidents.PostMortem(ctx, actor, id, time.UTC)
	if err != nil {
		return nil, err
	}
	return &postMortemOut{IncidentPostMortem(p)}, nil
}

func (a *API) readPostMortem(ctx context.Context, actor auth.Actor, in *incidentIn) (*postMortemOut, error) {
	return a.postMortemOf(ctx, actor, in.ID)
}

type writePostMortemIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The incident's id."`
	Body struct {
		Text    string `json:"text" maxLength:"80000" doc:"Markdown."`
		Edition int64  `json:"edition,omitempty" doc:"That was read: when it is another one now, nothing is changed. Left out: any."`
	}
}

func (a *API) writePostMortem(ctx context.Context, actor auth.Actor, in *writePostMortemIn) (*postMortemOut, error) {
	if _, err := a.Incidents.WritePostMortem(ctx, actor, in.ID, in.Body.Edition, in.Body.Text); err != nil {
		return nil, err
	}
	return a.postMortemOf(ctx, actor, in.ID)
}
