package server_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/api"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestProbesOfAnOutage: a service goes away for one site, and people there ring about it.
// Their computers, neighbours of theirs and some of another site are asked at once to look
// at it, with the agent's own hand over real sessions; what they say stands on the incident
// that is proposed, and in its timeline, as one sentence.
func TestProbesOfAnOutage(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) { o.ProbesAfter = -1 })
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	// Each site reaches the service over a gateway of its own.
	gateway := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	agent := func(gate string) (*remote.Runner, *atomic.Int32) {
		at, err := url.Parse(gate)
		if err != nil {
			t.Fatal(err)
		}
		var n atomic.Int32
		return remote.New(remote.Options{ProxyFor: func(*http.Request) (*url.URL, error) { n.Add(1); return at, nil }}), &n
	}
	rules := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
	if _, err := rules.PutBySystem(t.Context(), &rulebook.Category{Entry: rulebook.Entry{ID: "intranet", Name: "Intranet"}}); err != nil {
		t.Fatal(err)
	}
	ring := func(endpoint, id, about string, at time.Time) string {
		out, err := desk.New(s.DB.Desk(), rules.Book, func() time.Time { return at }).
			Ring(t.Context(), desk.Message{Endpoint: endpoint, ID: id, Body: []byte(id), UID: "1000", Login: "at-" + endpoint}, desk.Draft{Title: "It does not work", Category: about})
		if err != nil {
			t.Fatal(err)
		}
		return out.Ticket
	}
	var berlin, hamburg []*servertest.Machine
	for n := range 8 {
		berlin = append(berlin, s.Machine(fmt.Sprint("B-", n)))
	}
	for n := range 4 {
		hamburg = append(hamburg, s.MachineAt("Hamburg", fmt.Sprint("H-", n)))
	}
	// What is usual: three weeks, two tickets a day, at other hours than this one.
	now := time.Now()
	for n := range 42 {
		at := now.Add(-time.Duration(22*24-n*12+6) * time.Hour)
		ring(berlin[n%8].ID, fmt.Sprint("past-", n), "", at)
	}
	s.Stop()
	s.Restart()
	rest(t, s, "POST", "/checks", map[string]any{"name": "Start page", "kind": "http", "url": "http://intranet.example/", "sites": []string{"Hamburg"}, "not_from_server": true, "about": "intranet"}, nil)

	near, asked := agent(gateway.URL)
	far, elsewhere := agent(service.URL)
	var sessions []*uplink.Session
	for _, m := range berlin {
		sessions = append(sessions, lookFrom(t, m, near.Do))
	}
	for _, m := range hamburg {
		lookFrom(t, m, far.Do)
	}
	gateway.Close()
	var tickets []string
	for n := range 5 {
		tickets = append(tickets, ring(berlin[n].ID, fmt.Sprint("now-", n), "intranet", time.Now()))
	}
	var got struct{ Items []api.Incident }
	servertest.Wait(t, "endpoints to have been asked about the incident", func() bool {
		got.Items = nil
		rest(t, s, "GET", "/incidents", nil, &got)
		return len(got.Items) == 1 && len(got.Items[0].Probes) > 0
	})
	i := got.Items[0]
	p := i.Probes[0]
	if p.Check != "Start page" || p.Rang.Of == 0 || p.Rang.Fail != p.Rang.Of || p.Near.Of == 0 || p.Near.Fail != p.Near.Of || p.Far.Of == 0 || p.Far.Fail != 0 || p.FarAt != "Hamburg" || p.Times < 1 {
		t.Errorf("they said %+v", i.Probes)
	}
	if asked.Load() == 0 || elsewhere.Load() == 0 {
		t.Error("no agent has looked")
	}
	rest(t, s, "GET", "/incidents/"+i.ID, nil, &i)
	want := fmt.Sprintf(", “Start page”: %d of %d who reported fail, %d of %d neighbours fail, none of %d in Hamburg.", p.Rang.Fail, p.Rang.Of, p.Near.Fail, p.Near.Of, p.Far.Of)
	found := ""
	for _, l := range i.Lines {
		if l.Did == "probed" {
			found = l.Text
		}
	}
	if !strings.HasPrefix(found, "Probed at ") || !strings.HasSuffix(found, want) {
		t.Errorf("the timeline says %q, and not %q", found, want)
	}

	// Somebody takes it for over. One of those who rang says so too, and their computer looks
	// once more: the service does not answer it, so their ticket stays open.
	rest(t, s, "POST", "/incidents/"+i.ID+"/act", map[string]any{"act": "confirm"}, nil)
	rest(t, s, "POST", "/incidents/"+i.ID+"/act", map[string]any{"act": "resolve", "text": "A new line.", "ask_minutes": 60}, nil)
	says := func(n int) {
		t.Helper()
		err := sessions[n].Send(wire.TypeOutageFixed, fmt.Sprint("fixed-", n), "", wire.OutageFixed{Account: wire.Account{UID: "1000", Name: "somebody"}, Question: i.ID, Works: true, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
	}
	stands := func(n int, state ticket.State, note string) {
		t.Helper()
		id, last := tickets[n], ticket.State("")
		defer func() {
			if t.Failed() {
				rest(t, s, "GET", "/incidents/"+i.ID, nil, &i)
				t.Logf("it is %s; the incident has %+v", last, i)
			}
		}()
		servertest.Wait(t, fmt.Sprintf("the ticket of %d to be %s with a note %q", n, state, note), func() bool {
			d, err := s.DB.Desk().Ticket(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			h, err := s.DB.Desk().History(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			last = d.State
			return d.State == state && (note == "" || slices.ContainsFunc(h, func(e ticket.Event) bool { return strings.Contains(e.Body, note) }))
		})
	}
	says(0)
	stands(0, ticket.New, "says that it is fixed, and “Start page”, which it was asked to look at, does not answer there.")
	// With the line back it answers the next one, whose ticket is closed.
	l, err := net.Listen("tcp", gateway.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	back := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: time.Minute}}
	back.Start()
	defer back.Close()
	before := asked.Load()
	says(1)
	stands(1, ticket.Closed, "")
	if asked.Load() == before {
		t.Error("it did not look before the ticket was closed")
	}
}
