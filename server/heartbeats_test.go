package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/api"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// beatCall calls an address and returns the status and all that was answered.
func beatCall(t *testing.T, s *servertest.Server, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("Date")
	var b strings.Builder
	if err := resp.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.String() + string(said)
}

// rest asks the REST interface as an administrator, and reads the answer.
func rest(t *testing.T, s *servertest.Server, method, path string, send, into any) {
	t.Helper()
	b, err := json.Marshal(send)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.HTTP+"/api/v1"+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token(auth.Admin))
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, said, err)
	}
	if into != nil {
		if err := json.Unmarshal(said, into); err != nil {
			t.Fatal(err)
		}
	}
}

// standing waits until so many alerts of a rule are in a state, and returns them.
func standing(t *testing.T, s *servertest.Server, rule, state string, n int) []api.Alert {
	t.Helper()
	var got struct{ Items []api.Alert }
	servertest.Wait(t, fmt.Sprint(n, " of ", rule, " ", state), func() bool {
		got.Items = nil
		rest(t, s, "GET", "/alerts?state="+state+"&rule="+rule, nil, &got)
		return len(got.Items) == n
	})
	return got.Items
}

// TestHeartbeat: a job that calls that it failed is an alert through the one machinery
// of alerts, with its name and the severity that was chosen; its call that all is well
// ends it. Whoever guesses addresses gets the same answer to all of them, and whoever
// calls too often is sent away.
func TestHeartbeat(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 100 * time.Millisecond })
	var made, got struct {
		ID, URL, State string
		Calls          []struct {
			Kind, Body, From string
			Exit             int
		}
	}
	rest(t, s, "POST", "/heartbeats", map[string]any{"name": "Nightly <b>backup</b>", "cron": "30 2 * * *", "zone": "Europe/Berlin", "severity": "critical"}, &made)
	path := strings.TrimPrefix(made.URL, s.URL())
	if status, said := beatCall(t, s, "POST", path+"/start", ""); status != 200 || !strings.HasSuffix(said, "OK\n") {
		t.Errorf("begins: %d %s", status, said)
	}
	if status, _ := beatCall(t, s, "POST", path+"/3", strings.Repeat("no space left on device\n", 40_000)); status != 200 {
		t.Errorf("failed with 3, and a log of 1 MB: %d", status)
	}
	i := standing(t, s, "HeartbeatFailed", "firing", 1)[0]
	if i.Severity != "critical" || i.Labels["severity"] != "critical" || i.Labels["heartbeat"] != made.ID || i.Summary != "“Nightly <b>backup</b>” says that it failed." || i.Endpoint != "" {
		t.Errorf("the alert is %+v", i)
	}
	rest(t, s, "GET", "/heartbeats/"+made.ID, nil, &got)
	if c := got.Calls; got.State != "failed" || len(c) != 2 || c[0].Exit != 3 || len(c[0].Body) > 4096 || !strings.HasPrefix(c[0].Body, "no space left") || c[0].From != "127.0.0.1" || c[1].Kind != "start" {
		t.Errorf("%+v", got)
	}
	s.Stop()
	s.Restart()
	standing(t, s, "HeartbeatFailed", "firing", 1)
	if status, _ := beatCall(t, s, "HEAD", path, ""); status != 200 {
		t.Errorf("HEAD: %d", status)
	}
	standing(t, s, "HeartbeatFailed", "resolved", 1)
	// Guesses.
	_, shape := beatCall(t, s, "GET", "/beat/"+strings.Repeat("a", 32), "")
	for _, guess := range []string{"/beat/x", "/beat/" + strings.Repeat("z", 5000), "/beat/" + made.ID, path + "/256", path + "/-1", path + "/stop", "/beat/x/start", path + "/fail%00"} {
		for _, method := range []string{"GET", "POST"} {
			if status, said := beatCall(t, s, method, guess, "some text"); status != 404 || said != shape {
				t.Errorf("%s %.60s: %d\n%s\nnot\n%s", method, guess, status, said, shape)
			}
		}
	}
	if status, _ := beatCall(t, s, "PUT", path, ""); status == 200 {
		t.Error("PUT was taken")
	}
	sent := 0
	for status := 200; status == 200 && sent < 30; sent++ {
		status, shape = beatCall(t, s, "GET", path+"/fail", "")
	}
	if sent == 30 || !strings.Contains(shape, "Retry-After: 10") {
		t.Errorf("%d calls at once were taken: %s", sent, shape)
	}
	standing(t, s, "HeartbeatFailed", "firing", 1)
	rest(t, s, "DELETE", "/heartbeats/"+made.ID, nil, nil)
	standing(t, s, "HeartbeatFailed", "firing", 0) // it is withdrawn
}
