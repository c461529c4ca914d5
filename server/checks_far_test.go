package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/servertest"
)

// looker connects a machine that looks at services with an agent's hand; or, when do is
// nil, one that is too old to know how.
func looker(t *testing.T, s *servertest.Server, name string, do func(ctx context.Context, id string, q wire.Ask, emit func(wire.Answer))) {
	t.Helper()
	if do == nil {
		old := remote.New(remote.Options{})
		do = func(ctx context.Context, id string, q wire.Ask, emit func(wire.Answer)) {
			q.Kind = "probe.of_tomorrow"
			old.Do(ctx, id, q, emit)
		}
	}
	lookFrom(t, s.Machine(name), do)
}

// lookFrom connects a machine that answers what it is asked.
func lookFrom(t *testing.T, m *servertest.Machine, do func(ctx context.Context, id string, q wire.Ask, emit func(wire.Answer))) *uplink.Session {
	t.Helper()
	c := m.Session(t)
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { c.Close(1000, "") })
	wg.Go(func() {
		for {
			e, err := c.Next(nil, time.Minute)
			if err != nil {
				return
			}
			var q wire.Ask
			if e.Frame != nil || e.Type != wire.TypeAsk || e.Into(&q) != nil {
				continue
			}
			do(context.Background(), e.ID, q, func(a wire.Answer) { c.Send(wire.TypeAnswer, "", e.ID, a) })
		}
	})
	return c
}

// TestCheckFromSite: a computer of a site looks at a service with the agent's own hand,
// through its own proxy; an old one beside it that knows no checks counts neither way.
// When the service goes away the alert says from where; the people at the computer read
// once who has it looked at; with the site its state goes.
func TestCheckFromSite(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	proxy, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 100 * time.Millisecond })
	var mu sync.Mutex
	var told []local.Look
	agent := remote.New(remote.Options{
		ProxyFor: func(*http.Request) (*url.URL, error) { return proxy, nil },
		OnLook:   func(k local.Look) { mu.Lock(); told = append(told, k); mu.Unlock() },
	})
	looker(t, s, "PC-17", agent.Do)
	looker(t, s, "PC-OLD", nil)
	type view struct {
		From, Name, State string
		Last              struct{ Outcome, Says string }
	}
	var made, got struct {
		ID, State, Says string
		Sites           []string
		Views           []view
	}
	body := map[string]any{"name": "Intranet", "kind": "http", "url": "http://intranet.example/", "failures": 1, "successes": 1, "sites": []string{"Berlin"}, "not_from_server": true, "each": 2}
	rest(t, s, "POST", "/checks", body, &made)
	read := func(want string) {
		t.Helper()
		servertest.Wait(t, "it to be "+want, func() bool {
			rest(t, s, "GET", "/checks/"+made.ID, nil, &got)
			return got.State == want
		})
	}
	read("up")
	if v := got.Views; len(v) != 1 || v[0].Name != "Berlin" || v[0].From != got.Sites[0] || v[0].State != "up" || !strings.HasPrefix(v[0].Last.Says, "From PC-17: It answered 200 OK in ") {
		t.Errorf("%+v", got)
	}
	service.Close()
	var tried struct {
		Outcome, From string
		Views         []view
	}
	rest(t, s, "POST", "/checks/"+made.ID+"/run?from="+got.Sites[0], nil, &tried)
	if tried.Outcome != "failed" || tried.From != got.Sites[0] || len(tried.Views) != 1 {
		t.Errorf("by hand: %+v", tried)
	}
	body["version"], body["note"] = 1, "Changed." // which has it looked at, at once
	rest(t, s, "PUT", "/checks/"+made.ID, body, nil)
	i := standing(t, s, "CheckFailing", "firing", 1)[0]
	if !strings.HasPrefix(i.Summary, "“Intranet” fails from Berlin. From PC-17: ") || !strings.HasSuffix(i.Summary, "connection refused.") {
		t.Errorf("the alert says %q", i.Summary)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 2 || told[0].What != "whether “http://intranet.example/” answers, again and again" || told[0].Who == "" || !slices.Contains([]string{"admin"}, told[0].Role) {
		t.Errorf("the people there were told %+v", told)
	}
}
