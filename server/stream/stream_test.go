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
