package fleet

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// shown is a ticket as the console's interface tells it.
type shown struct {
	Number                 int
	Title, State, Waiting  string
	Rating                 int
	Requester, Site        struct{ Name string }
	Assignee               *struct{ Name string }
	Endpoint               struct{ ID string }
	Findings               []struct{ Code string }
	ID                     string
	Priority, Reopened     int
	Snapshot               *struct{ ID string }
	Solution, Comment, Ref string
}

// get reads a list.
func get[T any](t *testing.T, s *servertest.Server, token, path string) []T {
	t.Helper()
	var list struct{ Items []T }
	if !read(t, s, token, path, &list) {
		t.Fatalf("%s: too many requests", path)
	}
	return list.Items
}

// read reads what is at a path of the REST interface; false: it was too soon.
func read(t *testing.T, s *servertest.Server, token, path string, into any) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.HTTP+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		return false
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", path, resp.Status, b, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
	return true
}

// perform runs the demonstration until all is staged, then calls look, and ends it.
func perform(t *testing.T, d Demo, look func()) {
	t.Helper()
	told := make(chan struct{})
	d.told = func() { close(told) }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	select {
	case <-told:
		look()
	case err := <-done:
		cancel()
		t.Fatal("the demonstration ended: ", err)
	case <-time.After(time.Minute):
		cancel()
		t.Fatal("the demonstration was not staged: ", <-done)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDemoShowsSomethingOnEveryPage(t *testing.T) {
	s := servertest.Start(t)
	token := s.Token(auth.Admin)
	d := Demo{Server: s.HTTP, Token: token, State: t.TempDir()}
	for _, site := range []string{"Berlin", "Hamburg", "Lisbon", "Kraków"} {
		d.Enrolments = append(d.Enrolments, s.Enrolment(site, 100).String())
	}
	var first []shown
	perform(t, d, func() {
		first = get[shown](t, s, token, "/tickets?limit=100&order=newest")
		checkTickets(t, first)
		checkEndpoints(t, s, token)
		checkPeers(t, s, token)
		disk := first[slices.IndexFunc(first, func(x shown) bool { return x.Title == story[0].title })]
		checkConversation(t, s, token, disk)
	})
	// The second run is the same fleet and rings nothing again, with the enrolment
	// strings that its starter has made anew.
	d.Enrolments = []string{s.Enrolment("Berlin", 100).String()}
	perform(t, d, func() {
		again := get[shown](t, s, token, "/tickets?limit=100&order=newest")
		if len(again) != len(first) {
			t.Errorf("there are %d tickets after the second run, and were %d", len(again), len(first))
		}
		for i := range min(len(first), len(again)) {
			if again[i].ID != first[i].ID || again[i].State != first[i].State || again[i].Reopened != first[i].Reopened {
				t.Errorf("%+v became %+v", first[i], again[i])
			}
		}
		servertest.Wait(t, "all sessions but one", func() bool { return online(t, s, token) == DemoEndpoints-1 })
	})
	// A run that has forgotten how far it was finds the tickets on the server.
	d.State, d.Enrolments = t.TempDir(), nil
	if err := d.Run(t.Context()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a demonstration without identities and enrolments: %v", err)
	}
}

func checkTickets(t *testing.T, list []shown) {
	t.Helper()
	if len(list) != len(story) {
		t.Errorf("%d tickets are there, %d are staged", len(list), len(story))
	}
	states, who, sites := map[string]int{}, map[string]bool{}, map[string]bool{}
	found := 0
	for _, x := range list {
		states[x.State]++
		sites[x.Site.Name] = true
		if x.Requester.Name == "" {
			t.Errorf("%q was rung by nobody", x.Title)
		}
		if x.Assignee != nil {
			who[x.Assignee.Name] = true
		}
		if len(x.Findings) > 0 {
			found++
		}
		if x.Title == story[0].title && (x.Rating != 5 || x.State != "closed") {
			t.Errorf("the first ticket is %+v", x)
		}
	}
	for _, state := range []string{"new", "assigned", "in_progress", "pending", "resolved", "closed", "cancelled"} {
		if states[state] == 0 {
			t.Errorf("no ticket is %s: %v", state, states)
		}
	}
	if !who["Alex Kim"] || !who["Sam Rivera"] || len(sites) != 4 || found < 4 {
		t.Errorf("taken by %v, of the sites %v, %d with findings", who, sites, found)
	}
}

func online(t *testing.T, s *servertest.Server, token string) int {
	n := 0
	for _, e := range get[struct{ Presence string }](t, s, token, "/endpoints?limit=100") {
		if e.Presence == "online" {
			n++
		}
	}
	return n
}

func checkEndpoints(t *testing.T, s *servertest.Server, token string) {
	t.Helper()
	servertest.Wait(t, "all sessions but one", func() bool { return online(t, s, token) == DemoEndpoints-1 })
	type endpoint struct {
		ID, Hostname, Presence string
		Findings               []struct{ Code string }
	}
	list := get[endpoint](t, s, token, "/endpoints?limit=100")
	if len(list) != DemoEndpoints {
		t.Errorf("%d endpoints", len(list))
	}
	for _, ill := range []machine.Ill{machine.DiskFull, machine.Swapping, machine.NamesFail, machine.ServiceDown} {
		if !slices.ContainsFunc(list, func(e endpoint) bool {
			return slices.ContainsFunc(e.Findings, func(f struct{ Code string }) bool { return f.Code == string(ill.Code()) })
		}) {
			t.Errorf("no endpoint has %s", ill.Code())
		}
	}
}

func checkConversation(t *testing.T, s *servertest.Server, token string, x shown) {
	t.Helper()
	type message struct {
		Body   string
		Type   string
		Author struct{ Name, Side string }
	}
	list := get[message](t, s, token, "/tickets/"+x.ID+"/messages")
	if len(list) < 3 || list[0].Author.Name != "Alex Kim" || list[1].Author.Side != "requester" {
		t.Errorf("the conversation is %+v", list)
	}
	asks := get[struct{ Kind, State string }](t, s, token, "/endpoints/"+x.Endpoint.ID+"/diagnostics")
	if len(asks) != 1 || asks[0].Kind != "disk" {
		t.Errorf("the machine was asked %+v", asks)
	}
}

func TestDemoSaysWhatItLacks(t *testing.T) {
	for name, d := range map[string]Demo{
		"no server":     {Token: "x"},
		"no token":      {Server: "http://127.0.0.1:1"},
		"few endpoints": {Server: "http://127.0.0.1:1", Token: "x", Endpoints: 3},
		"no enrolments": {Server: "http://127.0.0.1:1", Token: "x"},
	} {
		if err := d.Run(t.Context()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// checkPeers: the machines have told what they are made of, so that one can be
// compared with the others.
func checkPeers(t *testing.T, s *servertest.Server, token string) {
	t.Helper()
	list := get[struct {
		ID string `json:"id"`
	}](t, s, token, "/endpoints?limit=100")
	next := 0
	servertest.Wait(t, "a machine to be compared with its peers", func() bool {
		var p struct {
			Known       bool  `json:"known"`
			Enough      bool  `json:"enough"`
			Differences []any `json:"differences"`
		}
		if !read(t, s, token, "/endpoints/"+list[next%len(list)].ID+"/peers", &p) {
			return false
		}
		next++
		return p.Known && p.Enough && len(p.Differences) > 0
	})
}
