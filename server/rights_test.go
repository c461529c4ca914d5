package server_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write docs/rights.md anew")

const page = "../docs/rights.md"

// column is a kind of caller, with the credential that is theirs.
type column struct {
	name  string
	actor auth.Actor
}

// columns are those of the table, in order.
func columns() []column {
	list := []column{
		{"nobody", auth.Actor{}},
		{"employee", auth.Actor{Kind: auth.Requester, Person: "a person"}},
	}
	for _, r := range auth.Roles() {
		list = append(list, column{string(r), auth.Actor{Kind: auth.Staff, Person: "a person", Role: r}})
	}
	return append(list, column{"endpoint", auth.Actor{Kind: auth.Endpoint, Endpoint: "an endpoint"}}, column{"screen", auth.Actor{Kind: auth.Screen, Screen: "a screen"}})
}

// takes reports whether a plane takes a kind of credential at all.
func takes(p gate.Plane, kind auth.ActorKind) bool {
	switch p {
	case gate.Open:
		return true
	case gate.Console, gate.API:
		return kind == auth.Staff
	case gate.Wall:
		return kind == auth.Staff || kind == auth.Screen
	case gate.Portal:
		return kind == auth.Requester
	case gate.Agent:
		return kind == auth.Endpoint
	}
	return false
}

// right is what a caller may do by a route.
type right string

const (
	yes right = "yes"
	own right = "own" // to what is theirs
	no  right = "–"
)

// rightOf computes a cell. On the agents' websocket an endpoint speaks for its
// accounts: what is a requester's to do, it may do for them.
func rightOf(r gate.Route, a auth.Actor) right {
	if !takes(r.Plane, a.Kind) {
		return no
	}
	object := auth.Object{Endpoint: a.Endpoint}
	switch {
	case auth.Authorise(a, r.Operation, object) == nil && r.Operation == auth.Public:
		return yes
	case a.Kind == auth.Endpoint && auth.Authorise(auth.Actor{Kind: auth.Requester, Endpoint: a.Endpoint}, r.Operation, auth.Object{}) == nil:
		return own
	case auth.Authorise(a, r.Operation, object) != nil:
		return no
	case a.Kind == auth.Staff, a.Kind == auth.Screen:
		return yes
	}
	return own
}

// table writes the page.
func table(routes []gate.Route) string {
	var b strings.Builder
	b.WriteString(`# Rights

Who may do what. This page is made from the routes that the server has registered and the rules in ` + "`server/auth/authorise.go`" + `,
by ` + "`go test ./server -run TestRights -update`" + `; the tests fail when it is not what the server does, and ask every route with every credential.

**yes**: may. **own**: may, to what is their own; anything else does not exist for them. **–**: refused.
A route takes one kind of credential and no other: the console a session of the staff's, the portal a session of an employee's, the REST interface a
token (or the console's session, from our own pages), the agents' websocket an endpoint's key, the wall on a television the link of a screen (or the
console's session). A token limited to a role may what that role may.
`)
	names := []string{"", "operation"}
	for _, c := range columns() {
		names = append(names, c.name)
	}
	head, line := "| "+strings.TrimSpace(strings.Join(names, " | "))+" |", strings.Repeat("|---", len(names))+"|"
	for _, p := range []struct {
		plane gate.Plane
		title string
	}{
		{gate.API, "REST"}, {gate.Console, "Console"}, {gate.Wall, "The wall on a television"}, {gate.Portal, "Portal"}, {gate.Agent, "Agents' websocket"}, {gate.Open, "Open to everybody"},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n%s\n", p.title, head, line)
		var rows []gate.Route
		for _, r := range routes {
			if r.Plane == p.plane {
				rows = append(rows, r)
			}
		}
		slices.SortFunc(rows, func(x, y gate.Route) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
		})
		for _, r := range rows {
			fmt.Fprintf(&b, "| `%s %s` | %s |", r.Method, r.Path, r.Operation)
			for _, c := range columns() {
				fmt.Fprintf(&b, " %s |", rightOf(r, c.actor))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// TestRightsAreWrittenDown holds docs/rights.md to the routes that there are.
func TestRightsAreWrittenDown(t *testing.T) {
	s := servertest.Start(t)
	routes, mounts := s.Routes()
	want := table(routes)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/rights.md is not what the server does. Look at what has changed, then run: go test ./server -run TestRights -update")
	}
	// What is mounted makes its own checks; each has its tests.
	known := []string{"/", "/api/", "GET " + wire.ConnectPath, "GET " + wire.SpeedPath + "{ask}", "GET " + wire.SpeedPath + "{ask}/down", "POST " + wire.SpeedPath + "{ask}/up"}
	if slices.Sort(mounts); !slices.Equal(mounts, known) {
		t.Errorf("served without the gate's check: %v, want %v", mounts, known)
	}
	used := map[auth.Operation]bool{}
	for _, r := range routes {
		used[r.Operation] = true
	}
	for _, op := range auth.Operations() {
		if !used[op] {
			t.Errorf("no route needs the right to %s: the rule is dead", op)
		}
	}
}
