package api_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// question asks the fleet and returns a function that reads how far it has come.
func (w *world) question(body object) (id string, now func() object) {
	w.t.Helper()
	id = w.do("POST", "/fleet/questions", body).want(202).text("id")
	return id, func() object { return w.get("/fleet/questions/" + id).want(200).object() }
}

// asked waits for a question to the fleet on a machine's session.
func asked(t *testing.T, c *uplink.Session, id string) {
	t.Helper()
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == wire.TypeAsk && m.ID == id {
			var a wire.Ask
			if err := m.Into(&a); err != nil || a.Who.Role != "operator" || a.Kind != wire.AskHasProcess {
				t.Errorf("asked %+v, %v", a, err)
			}
			return
		}
	}
}

// TestAskTheFleet asks forty simulated endpoints and two of the test's own: one that
// refuses, and one that is away, comes back to a server that was restarted meanwhile,
// and then answers.
func TestAskTheFleet(t *testing.T) {
	w := newWorld(t, auth.Operator)
	f, err := fleet.New(fleet.Options{Enrolments: []string{w.Enrolment("Hamburg", 40).String()}, Endpoints: 40, Frame: -1, Again: func(uplink.Ending) time.Duration { return 50 * time.Millisecond }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-f.Ready()
	servertest.Wait(t, "the fleet to be there", func() bool { return f.Report().Connected == 40 })
	strict, late := w.Machine("PC-STRICT"), w.Machine("PC-LATE")
	session := strict.Session(t)

	id, now := w.question(object{"kind": "has.process", "params": object{"name": "deskbell-agent", "more": "is dropped"}, "for": "1h"})
	asked(t, session, id)
	session.Send(wire.TypeAnswer, "", id, wire.Answer{Done: true, Code: fault.Forbidden, Sentence: "This machine does not allow this diagnostic."})
	servertest.Wait(t, "all that are there", func() bool { r := now(); return r["answered"] == 40.0 && r["failed"] == 1.0 })
	r := now()
	groups, reasons := r["groups"].([]any), r["reasons"].([]any)
	if r["state"] != "open" || r["total"] != 42.0 || r["waiting"] != 1.0 || len(groups) != 1 || groups[0].(object)["answer"] != "runs it" || groups[0].(object)["count"] != 40.0 ||
		len(reasons) != 1 || reasons[0].(object)["answer"] != "This machine does not allow this diagnostic." {
		t.Fatalf("%v", r)
	}

	servertest.Wait(t, "the answers to be stored", func() bool {
		list, err := w.DB.Surveys().Replies(t.Context(), id)
		n := 0
		for _, x := range list {
			if x.Standing == "answered" {
				n++
			}
		}
		return err == nil && n == 40
	})
	w.Stop()
	w.Restart()
	if r := now(); r["state"] != "open" || r["answered"] != 40.0 || r["waiting"] != 1.0 {
		t.Errorf("after the restart: %v", r)
	}
	back, err := late.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close(1000, "")
	asked(t, back, id)
	data, err := json.Marshal(wire.HasPart{})
	if err != nil {
		t.Fatal(err)
	}
	back.Send(wire.TypeAnswer, "", id, wire.Answer{Data: data})
	back.Send(wire.TypeAnswer, "", id, wire.Answer{Part: 1, Done: true})
	servertest.Wait(t, "the end", func() bool { return now()["state"] == "done" })
	if r := now(); r["answered"] != 41.0 || len(r["groups"].([]any)) != 2 {
		t.Errorf("%v", r)
	}
	drill := w.get("/fleet/questions/" + id + "/answers?answer=does+not+run+it").want(200).object()["items"].([]any)
	if len(drill) != 1 || drill[0].(object)["endpoint"] != late.ID || drill[0].(object)["site"] != "Berlin" {
		t.Errorf("who does not run it: %v", drill)
	}
	first := w.get("/fleet/questions/" + id + "/answers?limit=30").want(200).object()
	second := w.get("/fleet/questions/" + id + "/answers?limit=30&cursor=" + first["next_cursor"].(string)).want(200).object()
	if len(first["items"].([]any)) != 30 || len(second["items"].([]any)) != 12 || second["next_cursor"] != nil {
		t.Errorf("the pages hold %d and %d", len(first["items"].([]any)), len(second["items"].([]any)))
	}
	log, err := w.DB.AuditLog(t.Context(), "survey:"+id, 0, 10)
	if err != nil || len(log) != 1 {
		t.Errorf("the audit log has %d entries, %v", len(log), err)
	}

	// A filter narrows it; who may not ask is refused.
	_, few := w.question(object{"kind": "probe.tcp", "params": object{"host": "files.example.com", "port": 445}, "scope": object{"text": "pc-17", "os": "linux"}})
	if r := few(); r["total"] != 2.0 {
		t.Errorf("%v", r)
	}
	w.as(w.Token(auth.Technician)).do("POST", "/fleet/questions", object{"kind": "probe.ping", "params": object{"host": "10.0.0.1"}}).problem(403, "forbidden", "")
}
