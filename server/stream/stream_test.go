package stream_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/stream"
)

// past is a feed of events whose cursors are letters.
type past string

func event(cursor rune) live.Event {
	return live.Event{Topic: live.Tickets, Key: "T", Cursor: string(cursor), Data: []byte("{}")}
}

func (p past) Feed(_ context.Context, after string, _ int) (out []live.Event, err error) {
	for _, c := range p {
		if string(c) > after {
			out = append(out, event(c))
		}
	}
	return out, nil
}

func (p past) FeedEnd(context.Context) (string, error) { return string(p[len(p)-1]), nil }
func (p past) Later(cursor, than string) bool          { return cursor > than }

// TestLiveFeedThatIsBehind resumes while the live feed is behind what the client
// has: what it has already is not sent again, nor what it just got from the past.
func TestLiveFeedThatIsBehind(t *testing.T) {
	hub := live.New()
	s := stream.New(hub, past("abcde"), nil, nil)
	actor := auth.Actor{Kind: auth.Staff, Person: "P", Role: auth.Technician}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.Serve(w, r, actor); err != nil {
			t.Error(err)
		}
	}))
	defer web.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", "c")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range "bcdefg" {
		hub.Publish(event(c))
	}
	var got strings.Builder
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			got.WriteString(id)
		}
		if got.Len() > 0 && strings.HasSuffix(got.String(), "g") {
			break
		}
	}
	if got.String() != "defg" {
		t.Errorf("the client got %q: %v", got.String(), lines.Err())
	}
}

// TestMissed begins to listen with the mark of when a page was made: only who missed
// something is told so, and first.
func TestMissed(t *testing.T) {
	for topics, want := range map[string]string{"incident": "missed incident", "alert": "alert"} {
		hub := live.New()
		s := stream.New(hub, past("a"), nil, nil)
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.Serve(w, r, auth.Actor{Kind: auth.Staff, Person: "P", Role: auth.Technician}); err != nil {
				t.Error(err)
			}
		}))
		mark := hub.Mark()
		hub.Publish(live.Event{Topic: live.Incidents, Key: "I", Data: []byte("{}")})
		resp, err := http.Get(web.URL + "?topics=" + topics + "&mark=" + mark)
		if err != nil {
			t.Fatal(err)
		}
		hub.Publish(live.Event{Topic: live.Topic(topics), Data: []byte("{}")})
		hub.Close()
		var got []string
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				got = append(got, name)
			}
		}
		resp.Body.Close()
		web.Close()
		if strings.Join(got, " ") != want {
			t.Errorf("who wants %s got %q, want %q", topics, got, want)
		}
	}
}

// TestRequesterHearsOfTheirOwn publishes what happens to a ticket into which another
// one was merged: each of the two employees hears of their own, and no more than that.
func TestRequesterHearsOfTheirOwn(t *testing.T) {
	for who, want := range map[string]string{"ada": `data: {"key":"A","data":{"id":"A"}}`, "bob": `data: {"key":"B","data":{"id":"B"}}`, "eve": ""} {
		hub := live.New()
		s := stream.New(hub, past("a"), nil, nil)
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.Serve(w, r, auth.Actor{Kind: auth.Requester, Person: who}); err != nil {
				t.Error(err)
			}
		}))
		resp, err := http.Get(web.URL)
		if err != nil {
			t.Fatal(err)
		}
		hub.Publish(live.Event{Topic: live.Tickets, Key: "A", Cursor: "b", Data: []byte(`{"title":"Ada's"}`), Requester: "ada", Also: []live.Told{{Person: "bob", Key: "B"}}})
		hub.Publish(live.Event{Topic: live.Tickets, Key: "E", Cursor: "c", Data: []byte(`{}`), Requester: "eve"})
		hub.Close()
		var got []string
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") {
				got = append(got, lines.Text())
			}
		}
		resp.Body.Close()
		web.Close()
		if who == "eve" {
			want = `data: {"key":"E","data":{"id":"E"}}`
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s hears %q, want %q", who, got, want)
		}
	}
}

// TestScreenHearsThatThereIsNews tells a screen of everything: how endpoints are it gets
// whole, and of all else, whatever it asks for, no more than that there is news.
func TestScreenHearsThatThereIsNews(t *testing.T) {
	hub := live.New()
	s := stream.New(hub, past("abc"), nil, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.Serve(w, r, auth.Actor{Kind: auth.Screen, Screen: "S"}); err != nil {
			t.Error(err)
		}
	}))
	defer web.Close()
	resp, err := http.Get(web.URL + "?after=a&topics=ticket,presence,announcement&sample=E&ask=Q&survey=V")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, topic := range []live.Topic{live.Tickets, live.People, live.Notices, live.Samples, live.Asks, live.Surveys, live.Announcements, live.Alerts, live.Incidents, live.Endpoints} {
		hub.Publish(live.Event{Topic: topic, Key: map[live.Topic]string{live.Samples: "E", live.Asks: "Q", live.Surveys: "V", live.Endpoints: ""}[topic], Cursor: "z", Data: []byte(`{"name":"Mara"}`)})
	}
	hub.Close()
	var got []string
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: ") || strings.HasPrefix(lines.Text(), "data: ") || strings.HasPrefix(lines.Text(), "id: ") {
			got = append(got, lines.Text())
		}
	}
	want := []string{"event: ticket", `data: {"data":{}}`, "event: alert", `data: {"data":{}}`, "event: incident", `data: {"data":{}}`, "id: z", "event: endpoint", `data: {"data":{"name":"Mara"}}`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("a screen hears %q, want %q", got, want)
	}
}
