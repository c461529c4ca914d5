// Package api is Deskbell's REST interface under /api/v1: what the console can do,
// for programs. It is described by OpenAPI 3.1 at /api/v1/openapi.json, made from
// the very types that requests are read into and answers are written from.
//
// The package translates and decides nothing. Who may do what is asked of package
// auth before a request's body is read, and again by the use case, which knows the
// object.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

// Prefix is where the interface lives.
const Prefix = "/api/v1"

// API is the interface.
type API struct {
	Deps
	gate   *gate.Gate
	mux    *http.ServeMux
	huma   huma.API
	cross  *http.CrossOriginProtection
	limits *limits
	spec   []byte // the OpenAPI document
}

// New returns the interface over the use cases. Register brings it up.
func New(d Deps) *API {
	return &API{Deps: d, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), limits: newLimits()}
}

// maxJSON bounds a request's body, in bytes; attachments and a ticket's own
// opening have limits of their own.
const maxJSON = 1 << 20

// operationKey is where an operation keeps what it needs the right to.
const operationKey = "operation"

// Register adds every route to the gate. It panics when a route lacks an
// operation: a route that nobody thought about the rights of never comes up.
func (a *API) Register(g *gate.Gate) {
	a.gate = g
	a.huma = humago.New(a.mux, a.config())
	a.huma.UseMiddleware(a.enter)
	a.me()
	a.tickets()
	a.find()
	a.staffing()
	a.notices()
	a.ticketLife()
	a.conversation()
	a.attachments()
	a.endpoints()
	a.diagnostics()
	a.surveys()
	a.channels()
	a.groups()
	a.heartbeats()
	a.oncall()
	a.checks()
	a.devices()
	a.announcements()
	a.incidents()
	a.sites()
	a.people()
	a.requesters()
	a.reports()
	a.availability()
	a.schedules()
	a.enrolments()
	a.tokens()
	a.screens()
	a.audit()
	a.rulebook()
	a.articles()
	a.triage()
	a.clocks()
	a.events()
	a.checkOperations()
	a.document()
	g.RefuseWith(gate.API, a.refuse)
	g.Mount("/api/", a)
}

// checkOperations finds routes that were given to huma by another way than add.
func (a *API) checkOperations() {
	for path, item := range a.huma.OpenAPI().Paths {
		for _, op := range operationsOf(item) {
			name, ok := op.Metadata[operationKey].(auth.Operation)
			if !ok {
				panic(fmt.Sprintf("api: %s %s names no operation", op.Method, path))
			}
			auth.Known(name)
		}
	}
}

func operationsOf(item *huma.PathItem) []*huma.Operation {
	var ops []*huma.Operation
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if op != nil {
			ops = append(ops, op)
		}
	}
	return ops
}

// add registers a route: what it needs the right to, how it is documented, and
// what answers it.
func add[I, O any](a *API, op auth.Operation, doc huma.Operation, handle func(context.Context, auth.Actor, *I) (*O, error)) {
	auth.Known(op)
	doc.Metadata = map[string]any{operationKey: op}
	doc.Path = Prefix + doc.Path
	doc.OperationID = operationID(doc.Method, doc.Path)
	doc.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	doc.Extensions = map[string]any{"x-roles": rolesOf(op)}
	doc.RejectUnknownQueryParameters = true
	if doc.MaxBodyBytes == 0 {
		doc.MaxBodyBytes = maxJSON
	}
	doc.MaxBodyBytes++ // huma refuses what reaches its limit, we what is over ours
	a.gate.Note(gate.Route{Plane: gate.API, Method: doc.Method, Path: doc.Path, Operation: op})
	a.describeErrors(&doc)
	huma.Register(a.huma, doc, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, actorOf(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// operationID names a route for generated clients: getTicketsById.
func operationID(method, path string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(method))
	for part := range strings.SplitSeq(strings.TrimPrefix(path, Prefix), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			part = "by" + capital(strings.TrimSuffix(name, "}"))
		}
		if part != "" {
			b.WriteString(capital(part))
		}
	}
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func rolesOf(op auth.Operation) []string {
	roles := []string{}
	for _, r := range auth.Roles() {
		if auth.May(auth.Actor{Kind: auth.Staff, Role: r}, op) {
			roles = append(roles, string(r))
		}
	}
	return roles
}

// ServeHTTP answers everything under /api/, with a problem where nothing is.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			a.refuse(w, r, fmt.Errorf("panic: %v", v))
		}
	}()
	if err := a.cross.Check(r); err != nil {
		a.refuse(w, r, fault.New(fault.Forbidden, "The page of another site has sent this. Nothing was done."))
		return
	}
	h, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	seen := nowhere{header: http.Header{}}
	h.ServeHTTP(&seen, r)
	if seen.status == http.StatusMethodNotAllowed {
		allow := seen.header.Get("Allow")
		w.Header().Set("Allow", allow)
		writeProblem(w, &Problem{Status: seen.status, Code: fault.Unsupported, Detail: "Here one can only " + allow + "."})
		return
	}
	a.refuse(w, r, fault.New(fault.NotFound, "There is nothing at "+r.URL.Path+". What there is stands in "+Prefix+"/openapi.json."))
}

// nowhere takes the mux's own answer to a request that it has no route for.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(status int)      { n.status = status }

type actorKey struct{}

func actorOf(ctx context.Context) auth.Actor {
	actor, _ := ctx.Value(actorKey{}).(auth.Actor) // the zero actor is nobody, and may nothing
	return actor
}

// enter learns who is asking and whether they may, before anything else of the
// request is read.
func (a *API) enter(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	op, ok := ctx.Operation().Metadata[operationKey].(auth.Operation)
	if !ok {
		a.refuse(w, r, fmt.Errorf("%s %s names no operation", ctx.Operation().Method, ctx.Operation().Path))
		return
	}
	actor, err := a.gate.Who(gate.API, r)
	if err == nil && actor.Kind != auth.Nobody {
		err = a.limits.take(actor.Session, time.Now())
	}
	if err == nil {
		err = auth.Authorise(actor, op, auth.Object{})
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	next(huma.WithValue(ctx, actorKey{}, actor))
}

// document makes the OpenAPI document and serves it. It holds nothing that is not
// in the source code, so it is open.
func (a *API) document() {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	for _, t := range []reflect.Type{reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[huma.ErrorDetail]()} {
		delete(schemas, schemaName(t, "")) // translate lets none of them out
	}
	spec, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		panic(fmt.Sprintf("api: the OpenAPI document: %v", err))
	}
	a.spec = spec
	const path = Prefix + "/openapi.json"
	a.gate.Note(gate.Route{Plane: gate.Open, Method: http.MethodGet, Path: path, Operation: auth.Public})
	a.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(a.spec) // a client that went away is no error of ours
	})
}
