package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/people"
)

// Requesters keeps whom the help desk works for.
type Requesters interface {
	List(ctx context.Context, actor auth.Actor, q people.Query) ([]people.Row, string, error)
	Get(ctx context.Context, actor auth.Actor, id string) (people.Detail, error)
	Change(ctx context.Context, actor auth.Actor, id string, c people.Change) (people.Person, error)
	Preview(ctx context.Context, actor auth.Actor, file []byte, m people.Mapping) (people.Preview, error)
	Import(ctx context.Context, actor auth.Actor, file []byte, m people.Mapping) (people.Preview, error)
	PreviewRemoval(ctx context.Context, actor auth.Actor, id string) (people.Removal, error)
	Remove(ctx context.Context, actor auth.Actor, id string) (people.Removal, error)
}

// Requester is somebody whom the help desk works for. Staff are among them: they
// ring too.
type Requester struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Email      string        `json:"email,omitempty"`
	Staff      bool          `json:"staff"`
	Site       OrNull[Named] `json:"site"`
	Manager    OrNull[Named] `json:"manager"`
	VIP        bool          `json:"vip"`
	Phone      string        `json:"phone,omitempty"`
	Title      string        `json:"title,omitempty"`
	Department string        `json:"department,omitempty"`
	Notes      string        `json:"notes,omitempty" doc:"For the staff."`
	OpenTicket int           `json:"open_tickets"`
	Removed    bool          `json:"removed" doc:"Their data was removed on request."`
	CreatedAt  time.Time     `json:"created_at"`
}

func requesterOf(r people.Row) Requester {
	x := Requester{
		ID: r.ID, Name: r.Name, Email: r.Email, Staff: r.Role != auth.NoRole, VIP: r.VIP, Phone: r.Phone, Title: r.Title, Department: r.Department,
		Notes: r.Notes, OpenTicket: r.Open, Removed: r.Removed(), CreatedAt: utc(r.CreatedAt),
	}
	if r.Site != "" {
		x.Site = some(Named{r.Site, r.SiteName})
	}
	if r.Manager != "" {
		x.Manager = some(Named{r.Manager, r.ManagerName})
	}
	return x
}

// RequesterDetail is a requester with what belongs to them.
type RequesterDetail struct {
	Requester
	Endpoints []RequesterEndpoint `json:"endpoints" nullable:"false"`
	Tickets   int                 `json:"tickets" doc:"All of them; they are listed by GET /tickets?requester=…"`
	Ratings   int                 `json:"ratings"`
	Rating    OrNull[float64]     `json:"rating" doc:"The mean of the ratings."`
	Reports   []Named             `json:"reports" nullable:"false" doc:"Who names them as their manager; the first 50."`
}

// RequesterEndpoint is where a requester is known.
type RequesterEndpoint struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Login string `json:"login"`
}

const requesterTag = "Requesters"

func (a *API) requesters() {
	add(a, auth.PeopleList, huma.Operation{
		Method: http.MethodGet, Path: "/requesters", Tags: []string{requesterTag}, Summary: "List requesters",
		Description: "By name. Every word of q has to be found in the name, the address, the phone number, the title or the department; capitals and accents do not matter.",
	}, a.listRequesters)
	add(a, auth.PeopleList, huma.Operation{
		Method: http.MethodGet, Path: "/requesters/{id}", Tags: []string{requesterTag}, Summary: "Read a requester",
	}, a.readRequester)
	add(a, auth.PeopleKeep, huma.Operation{
		Method: http.MethodPatch, Path: "/requesters/{id}", Tags: []string{requesterTag}, Summary: "Change a requester's contact",
		Description: "What is left out stays; an empty text empties.",
	}, a.changeRequester)
	add(a, auth.PeopleManage, huma.Operation{
		Method: http.MethodGet, Path: "/requesters/{id}/removal", Tags: []string{requesterTag}, Summary: "Read what would go with a requester's data",
	}, a.previewRemoval)
	add(a, auth.PeopleManage, huma.Operation{
		Method: http.MethodDelete, Path: "/requesters/{id}", Tags: []string{requesterTag}, Summary: "Remove a requester's data",
		Description: "For good. Their tickets stay, of a “former requester” and without their words; the statistics stay. Asking again does nothing more.",
	}, a.removeRequester)
	add(a, auth.PeopleImport, huma.Operation{
		Method: http.MethodPost, Path: "/requesters/import", Tags: []string{requesterTag}, Summary: "Import a list of requesters",
		Description: "The body is CSV with a header. Its encoding and separator are found out, and its columns by their names, unless mapping says otherwise. " +
			"Who has a line's e-mail address is changed, and who is new is added. An empty cell leaves what is there, a cell with “-” empties it. " +
			"All or nothing: when lines are wrong, nothing is imported and the problem's lines name each of them. With dry_run=true nothing is imported in any case.",
		MaxBodyBytes: people.MaxBytes, BodyReadTimeout: time.Minute,
	}, a.importRequesters)
}

type listRequestersIn struct {
	Paging
	Q       string `query:"q" maxLength:"200" doc:"Words to find."`
	Site    string `query:"site" maxLength:"64" doc:"A site's id."`
	Manager string `query:"manager" maxLength:"64" doc:"Only who reports to this person."`
	VIP     bool   `query:"vip" doc:"Only VIPs."`
}

func (a *API) listRequesters(ctx context.Context, actor auth.Actor, in *listRequestersIn) (*pageOut[Requester], error) {
	const list = "requesters"
	q := people.Query{Text: in.Q, Site: in.Site, Manager: in.Manager, VIP: in.VIP, Limit: in.Limit}
	if err := readCursor(list, in.Cursor, &q.After); err != nil {
		return nil, err
	}
	rows, next, err := a.Requesters.List(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	var items []Requester
	for _, r := range rows {
		items = append(items, requesterOf(r))
	}
	return pageOf(list, items, nextID(next)), nil
}

type requesterOut struct{ Body RequesterDetail }

func (a *API) readRequester(ctx context.Context, actor auth.Actor, in *PersonPath) (*requesterOut, error) {
	d, err := a.Requesters.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := RequesterDetail{Requester: requesterOf(d.Row), Endpoints: []RequesterEndpoint{}, Tickets: d.Tickets.All, Ratings: d.Tickets.Rated, Reports: []Named{}}
	if d.Tickets.Rated > 0 {
		out.Rating = some(d.Tickets.Rating)
	}
	for _, x := range d.Accounts {
		out.Endpoints = append(out.Endpoints, RequesterEndpoint{ID: x.Endpoint, Name: x.EndpointName, Login: x.Login})
	}
	for _, x := range d.Reports {
		out.Reports = append(out.Reports, Named(x))
	}
	return &requesterOut{out}, nil
}

type changeRequesterIn struct {
	PersonPath
	Body struct {
		Name       *string `json:"name,omitempty" example:"Mia Muster"`
		Email      *string `json:"email,omitempty" doc:"Not of the staff, who sign in with it." example:"mia@example.com"`
		Site       *string `json:"site,omitempty" doc:"A site's id."`
		Manager    *string `json:"manager,omitempty" doc:"Another person's id."`
		VIP        *bool   `json:"vip,omitempty" example:"true"`
		Phone      *string `json:"phone,omitempty" example:"+49 30 12345"`
		Title      *string `json:"title,omitempty" example:"Head of accounting"`
		Department *string `json:"department,omitempty" example:"Accounting"`
		Notes      *string `json:"notes,omitempty" example:"Prefers to be called."`
	}
}

func (a *API) changeRequester(ctx context.Context, actor auth.Actor, in *changeRequesterIn) (*requesterOut, error) {
	b := in.Body
	_, err := a.Requesters.Change(ctx, actor, in.ID, people.Change{
		Name: b.Name, Email: b.Email, Site: b.Site, Manager: b.Manager, VIP: b.VIP, Phone: b.Phone, Title: b.Title, Department: b.Department, Notes: b.Notes,
	})
	if err != nil {
		return nil, err
	}
	return a.readRequester(ctx, actor, &in.PersonPath)
}

type importIn struct {
	DryRun  bool   `query:"dry_run" doc:"Only say what would happen."`
	Mapping string `query:"mapping" maxLength:"2000" doc:"JSON: the number of a column, counted from 0, by what it holds: email, name, site, manager, vip, phone, title, department, notes." example:"{\"email\":1,\"name\":0}"`
	RawBody []byte `contentType:"text/csv"`
}

// Imported is what an import has done, or would do.
type Imported struct {
	Imported  bool           `json:"imported"`
	Encoding  string         `json:"encoding" enum:"UTF-8,UTF-16,Windows-1252"`
	Separator string         `json:"separator"`
	Columns   []string       `json:"columns" nullable:"false"`
	Mapping   map[string]int `json:"mapping" doc:"The number of a column, counted from 0, by what it holds."`
	Added     int            `json:"added"`
	Changed   int            `json:"changed"`
	Same      int            `json:"same"`
	Wrong     []people.Wrong `json:"wrong" nullable:"false" doc:"Of a dry run: the lines for which nothing would be imported."`
}

type importOut struct{ Body Imported }

func (a *API) importRequesters(ctx context.Context, actor auth.Actor, in *importIn) (*importOut, error) {
	var m people.Mapping
	if in.Mapping != "" {
		if err := json.Unmarshal([]byte(in.Mapping), &m); err != nil {
			return nil, fault.Field("mapping", "The mapping is not JSON like {\"email\":1,\"name\":0}.")
		}
	}
	work := a.Requesters.Import
	if in.DryRun {
		work = a.Requesters.Preview
	}
	p, err := work(ctx, actor, in.RawBody, m)
	if err != nil {
		return nil, err
	}
	return &importOut{Imported{
		Imported: !in.DryRun, Encoding: p.Table.Encoding, Separator: string(p.Table.Separator), Columns: append([]string{}, p.Table.Header...), Mapping: p.Mapping,
		Added: p.Added, Changed: p.Changed, Same: p.Same, Wrong: append([]people.Wrong{}, p.Wrong...),
	}}, nil
}

// RequesterRemoval is what goes, or went, with a requester's data.
type RequesterRemoval struct {
	Tickets   int `json:"tickets" doc:"They stay, without the person."`
	Words     int `json:"words" doc:"Things they wrote."`
	Files     int `json:"files" doc:"That only they brought."`
	Snapshots int `json:"snapshots"`
	Accounts  int `json:"accounts"`
	Entries   int `json:"audit_entries" doc:"Of the audit log, which name who was on the staff, and stay."`
}

type removalOut struct{ Body RequesterRemoval }

func removalOf(r people.Removal) *removalOut {
	return &removalOut{RequesterRemoval{Tickets: r.Tickets, Words: r.Words, Files: r.Files, Snapshots: r.Snapshots, Accounts: len(r.Accounts), Entries: r.Entries}}
}

func (a *API) previewRemoval(ctx context.Context, actor auth.Actor, in *PersonPath) (*removalOut, error) {
	r, err := a.Requesters.PreviewRemoval(ctx, actor, in.ID)
	return removalOf(r), err
}

func (a *API) removeRequester(ctx context.Context, actor auth.Actor, in *PersonPath) (*removalOut, error) {
	r, err := a.Requesters.Remove(ctx, actor, in.ID)
	return removalOf(r), err
}
