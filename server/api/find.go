package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

func (a *API) find() {
	add(a, auth.TicketsList, huma.Operation{
		Method: http.MethodGet, Path: "/tickets.csv", Tags: []string{ticketTag}, Summary: "Export tickets",
		Description: "All that a query selects, as CSV (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe before it.",
		Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{
			"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
	}, a.exportTickets)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/bulk", Tags: []string{ticketTag}, Summary: "Do something with many tickets",
		Description: "assign (person: an id, or nothing for nobody); team (team); priority (priority, text: why); category; tag (add, remove); resolve (code, text: the solution); " +
			"close; reopen (text: why); merge (into: a number). Each ticket is changed or refused by itself, with the reason; at most 1000. " +
			"Name the version of each as you have seen it, and what has changed since is left alone. With preview nothing happens: the answer says what would.",
	}, a.bulk)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/bulk/{id}/undo", Tags: []string{ticketTag}, Summary: "Take a change to many tickets back",
		Description: "Once, within a day. A ticket that has changed since stays as it is.",
	}, a.undoBulk)
	add(a, auth.TicketsList, huma.Operation{
		Method: http.MethodGet, Path: "/views", Tags: []string{viewTag}, Summary: "List the views",
		Description: "Everybody's and one's own, each with how many tickets it holds now.",
	}, a.listViews)
	add(a, auth.ViewsOwn, huma.Operation{
		Method: http.MethodPost, Path: "/views", Tags: []string{viewTag}, Summary: "Save a view",
		Description: "One's own. A new one has no id. A change names the version that was seen.",
	}, a.saveView)
	add(a, auth.ViewsShared, huma.Operation{
		Method: http.MethodPost, Path: "/views/shared", Tags: []string{viewTag}, Summary: "Save a view for everybody",
		Description: "As POST /views. With the id of a view of one's own it becomes everybody's.",
	}, a.shareView)
	add(a, auth.ViewsOwn, huma.Operation{
		Method: http.MethodDelete, Path: "/views/{id}", Tags: []string{viewTag}, Summary: "Delete a view", DefaultStatus: http.StatusNoContent,
	}, a.deleteView)
}

const viewTag = "Views"

// TicketFilter is what selects tickets.
type TicketFilter struct {
	State     []ticket.State `query:"state" enum:"new,waiting_for_approval,approved,rejected,assigned,in_progress,pending,resolved,closed,cancelled" doc:"Only these states, separated by commas."`
	Open      bool           `query:"open" doc:"Only tickets that somebody still has to do something about."`
	Assignee  string         `query:"assignee" maxLength:"64" doc:"A person's id; me; or none."`
	Requester string         `query:"requester" maxLength:"64" doc:"A person's id."`
	Endpoint  string         `query:"endpoint" maxLength:"64" doc:"An endpoint's id."`
	Site      string         `query:"site" maxLength:"64" doc:"A site's id."`
	Q         string         `query:"q" maxLength:"1000" doc:"In the language of the search box."`
	Order     query.Sort     `query:"order" enum:"priority,newest,oldest,due,updated,relevance" doc:"Left out: priority; with words, newest. relevance: of the newest 200 tickets with the words of q, those first that say them most, in the title before the solution and the messages; a page ends where these end, and the next ones go on newest first. Without words it is newest."`
}

// ask translates it. The times of day in q are UTC's.
func (f *TicketFilter) ask(actor auth.Actor) (find.Query, error) {
	q := find.Query{Sort: f.Order, Zone: time.UTC}
	var err error
	if q.Filter, err = query.Parse(f.Q); err != nil {
		return q, err
	}
	if f.Order != "" {
		q.Filter.Sort = f.Order
	}
	with := func(field board.Field, values ...string) {
		q.With = append(q.With, board.Condition{Field: field, Values: values})
	}
	if f.Open {
		q.Filter.Terms = append(q.Filter.Terms, query.Term{Key: query.State, Values: []string{query.Open}})
	}
	if len(f.State) > 0 {
		var states []string
		for _, s := range f.State {
			states = append(states, string(s))
		}
		with(board.State, states...)
	}
	switch f.Assignee {
	case "":
	case query.Me:
		with(board.Assignee, actor.Person)
	case query.None:
		with(board.Assignee, "")
	default:
		with(board.Assignee, f.Assignee)
	}
	for field, id := range map[board.Field]string{board.Requester: f.Requester, board.Endpoint: f.Endpoint, board.Site: f.Site} {
		if id != "" {
			with(field, id)
		}
	}
	return q, nil
}

type listTicketsIn struct {
	Paging
	TicketFilter
}

func (a *API) listTickets(ctx context.Context, actor auth.Actor, in *listTicketsIn) (*pageOut[Ticket], error) {
	q, err := in.ask(actor)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Whole = in.Limit, true
	list := "tickets/" + string(in.Order)
	if in.Cursor != "" {
		q.After = &find.Position{}
		if err := readCursor(list, in.Cursor, q.After); err != nil {
			return nil, err
		}
	}
	page, err := a.Find.List(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	var items []Ticket
	for _, row := range page.Rows {
		t := ticketOf(row)
		t.Clock = a.nextClock(row)
		items = append(items, t)
	}
	if page.Next == nil {
		return pageOf(list, items, nil), nil
	}
	return pageOf(list, items, page.Next), nil
}

type exportIn struct{ TicketFilter }

func (a *API) exportTickets(_ context.Context, actor auth.Actor, in *exportIn) (*stream, error) {
	q, err := in.ask(actor)
	if err != nil {
		return nil, err
	}
	return &stream{func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		begun := false
		err := a.Find.Export(r.Context(), actor, q, w, func() {
			begun = true
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="tickets.csv"`)
		})
		switch {
		case err == nil:
		case begun: // the answer is cut short, which the client sees
			a.Log.Warn("an export has ended early", "err", err)
			panic(http.ErrAbortHandler)
		default:
			a.refuse(w, r, err)
		}
	}}, nil
}

type bulkIn struct {
	Body struct {
		Tickets  []find.Target   `json:"tickets" minItems:"1" maxItems:"1000" nullable:"false" doc:"Numbers, each with the version that was seen; 0 or none: as it is." example:"[{\"number\": 1042, \"version\": 3}]"`
		Preview  bool            `json:"preview,omitempty" doc:"Only say what would happen."`
		Do       find.Verb       `json:"do" enum:"assign,team,priority,category,tag,resolve,close,reopen,merge" example:"tag"`
		Person   string          `json:"person,omitempty" maxLength:"64" doc:"With assign: a person's id, me, or nothing for nobody."`
		Team     string          `json:"team,omitempty" maxLength:"64"`
		Priority ticket.Priority `json:"priority,omitempty" minimum:"0" maximum:"5"`
		Category string          `json:"category,omitempty" maxLength:"64"`
		Add      []string        `json:"add,omitempty" nullable:"false" doc:"Tags that come." example:"[\"vpn\"]"`
		Remove   []string        `json:"remove,omitempty" nullable:"false" doc:"Tags that go."`
		Code     ticket.Code     `json:"code,omitempty" enum:"fixed,workaround,explained,not_reproduced,duplicate,elsewhere"`
		Text     string          `json:"text,omitempty" doc:"The solution, or the reason."`
		Into     int64           `json:"into,omitempty" doc:"With merge: the number of the ticket that stays."`
	}
}

// BulkOutcome is what became of a change to many tickets.
type BulkOutcome struct {
	ID       string         `json:"id,omitempty" doc:"To undo it; left out of a preview, and of what cannot be undone."`
	Changed  []int64        `json:"changed" nullable:"false"`
	Refused  []find.Refusal `json:"refused" nullable:"false" doc:"Each with its reason."`
	Undoable bool           `json:"undoable"`
}

type bulkOut struct{ Body BulkOutcome }

func bulkOf(o find.Outcome) *bulkOut {
	return &bulkOut{BulkOutcome{o.ID, orEmpty(o.Changed), orEmpty(o.Refused), o.Undoable}}
}

func (a *API) bulk(ctx context.Context, actor auth.Actor, in *bulkIn) (*bulkOut, error) {
	b := in.Body
	if b.Person == query.Me {
		b.Person = actor.Person
	}
	act := find.Action{Do: b.Do, Person: b.Person, Team: b.Team, Priority: b.Priority, Category: b.Category, Add: b.Add, Remove: b.Remove, Code: b.Code, Text: b.Text, Into: b.Into}
	do := a.Find.Bulk
	if b.Preview {
		do = a.Find.Preview
	}
	out, err := do(ctx, actor, b.Tickets, act)
	if err != nil {
		return nil, err
	}
	return bulkOf(out), nil
}

type undoIn struct {
	ID string `path:"id" maxLength:"64" doc:"The change's id."`
}

func (a *API) undoBulk(ctx context.Context, actor auth.Actor, in *undoIn) (*bulkOut, error) {
	out, err := a.Find.Undo(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return bulkOf(out), nil
}

// View is a filter that somebody has kept.
type View struct {
	ID      string     `json:"id"`
	Shared  bool       `json:"shared" doc:"Everybody sees it."`
	Name    string     `json:"name"`
	Filter  string     `json:"filter" doc:"In the language of the search box."`
	Sort    query.Sort `json:"sort" enum:"priority,newest,oldest,due,updated,relevance"`
	Columns []string   `json:"columns" nullable:"false"`
	Version int64      `json:"version"`
	Count   int        `json:"count" doc:"How many tickets it holds now; -1 when it looks for words, which nobody counts."`
}

func viewOf(v find.View) View {
	return View{ID: v.ID, Shared: v.Shared(), Name: v.Name, Filter: v.Filter, Sort: v.Sort, Columns: v.Columns, Version: v.Version, Count: -1}
}

func (a *API) listViews(ctx context.Context, actor auth.Actor, in *Paging) (*pageOut[View], error) {
	list, err := a.Find.Views(ctx, actor)
	if err != nil {
		return nil, err
	}
	var out []View
	var filters []query.Filter
	for _, v := range list {
		out = append(out, viewOf(v))
		f, err := query.Parse(v.Filter)
		if err != nil { // of an older language: it selects nothing
			f = query.Filter{Terms: []query.Term{{Key: query.Text, Values: []string{"x"}}}}
		}
		filters = append(filters, f)
	}
	counts, err := a.Find.Counts(ctx, actor, filters, time.UTC)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Count = counts[i]
	}
	return window("views", out, *in)
}

type saveViewIn struct {
	Body struct {
		ID      string     `json:"id,omitempty" maxLength:"64" doc:"Left out: a new one."`
		Version int64      `json:"version,omitempty" minimum:"0" doc:"The version that was seen."`
		Name    string     `json:"name" maxLength:"60" example:"Printers in Berlin"`
		Filter  string     `json:"filter" maxLength:"1000" example:"state:open tag:printer"`
		Sort    query.Sort `json:"sort,omitempty" enum:"priority,newest,oldest,due,updated,relevance"`
		Columns []string   `json:"columns,omitempty" nullable:"false" doc:"Of findings, requester, site, endpoint, category, team, tags, state, assignee, created, updated, due."`
	}
}

type viewOut struct{ Body View }

func (a *API) saveView(ctx context.Context, actor auth.Actor, in *saveViewIn) (*viewOut, error) {
	return a.keepView(ctx, actor, in, actor.Person)
}

func (a *API) shareView(ctx context.Context, actor auth.Actor, in *saveViewIn) (*viewOut, error) {
	return a.keepView(ctx, actor, in, "")
}

func (a *API) keepView(ctx context.Context, actor auth.Actor, in *saveViewIn, owner string) (*viewOut, error) {
	b := in.Body
	v, err := a.Find.SaveView(ctx, actor, find.View{ID: b.ID, Version: b.Version, Owner: owner, Name: b.Name, Filter: b.Filter, Sort: b.Sort, Columns: b.Columns})
	if err != nil {
		return nil, err
	}
	return &viewOut{viewOf(v)}, nil
}

type viewIn struct {
	ID string `path:"id" maxLength:"64" doc:"The view's id."`
}

func (a *API) deleteView(ctx context.Context, actor auth.Actor, in *viewIn) (*struct{}, error) {
	return nil, a.Find.DeleteView(ctx, actor, in.ID)
}
