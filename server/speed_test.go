package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// measured is a machine that answers with an agent's hand.
type measured struct {
	*servertest.Machine
	server *servertest.Server
	asks   chan asked
}

type asked struct {
	id string
	wire.Ask
}

// measuredMachine connects a machine. What it is asked is answered by the agent's
// Runner over its Line, unless answers is false: then it comes by asks.
func measuredMachine(t *testing.T, s *servertest.Server, name string, answers bool) *measured {
	t.Helper()
	return withDialer(t, s, s.Machine(name), answers)
}

func withDialer(t *testing.T, s *servertest.Server, machine *servertest.Machine, answers bool) *measured {
	t.Helper()
	m := &measured{Machine: machine, server: s, asks: make(chan asked, 8)}
	c := m.Session(t)
	runner := remote.New(remote.Options{Line: func() remote.Line {
		client, url := m.Dialer.Line()
		return remote.Line{Client: client, URL: url, Server: m.Dialer.Address()}
	}})
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(stop)
	t.Cleanup(func() { c.Close(1000, "") })
	running := map[string]context.CancelFunc{}
	wg.Go(func() {
		for {
			e, err := c.Next(nil, time.Minute)
			if err != nil {
				return
			}
			switch {
			case e.Frame != nil:
			case e.Type == wire.TypeAskCancel && running[e.Re] != nil:
				running[e.Re]()
			case e.Type == wire.TypeAsk:
				var q wire.Ask
				if err := e.Into(&q); err != nil {
					t.Error(err)
					return
				}
				if !answers {
					m.asks <- asked{e.ID, q}
					continue
				}
				one, cancel := context.WithCancel(ctx)
				running[e.ID] = cancel
				id := e.ID
				wg.Go(func() { runner.Do(one, id, q, func(a wire.Answer) { c.Send(wire.TypeAnswer, "", id, a) }) })
			}
		}
	})
	return m
}

// rest asks the interface.
func (m *measured) rest(t *testing.T, method, path string, body, into any) int {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, m.server.TLS+"/api/v1"+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+m.server.Token(auth.Technician))
	r.Header.Set("Content-Type", "application/json")
	resp, err := m.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

type diagnostic struct {
	ID, Sentence, Detail, Code string
	State                      ask.State
	Answer                     []json.RawMessage
	Parts                      []json.RawMessage
	Params                     json.RawMessage
}

func (d diagnostic) part(t *testing.T) (p wire.SpeedPart) {
	t.Helper()
	list := append(d.Answer, d.Parts...)
	if len(list) != 1 {
		t.Fatalf("%d parts are kept: %+v", len(list), d)
	}
	if err := json.Unmarshal(list[0], &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (m *measured) ask(t *testing.T, seconds int) diagnostic {
	t.Helper()
	var d diagnostic
	if got := m.rest(t, http.MethodPost, "/endpoints/"+m.ID+"/diagnostics", map[string]any{"kind": wire.AskSpeed, "params": wire.SpeedParams{Seconds: seconds, Pass: "mine"}}, &d); got != http.StatusAccepted {
		t.Fatalf("asking was answered %d %+v", got, d)
	}
	return d
}

func (m *measured) until(t *testing.T, id string, done func(diagnostic) bool) (d diagnostic) {
	t.Helper()
	servertest.Wait(t, "the measurement", func() bool {
		d = diagnostic{}
		m.rest(t, http.MethodGet, "/diagnostics/"+id, nil, &d)
		return done(d)
	})
	return d
}

func ended(d diagnostic) bool { return d.State.Ended() }

// TestSpeedOverLoopback measures with the real parts of both sides.
func TestSpeedOverLoopback(t *testing.T) {
	s := servertest.Start(t)
	m := measuredMachine(t, s, "PC-17", true)
	d := m.until(t, m.ask(t, 1).ID, ended)
	p := d.part(t)
	if d.State != ask.Done || p.Phase != wire.SpeedDone || p.Idle.Samples < 10 || p.Idle.P50 <= 0 || p.Idle.P95 < p.Idle.P50 {
		t.Fatalf("%+v %+v", d, p)
	}
	for name, w := range map[string]*wire.SpeedWay{"down": p.Down, "up": p.Up} {
		if w == nil || w.BitsPerSecond < 50e6 || w.Bytes < 1<<20 || w.Bytes > wire.SpeedBytes || w.Limit == "" || w.Busy.Samples == 0 {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

// measure asks one of the routes as anybody could.
func measure(t *testing.T, c *http.Client, method, url, pass string, body io.Reader) (status, n int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(wire.PassHeader, pass)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, len(b)
}

// TestSpeedIsForWhoWasAsked keeps everybody out who does not show the pass of a
// measurement that runs, bounds whoever does, and lets two in at once.
func TestSpeedIsForWhoWasAsked(t *testing.T) {
	s := servertest.Start(t)
	var machines []*measured
	for _, name := range []string{"PC-1", "PC-2", "PC-3"} {
		machines = append(machines, measuredMachine(t, s, name, false))
	}
	c := s.Client()
	at := func(id string) string { return s.TLS + wire.SpeedPath + id }
	refused := func(why, id, pass string) {
		t.Helper()
		for _, x := range []struct{ method, path string }{{http.MethodGet, ""}, {http.MethodGet, "/down"}, {http.MethodPost, "/up"}} {
			if got, _ := measure(t, c, x.method, at(id)+x.path, pass, nil); got != http.StatusForbidden {
				t.Errorf("%s: %s %q was answered %d", why, x.method, x.path, got)
			}
		}
	}
	refused("no measurement", "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", "")
	var ids, passes []string
	for _, m := range machines {
		d := m.ask(t, 1)
		q := <-m.asks
		var p wire.SpeedParams
		if err := json.Unmarshal(q.Params, &p); err != nil || p.Seconds != 1 || len(p.Pass) < 50 || q.id != d.ID {
			t.Fatalf("%v %s", err, q.Params)
		}
		ids, passes = append(ids, d.ID), append(passes, p.Pass)
	}
	var kept json.RawMessage
	machines[0].rest(t, http.MethodGet, "/diagnostics/"+ids[0], nil, &kept)
	if strings.Contains(string(kept), passes[0]) || s.Log.Contains(passes[0]) {
		t.Errorf("the pass is told: %s", kept)
	}
	refused("without a pass", ids[0], "")
	refused("with the asker's pass", ids[0], "mine")
	refused("with another machine's pass", ids[0], passes[1])
	var again diagnostic
	if got := machines[0].rest(t, http.MethodPost, "/endpoints/"+machines[0].ID+"/diagnostics", map[string]any{"kind": wire.AskSpeed}, &again); got != http.StatusTooManyRequests {
		t.Errorf("a second one of the same machine was answered %d %+v", got, again)
	}
	for i, want := range []int{200, 200, 429} {
		if got, _ := measure(t, c, http.MethodGet, at(ids[i]), passes[i], nil); got != want {
			t.Errorf("machine %d was answered %d", i+1, got)
		}
	}
	// All of it, and once.
	if got, n := measure(t, c, http.MethodGet, at(ids[0])+"/down", passes[0], nil); got != 200 || n != wire.SpeedBytes {
		t.Errorf("down: %d, %d bytes", got, n)
	}
	if got, _ := measure(t, c, http.MethodGet, at(ids[0])+"/down", passes[0], nil); got != http.StatusConflict {
		t.Errorf("down again: %d", got)
	}
	if got, _ := measure(t, c, http.MethodPost, at(ids[1])+"/up", passes[1], strings.NewReader("some")); got != http.StatusNoContent {
		t.Errorf("up: %d", got)
	}
	if got, _ := measure(t, c, http.MethodPost, at(ids[1])+"/up", passes[1], strings.NewReader("more")); got != http.StatusConflict {
		t.Errorf("up again: %d", got)
	}
	// Whoever ends makes room, and is out.
	if got := machines[0].rest(t, http.MethodDelete, "/diagnostics/"+ids[0], nil, nil); got != http.StatusNoContent {
		t.Fatalf("cancelling was answered %d", got)
	}
	refused("after its end", ids[0], passes[0])
	if got, _ := measure(t, c, http.MethodGet, at(ids[2]), passes[2], nil); got != http.StatusOK {
		t.Errorf("the third, when there is room: %d", got)
	}
	// A person's credentials open nothing here.
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, at(ids[2]), nil)
	r.Header.Set(wire.PassHeader, passes[2])
	r.Header.Set("Authorization", "Bearer "+s.Token(auth.Admin))
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("with a token: %d", resp.StatusCode)
	}
}

// TestSpeedIsStopped stops a measurement in the middle of the download: neither side
// goes on.
func TestSpeedIsStopped(t *testing.T) {
	s := servertest.Start(t)
	machine := s.Machine("PC-17")
	e := s.Enrolment("Berlin", 1)
	slow, err := uplink.NewDialer(uplink.Options{URL: s.TLS, ServerKey: e.Key, Pin: e.Pin, Agent: "servertest", NetDial: slowly})
	if err != nil {
		t.Fatal(err)
	}
	machine.Dialer = slow
	m := withDialer(t, s, machine, true)
	d := m.ask(t, 10)
	m.until(t, d.ID, func(d diagnostic) bool {
		list := append(d.Answer, d.Parts...)
		return len(list) == 1 && d.part(t).Phase == wire.SpeedDown && d.part(t).Down != nil && d.part(t).Down.Bytes > 0
	})
	began := time.Now()
	m.rest(t, http.MethodDelete, "/diagnostics/"+d.ID, nil, nil)
	if d = m.until(t, d.ID, ended); d.State != ask.Cancelled || d.part(t).Phase != wire.SpeedDown {
		t.Errorf("%+v", d)
	}
	if s.Stop(); time.Since(began) > 5*time.Second {
		t.Errorf("the server stopped after %v", time.Since(began))
	}
}

// slowly is a line of some 8 Mbit/s.
func slowly(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return slowConn{c}, err
}

type slowConn struct{ net.Conn }

func (c slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), 16<<10)])
	time.Sleep(time.Duration(n) * time.Microsecond)
	return n, err
}
