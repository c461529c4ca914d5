package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
)

type event struct{ id, name, data string }

// listen opens the stream and hands its events on, until the test or ctx ends.
func (w *world) listen(ctx context.Context, path string, opts ...option) <-chan event {
	w.t.Helper()
	req := w.request(http.MethodGet, "/api/v1"+path, nil, opts...).WithContext(ctx)
	client := *w.client
	client.Timeout = 0
	resp, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("the stream began with %d %v", resp.StatusCode, resp.Header)
	}
	out, started := make(chan event, 100), make(chan struct{})
	go func() {
		defer resp.Body.Close()
		defer close(out)
		var e event
		for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
			name, value, _ := strings.Cut(scan.Text(), ": ")
			switch {
			case scan.Text() == ": listening":
				close(started)
			case scan.Text() == "" && e != event{}:
				out <- e
				e = event{}
			case name == "id":
				e.id = value
			case name == "event":
				e.name = value
			case name == "data":
				e.data = value
			}
		}
	}()
	<-started
	return out
}

func next(t *testing.T, c <-chan event) event {
	t.Helper()
	select {
	case e, ok := <-c:
		if !ok {
			t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
	}
	return event{}
}

func TestEventsComeLiveAndResume(t *testing.T) {
	w := newWorld(t, auth.Technician)
	ctx, cancel := context.WithCancel(t.Context())
	c := w.listen(ctx, "/events")
	id := w.open("My screen is black")
	e := next(t, c)
	var data struct {
		Key  string
		Data struct {
			Type, Title string
			Version     int
		}
	}
	if err := json.Unmarshal([]byte(e.data), &data); err != nil {
		t.Fatal(err)
	}
	if e.name != "ticket" || e.id == "" || data.Key != id || data.Data.Type != "opened" || data.Data.Title != "My screen is black" {
		t.Errorf("the event is %+v", e)
	}
	cancel()
	for range c { // until it is closed
	}
	// Meanwhile things happen; nothing is lost, and nothing comes twice.
	w.post("/tickets/"+id+"/actions", object{"action": "take"}).want(200)
	w.post("/tickets/"+id+"/messages", object{"body": "Among us.", "public": false}).want(201)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	c = w.listen(ctx, "/events", header("Last-Event-ID", e.id))
	var types []string
	for range 2 {
		e = next(t, c)
		if err := json.Unmarshal([]byte(e.data), &data); err != nil {
			t.Fatal(err)
		}
		types = append(types, data.Data.Type)
	}
	w.post("/tickets/"+id+"/actions", object{"action": "cancel"}).want(200)
	e = next(t, c)
	json.Unmarshal([]byte(e.data), &data)
	types = append(types, data.Data.Type)
	if got := strings.Join(types, " "); got != "took noted cancelled" {
		t.Errorf("what came after the break: %s", got)
	}
	cancel()
	for range c {
	}
}

func TestEventsOfAnEndpointAndOfAnAnswer(t *testing.T) {
	w := newWorld(t, auth.Operator)
	m := w.Machine("PC-17")
	c := m.Session(t)
	asked := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	endpoints := w.listen(ctx, "/events?topics=endpoint")
	report(t, c)
	if e := next(t, endpoints); e.name != "endpoint" || !strings.Contains(e.data, m.ID) {
		t.Errorf("the event is %+v", e)
	}
	id := w.post("/endpoints/"+m.ID+"/diagnostics", object{"kind": "snapshot"}).want(202).text("id")
	parts := w.listen(ctx, "/events?topics=endpoint&ask="+id)
	go func() { defer close(asked); answerAsk(t, c) }()
	<-asked
	for {
		e := next(t, parts)
		if e.name != "ask" {
			continue
		}
		if strings.Contains(e.data, `"done":true`) {
			break
		}
	}
	if a := w.get("/diagnostics/" + id); a.text("state") != "done" || len(a.object()["answer"].([]any)) != 1 {
		t.Errorf("the answer is %s", a.body)
	}
	cancel()
	for range endpoints {
	}
	for range parts {
	}
}
