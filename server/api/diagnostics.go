package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
)

// Diagnostic is a look into a machine: a question, and what has come of its
// answer.
type Diagnostic struct {
	ID        string            `json:"id"`
	Endpoint  string            `json:"endpoint" doc:"Its id."`
	Ticket    *string           `json:"ticket" doc:"The id of the ticket that it belongs to."`
	Kind      wire.AskKind      `json:"kind" example:"snapshot"`
	Params    json.RawMessage   `json:"params,omitempty"`
	Asker     Named             `json:"asker"`
	State     ask.State         `json:"state" enum:"waiting,running,done,failed,expired,cancelled,unknown" doc:"unknown: the server went down meanwhile."`
	Code      fault.Code        `json:"code,omitempty" doc:"Why it failed."`
	Sentence  string            `json:"sentence,omitempty" doc:"Why it failed, for a person."`
	Answer    []json.RawMessage `json:"answer,omitempty" nullable:"false" doc:"The parts that have come; not in lists."`
	AskedAt   time.Time         `json:"asked_at"`
	ExpiresAt time.Time         `json:"expires_at" doc:"How long it waits for a machine that is offline."`
	EndedAt   time.Time         `json:"ended_at,omitzero"`
}

func diagnosticOf(q ask.Ask) Diagnostic {
	return Diagnostic{
		ID: q.ID, Endpoint: q.Endpoint, Ticket: orNone(q.Ticket), Kind: q.Kind, Params: q.Params, Asker: Named{q.AskerID, q.AskerName},
		State: q.State, Code: q.Code, Sentence: q.Sentence, Answer: q.Answer,
		AskedAt: utc(q.AskedAt), ExpiresAt: utc(q.ExpiresAt), EndedAt: utc(q.EndedAt),
	}
}

const diagnosticTag = "Diagnostics"

func (a *API) diagnostics() {
	add(a, auth.EndpointsAsk, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints/{id}/diagnostics", Tags: []string{diagnosticTag}, Summary: "List what an endpoint was asked",
		Description: "The newest first.",
	}, a.listDiagnostics)
	add(a, auth.EndpointsAsk, huma.Operation{
		Method: http.MethodPost, Path: "/endpoints/{id}/diagnostics", Tags: []string{diagnosticTag}, Summary: "Look into a machine",
		Description: "What the kinds take as params, every field optional unless it is named here without one:\n\n" +
			"- `snapshot`: sections (a list)\n- `processes`: seconds, 1 to 60; all: the table of all processes, for up to 600 seconds. The answer then is one part, the table as it is; at /events come its changes\n- `services`: nothing\n- `log`: lines, unit, level, filter; file, a log file that the machine's own settings name; follow: what comes as well, for ten minutes. The answer then is one part, the newest lines; at /events comes what is new\n- `disk`: path\n- `inventory`: sections (a list)\n- `changes`: nothing\n" +
			"- `probe.ping`: host; count optional\n- `probe.path`: host; rounds, family optional\n- `probe.dns`: name; type, server optional\n- `probe.tcp`: host, port\n- `probe.http`: url\n- `probe.tls`: host; port, name optional\n- `probe.portal`: url optional\n- `probe.proxy`: url\n- `probe.speed`: seconds, 1 to 10, each way. One at a time of a machine, two at a time of the server; the answer is one part, which is replaced as it goes on\n\n" +
			"The employee sees who asks and why, and may refuse. The answer comes in parts: read it at /diagnostics/{id}, or as it comes at /events?ask={id}. " +
			"A machine that is offline fails at once, unless wait says for how long its return is good enough.",
		DefaultStatus: http.StatusAccepted,
	}, a.ask)
	add(a, auth.EndpointsAct, huma.Operation{
		Method: http.MethodPost, Path: "/endpoints/{id}/acts", Tags: []string{diagnosticTag}, Summary: "Do something on a machine",
		Description: "What the kinds take as params:\n\n" +
			"- `process.end`: pid, started and name, all as the list of processes has them\n- `service.start`, `service.stop`, `service.restart`: name\n- `file.list`: path; empty asks which places there are\n- `file.fetch`: path; ends asks of a file that is too long for its beginning and its end. For a ticket, which it becomes an attachment of\n- `screen`: nothing; for a ticket. Whoever rang is asked first\n- `terminal`, `terminal.root`: cols, rows; for a ticket, and used in the console only\n- `script.run`, `script.root`: refused here; a script is run from the library in the console, by its name and approved version\n\n" +
			"A machine does only what its own settings allow (the endpoint's inventory tells which), whatever the server says. It is done once or not at all, and never later: " +
			"a machine that is offline fails at once. Read what became of it at /diagnostics/{id}; `unknown` says that the machine fell silent meanwhile.",
		DefaultStatus: http.StatusAccepted,
	}, a.actAfar)
	add(a, auth.EndpointsAsk, huma.Operation{
		Method: http.MethodGet, Path: "/diagnostics/{id}", Tags: []string{diagnosticTag}, Summary: "Read what a machine has answered",
	}, a.readDiagnostic)
	add(a, auth.EndpointsAsk, huma.Operation{
		Method: http.MethodDelete, Path: "/diagnostics/{id}", Tags: []string{diagnosticTag}, Summary: "Stop a diagnostic",
		Description: "What has come of its answer stays.", DefaultStatus: http.StatusNoContent,
	}, a.cancelDiagnostic)
}

type listDiagnosticsIn struct {
	EndpointPath
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"400" doc:"The next_cursor of the part before."`
}

func (a *API) listDiagnostics(ctx context.Context, actor auth.Actor, in *listDiagnosticsIn) (*pageOut[Diagnostic], error) {
	const list = "diagnostics"
	q := ask.Query{Endpoint: in.ID, Limit: in.Limit + 1}
	if err := readCursor(list, in.Cursor, &q.Before); err != nil {
		return nil, err
	}
	if _, err := a.Endpoints.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	asks, err := a.Asks.List(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(asks) > in.Limit {
		asks = asks[:in.Limit]
		next = asks[in.Limit-1].ID
	}
	var items []Diagnostic
	for _, q := range asks {
		items = append(items, diagnosticOf(q))
	}
	return pageOf(list, items, nextID(next)), nil
}

type askIn struct {
	EndpointPath
	Body struct {
		Kind   wire.AskKind    `json:"kind" example:"snapshot"`
		Params json.RawMessage `json:"params,omitempty" doc:"What the kind takes."`
		Ticket string          `json:"ticket,omitempty" doc:"The id or number of the ticket that it is for; the look then stands in its history."`
		Wait   string          `json:"wait,omitempty" doc:"How long a machine that is offline may take to come back: 90m, 24h. At most 168h." example:"90m"`
	}
}

type diagnosticOut struct {
	Location string `header:"Location" doc:"Where the answer is read."`
	Body     Diagnostic
}

func (a *API) ask(ctx context.Context, actor auth.Actor, in *askIn) (*diagnosticOut, error) {
	r := ask.Request{Endpoint: in.ID, Kind: in.Body.Kind, Params: in.Body.Params}
	if in.Body.Wait != "" {
		var err error
		if r.Wait, err = duration("wait", in.Body.Wait); err != nil {
			return nil, err
		}
	}
	if in.Body.Ticket != "" {
		d, err := a.get(ctx, actor, in.Body.Ticket)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.Field("ticket", "There is no such ticket.")
		}
		if err != nil {
			return nil, err
		}
		r.Ticket = d.ID
	}
	q, err := a.Asks.Ask(ctx, actor, r)
	if err != nil {
		return nil, err
	}
	return &diagnosticOut{Location: Prefix + "/diagnostics/" + q.ID, Body: diagnosticOf(q)}, nil
}

type actAfarIn struct {
	EndpointPath
	Body struct {
		Kind   wire.AskKind    `json:"kind" example:"service.restart"`
		Params json.RawMessage `json:"params" doc:"What the kind takes."`
		Ticket string          `json:"ticket,omitempty" doc:"The id or number of the ticket that it is for; it then stands in its history."`
	}
}

func (a *API) actAfar(ctx context.Context, actor auth.Actor, in *actAfarIn) (*diagnosticOut, error) {
	r := ask.Request{Endpoint: in.ID, Kind: in.Body.Kind, Params: in.Body.Params}
	if in.Body.Ticket != "" {
		d, err := a.get(ctx, actor, in.Body.Ticket)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.Field("ticket", "There is no such ticket.")
		}
		if err != nil {
			return nil, err
		}
		r.Ticket = d.ID
	}
	q, err := a.Asks.Act(ctx, actor, r)
	if err != nil {
		return nil, err
	}
	return &diagnosticOut{Location: Prefix + "/diagnostics/" + q.ID, Body: diagnosticOf(q)}, nil
}

// duration reads a length of time as the command line has it.
func duration(field, s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fault.Field(field, "The field "+field+" is not a length of time. It looks like 90m or 24h.")
	}
	return d, nil
}

type diagnosticIn struct {
	ID string `path:"id" maxLength:"64" doc:"The diagnostic's id."`
}

type readDiagnosticOut struct{ Body Diagnostic }

func (a *API) readDiagnostic(ctx context.Context, actor auth.Actor, in *diagnosticIn) (*readDiagnosticOut, error) {
	q, err := a.Asks.Get(ctx, actor, in.ID)
	return &readDiagnosticOut{diagnosticOf(q)}, err
}

func (a *API) cancelDiagnostic(ctx context.Context, actor auth.Actor, in *diagnosticIn) (*struct{}, error) {
	return nil, a.Asks.Cancel(ctx, actor, in.ID)
}
