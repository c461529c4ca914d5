package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/synthetic"
)

// Checks are services that are looked at.
type Checks interface {
	List(actor auth.Actor) ([]synthetic.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (synthetic.Standing, []synthetic.Line, error)
	Save(ctx context.Context, actor auth.Actor, c synthetic.Check) (synthetic.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, c synthetic.Check, from string) ([]synthetic.View, error)
	RunNow(ctx context.Context, actor auth.Actor, id, from string) ([]synthetic.View, error)
}

// CheckHeader is one line of a request's head.
type CheckHeader struct {
	Name  string `json:"name" maxLength:"100"`
	Value string `json:"value" maxLength:"2000"`
}

// CheckBody is what can be written of a check.
type CheckBody struct {
	Name      string         `json:"name" maxLength:"200" example:"Intranet"`
	Note      string         `json:"note,omitempty" maxLength:"2000" doc:"What to do when it fails."`
	Kind      check.Kind     `json:"kind" enum:"http,tcp,icmp,dns,tls" example:"tcp"`
	Host      string         `json:"host,omitempty" maxLength:"253" doc:"Of tcp, icmp and tls the machine, of dns the name." example:"127.0.0.1"`
	Port      int            `json:"port,omitempty" minimum:"0" maximum:"65535" example:"443"`
	Every     int            `json:"every_seconds,omitempty" default:"60" minimum:"30" maximum:"86400"`
	Timeout   int            `json:"timeout_seconds,omitempty" default:"10" minimum:"1" maximum:"30"`
	Slowest   int            `json:"slowest_ms,omitempty" minimum:"0" maximum:"30000" doc:"What takes longer has failed. 0: it may."`
	Failures  int            `json:"failures,omitempty" default:"3" minimum:"1" maximum:"10" doc:"In a row, until it is down."`
	Successes int            `json:"successes,omitempty" default:"2" minimum:"1" maximum:"10" doc:"In a row, until it is up again."`
	Severity  alert.Severity `json:"severity,omitempty" enum:",critical,warning,info" doc:"Of its alerts. Left out: warning."`
	About     string         `json:"about,omitempty" maxLength:"64" doc:"The id of the category of tickets about it: while it fails, fewer of them look like an outage."`
	Guard     bool           `json:"guard,omitempty" doc:"It shows whether the server's own line works: while it fails and nothing else answers, no check fails."`
	Paused    bool           `json:"paused,omitempty"`

	Away      bool     `json:"not_from_server,omitempty" doc:"This server does not look: sites alone do."`
	Sites     []string `json:"sites,omitempty" maxItems:"20" doc:"Sites at which computers look as well, by id or name. What is sent along (headers, a body, what follows a question mark) is sent from the server alone, so that a check with any has none."`
	Each      int      `json:"each,omitempty" default:"2" minimum:"1" maximum:"5" doc:"How many connected computers of each site look."`
	Endpoints []string `json:"endpoints,omitempty" maxItems:"20" doc:"Computers that look at their sites, in place of any, by id or whole name."`

	URL        string        `json:"url,omitempty" maxLength:"2000" doc:"Of http."`
	Method     string        `json:"method,omitempty" enum:",GET,HEAD,OPTIONS,POST"`
	Headers    []CheckHeader `json:"headers,omitempty" maxItems:"10" doc:"Sent along. Their values are only told to those who may change checks."`
	Body       string        `json:"body,omitempty" maxLength:"4096"`
	Status     string        `json:"status,omitempty" maxLength:"200" doc:"What is well: 200-299, 401. Left out: 200-299."`
	Contains   string        `json:"contains,omitempty" maxLength:"1000" doc:"Text that has to be in the answer."`
	JSONPath   string        `json:"json_path,omitempty" maxLength:"200" doc:"Where in a JSON answer a value has to be: data.items[0].state."`
	JSONValue  string        `json:"json_value,omitempty" maxLength:"1000" doc:"Which value. Left out: any."`
	HeaderName string        `json:"header_name,omitempty" maxLength:"100" doc:"A header that the answer has to have."`
	HeaderHas  string        `json:"header_has,omitempty" maxLength:"1000" doc:"Text that has to be in it."`
	Stay       bool          `json:"no_redirects,omitempty" doc:"A redirect is the answer, and is not followed."`

	Type   string `json:"type,omitempty" enum:",A,AAAA,CNAME,MX,NS,TXT,SOA,SRV,PTR,CAA" doc:"Of dns."`
	Server string `json:"server,omitempty" maxLength:"100" doc:"The name server's address. Left out: that of whoever looks."`
	Expect string `json:"expect,omitempty" maxLength:"1000" doc:"An answer that has to be among those of the name server."`

	ServerName string `json:"server_name,omitempty" maxLength:"253" doc:"Of tls: that the certificate has to be for. Left out: the host."`
}

// CheckResult is what one look came to.
type CheckResult struct {
	Outcome   check.Outcome `json:"outcome" enum:"ok,failed,unable" doc:"unable: whoever looks could not, and it says nothing of the service."`
	Says      string        `json:"says"`
	Took      float64       `json:"took_seconds"`
	Address   string        `json:"address,omitempty"`
	Status    int           `json:"status,omitempty"`
	Redirects int           `json:"redirects,omitempty"`
	Lookup    float64       `json:"lookup_seconds,omitempty"`
	Connect   float64       `json:"connect_seconds,omitempty"`
	TLS       float64       `json:"tls_seconds,omitempty"`
	FirstByte float64       `json:"first_byte_seconds,omitempty" doc:"Since the beginning of the last request."`
	Expires   time.Time     `json:"certificate_expires_at,omitzero"`
}

func checkResult(r check.Result) CheckResult {
	return CheckResult{
		Outcome: r.Outcome, Says: r.Says, Took: r.Took.Seconds(), Address: r.Address, Status: r.Status, Redirects: r.Redirects,
		Lookup: r.Lookup.Seconds(), Connect: r.Connect.Seconds(), TLS: r.TLS.Seconds(), FirstByte: r.FirstByte.Seconds(), Expires: utc(r.Expires),
	}
}

// CheckView is a service as it is seen from one place.
type CheckView struct {
	From   string          `json:"from" doc:"server, or the id of a site."`
	Name   string          `json:"name" doc:"The place, as one says it."`
	State  synthetic.State `json:"state" enum:"new,up,down,unknown"`
	Since  time.Time       `json:"since,omitzero"`
	LastAt time.Time       `json:"last_at,omitzero"`
	Last   *CheckResult    `json:"last,omitempty"`
}

// Check is a service that is looked at, and how it does.
type Check struct {
	ID      string          `json:"id"`
	Version int             `json:"version" doc:"A change names the version that it has seen."`
	State   synthetic.State `json:"state" enum:"new,up,partly,down,unknown,paused"`
	Says    string          `json:"says" doc:"From where it fails and works, as the end of a sentence."`
	Views   []CheckView     `json:"views" nullable:"false"`
	CheckBody
}

// CheckLine is one line of what became of a check.
type CheckLine struct {
	At   time.Time     `json:"at"`
	From string        `json:"from"`
	Did  synthetic.Did `json:"did" enum:"down,up,failed,ok,unable"`
	Says string        `json:"says"`
}

func checkOf(s synthetic.Standing) Check {
	p := s.Spec
	c := Check{ID: s.ID, Version: s.Version, State: s.State, Says: s.Evidence, Views: []CheckView{}, CheckBody: CheckBody{
		Name: s.Name, Note: s.Note, Kind: p.Kind, Host: p.Host, Port: p.Port, Every: int(s.Every / time.Second), Timeout: int(p.Timeout / time.Second), Slowest: int(p.Slowest / time.Millisecond),
		Failures: s.Failures, Successes: s.Successes, Severity: s.Severity, About: s.About, Guard: s.Guard, Paused: s.Paused,
		URL: p.URL, Method: p.Method, Body: p.Body, Status: p.Status, Contains: p.Contains, JSONPath: p.JSONPath, JSONValue: p.JSONValue, HeaderName: p.HeaderName, HeaderHas: p.HeaderHas, Stay: p.Stay,
		Type: p.Type, Server: p.Server, Expect: p.Expect, ServerName: p.Name,
		Away: s.Away, Sites: s.Sites, Each: max(s.Each, 1), Endpoints: s.Endpoints,
	}}
	for _, h := range p.Headers {
		c.Headers = append(c.Headers, CheckHeader(h))
	}
	for _, v := range s.Views {
		view := CheckView{From: v.From, Name: v.Name, State: v.Life.State(), Since: utc(v.Life.Since), LastAt: utc(v.Life.LastAt)}
		if !v.Life.LastAt.IsZero() {
			r := checkResult(v.Life.Last)
			view.Last = &r
		}
		c.Views = append(c.Views, view)
	}
	return c
}

func (b CheckBody) check() synthetic.Check {
	c := synthetic.Usual()
	c.Name, c.Note, c.About, c.Guard, c.Paused = b.Name, b.Note, b.About, b.Guard, b.Paused
	c.Away, c.Sites, c.Each, c.Endpoints = b.Away, b.Sites, b.Each, b.Endpoints
	c.Every, c.Failures, c.Successes = time.Duration(b.Every)*time.Second, b.Failures, b.Successes
	if b.Severity != "" {
		c.Severity = b.Severity
	}
	c.Spec = check.Spec{
		Kind: b.Kind, Host: b.Host, Port: b.Port, Timeout: time.Duration(b.Timeout) * time.Second, Slowest: time.Duration(b.Slowest) * time.Millisecond,
		URL: b.URL, Method: b.Method, Body: b.Body, Status: b.Status, Contains: b.Contains, JSONPath: b.JSONPath, JSONValue: b.JSONValue, HeaderName: b.HeaderName, HeaderHas: b.HeaderHas, Stay: b.Stay,
		Type: b.Type, Server: b.Server, Expect: b.Expect, Name: b.ServerName,
	}
	for _, h := range b.Headers {
		c.Spec.Headers = append(c.Spec.Headers, check.Header(h))
	}
	return c
}

const checkTag = "Checks"

func (a *API) checks() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/checks", Tags: []string{checkTag}, Summary: "List checks of services", Description: "What is down comes first.",
	}, a.listChecks)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/checks", Tags: []string{checkTag}, Summary: "Make a check", DefaultStatus: http.StatusCreated,
	}, a.makeCheck)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/checks/try", Tags: []string{checkTag}, Summary: "Look once, and keep nothing of it",
	}, a.tryCheck)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/checks/{id}", Tags: []string{checkTag}, Summary: "Read a check, and what became of it",
	}, a.readCheck)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPut, Path: "/checks/{id}", Tags: []string{checkTag}, Summary: "Change a check",
	}, a.changeCheck)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/checks/{id}/run", Tags: []string{checkTag}, Summary: "Carry a check out once now", Description: "What comes of it does not count.",
	}, a.runCheck)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodDelete, Path: "/checks/{id}", Tags: []string{checkTag}, Summary: "Delete a check", Description: "Its alert is withdrawn.", DefaultStatus: http.StatusNoContent,
	}, a.deleteCheck)
}

type checksOut struct {
	Body struct {
		Items []Check `json:"items" nullable:"false"`
	}
}

func (a *API) listChecks(_ context.Context, actor auth.Actor, _ *struct{}) (*checksOut, error) {
	list, err := a.Checks.List(actor)
	if err != nil {
		return nil, err
	}
	out := &checksOut{}
	out.Body.Items = []Check{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, checkOf(s))
	}
	return out, nil
}

type makeCheckIn struct{ Body CheckBody }

type checkOut struct{ Body Check }

func (a *API) makeCheck(ctx context.Context, actor auth.Actor, in *makeCheckIn) (*checkOut, error) {
	return a.saveCheck(ctx, actor, in.Body.check())
}

func (a *API) saveCheck(ctx context.Context, actor auth.Actor, c synthetic.Check) (*checkOut, error) {
	saved, err := a.Checks.Save(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	return &checkOut{Body: checkOf(saved)}, nil
}

type checkIn struct {
	ID string `path:"id" maxLength:"64" doc:"The check's id."`
}

type readCheckOut struct {
	Body struct {
		Check
		Log []CheckLine `json:"log" nullable:"false" doc:"The newest first, a hundred at most."`
	}
}

func (a *API) readCheck(ctx context.Context, actor auth.Actor, in *checkIn) (*readCheckOut, error) {
	s, lines, err := a.Checks.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := &readCheckOut{}
	out.Body.Check, out.Body.Log = checkOf(s), []CheckLine{}
	for _, l := range lines {
		out.Body.Log = append(out.Body.Log, CheckLine{At: utc(l.At), From: l.From, Did: l.Did, Says: l.Says})
	}
	return out, nil
}

type changeCheckIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The check's id."`
	Body struct {
		CheckBody
		Version int `json:"version" minimum:"1"`
	}
}

func (a *API) changeCheck(ctx context.Context, actor auth.Actor, in *changeCheckIn) (*checkOut, error) {
	c := in.Body.check()
	c.ID, c.Version = in.ID, in.Body.Version
	return a.saveCheck(ctx, actor, c)
}

func (a *API) deleteCheck(ctx context.Context, actor auth.Actor, in *checkIn) (*struct{}, error) {
	return nil, a.Checks.Delete(ctx, actor, in.ID)
}
