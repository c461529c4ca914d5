package api

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/ticket"
)

func registered() *API {
	a := New(Deps{Log: slog.New(slog.DiscardHandler)})
	a.Register(gate.New(nil, slog.New(slog.DiscardHandler)))
	return a
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

// TestRouteWithoutAnOperationNeverComesUp forgets the operation in every way there
// is to.
func TestRouteWithoutAnOperationNeverComesUp(t *testing.T) {
	nothing := func(context.Context, auth.Actor, *struct{}) (*struct{}, error) { return nil, nil }
	route := huma.Operation{Method: http.MethodGet, Path: "/forgotten"}
	if a := registered(); !panics(func() { add(a, "", route, nothing) }) {
		t.Error("a route came up without an operation")
	}
	if a := registered(); !panics(func() { add(a, "tickets.burn", route, nothing) }) {
		t.Error("a route came up with an operation that no rule names")
	}
	a := registered()
	huma.Register(a.huma, route, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	if !panics(a.checkOperations) {
		t.Error("a route that was registered past add came up")
	}
	if panics(func() { registered() }) {
		t.Error("the interface itself does not come up")
	}
}

func TestEveryRouteIsNoted(t *testing.T) {
	g := gate.New(nil, slog.New(slog.DiscardHandler))
	a := New(Deps{Log: slog.New(slog.DiscardHandler)})
	a.Register(g)
	noted := map[string]gate.Route{}
	for _, r := range g.Routes() {
		noted[r.Method+" "+r.Path] = r
	}
	n := 1 // the document itself
	for path, item := range a.huma.OpenAPI().Paths {
		for _, op := range operationsOf(item) {
			n++
			if r := noted[op.Method+" "+path]; r.Plane != gate.API || r.Operation != op.Metadata[operationKey] {
				t.Errorf("%s %s is noted as %+v", op.Method, path, r)
			}
		}
	}
	if n != len(noted) {
		t.Errorf("%d routes are noted, and %d are served", len(noted), n)
	}
}

// TestEnumsAreTheDomains holds the values in the document against those that there
// are.
func TestEnumsAreTheDomains(t *testing.T) {
	schemas := registered().huma.OpenAPI().Components.Schemas.Map()
	for _, c := range []struct {
		schema, field string
		want          []string
	}{
		{"Ticket", "state", texts(ticket.States())}, {"Ticket", "code", texts(ticket.Codes())}, {"Ticket", "waiting", texts(ticket.Waitings())},
		{"AddPersonInBody", "role", texts(auth.Roles())}, {"Person", "role", append([]string{""}, texts(auth.Roles())...)},
		{"Token", "role", append([]string{""}, texts(auth.Limits())...)}, {"MakeTokenInBody", "role", append([]string{""}, texts(auth.Limits())...)}, {"Me", "limit", append([]string{""}, texts(auth.Limits())...)},
		{"Diagnostic", "state", texts([]ask.State{ask.Waiting, ask.Running, ask.Done, ask.Failed, ask.Expired, ask.Cancelled, ask.Unknown})},
	} {
		got := []string{}
		for _, v := range schemas[c.schema].Properties[c.field].Enum {
			got = append(got, v.(string))
		}
		if len(got) != len(c.want) {
			t.Errorf("%s.%s is one of %v, want %v", c.schema, c.field, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s.%s is one of %v, want %v", c.schema, c.field, got, c.want)
			}
		}
	}
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}
