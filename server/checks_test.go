package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestCheck: a service that does not answer as is asked for is an alert through the one
// machinery of alerts, with its name, its severity and the evidence; over a restart too,
// which makes nothing fail; it ends when the service is well, and is withdrawn with the
// check. Whoever runs a check by hand is told what came of it.
func TestCheck(t *testing.T) {
	var status atomic.Int32
	status.Store(http.StatusServiceUnavailable)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	defer service.Close()
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 100 * time.Millisecond })
	var made, got struct {
		ID, State, Says string
		Version         int
		Log             []struct{ Did, From, Says string }
	}
	var intranet struct{ ID string }
	rest(t, s, "POST", "/rulebook/categories", map[string]any{"name": "Intranet"}, &intranet)
	body := map[string]any{"about": intranet.ID, "name": "Intranet <b>start</b>", "kind": "http", "url": service.URL + "/?key=S3CRET", "severity": "critical", "failures": 1, "successes": 1}
	rest(t, s, "POST", "/checks", body, &made)
	i := standing(t, s, "CheckFailing", "firing", 1)[0]
	if i.Severity != "critical" || i.Labels["check"] != made.ID || i.Summary != "“Intranet <b>start</b>” fails. It answered 503 Service Unavailable; 200-299 is asked for." || i.Labels["says"] != "" {
		t.Errorf("the alert is %+v", i)
	}
	if down := s.Failing(); len(down) != 1 || down[0].About != intranet.ID || down[0].Check != "Intranet <b>start</b>" || down[0].Fails < 1 || time.Since(down[0].Since) > time.Minute {
		t.Errorf("what outages are found by: %+v", down)
	}
	rest(t, s, "GET", "/checks/"+made.ID, nil, &got)
	if got.State != "down" || len(got.Log) != 1 || got.Log[0].Did != "down" || got.Log[0].From != "server" || strings.Contains(got.Log[0].Says, "S3CRET") {
		t.Errorf("%+v", got)
	}
	written(t, s, made.ID)
	s.Stop()
	s.Restart()
	rest(t, s, "GET", "/checks/"+made.ID, nil, &got)
	if len(got.Log) != 1 {
		t.Errorf("after a restart: %+v", got)
	}
	status.Store(http.StatusOK)
	var result struct{ Outcome, Says string }
	rest(t, s, "POST", "/checks/"+made.ID+"/run", nil, &result)
	if result.Outcome != "ok" || !strings.HasPrefix(result.Says, "It answered 200 OK in") {
		t.Errorf("by hand: %+v", result)
	}
	body["version"], body["note"] = 1, "Changed." // which has it looked at, at once
	rest(t, s, "PUT", "/checks/"+made.ID, body, nil)
	standing(t, s, "CheckFailing", "resolved", 1)
	status.Store(http.StatusTeapot)
	body["version"], body["every_seconds"] = 2, 30
	rest(t, s, "PUT", "/checks/"+made.ID, body, nil)
	standing(t, s, "CheckFailing", "firing", 1)
	rest(t, s, "DELETE", "/checks/"+made.ID, nil, nil)
	standing(t, s, "CheckFailing", "firing", 0) // it is withdrawn
}
