// Package stream sends live events to browsers and programs as server-sent events
// (HTML Living Standard, section 9.2). A client that comes back with
// Last-Event-ID gets every change to a ticket that it missed, in order; what is
// not durable, presence and readings, it asks for anew.
package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// Feed is the durable past.
type Feed interface {
	Feed(ctx context.Context, after string, limit int) ([]live.Event, error)
	FeedEnd(ctx context.Context) (string, error)
	// Later reports whether a cursor comes after another one.
	Later(cursor, than string) bool
}

// Fleet is asked for live readings of what somebody looks at.
type Fleet interface {
	Watch(endpoint string) (release func())
}

// Asks knows whose a question is.
type Asks interface {
	Get(ctx context.Context, actor auth.Actor, id string) (ask.Ask, error)
}

// Streamer answers requests for events.
type Streamer struct {
	live  *live.Hub
	feed  Feed
	fleet Fleet
	asks  Asks
}

// New returns a streamer.
func New(hub *live.Hub, feed Feed, fleet Fleet, asks Asks) *Streamer {
	return &Streamer{live: hub, feed: feed, fleet: fleet, asks: asks}
}

const (
	heartbeat  = 20 * time.Second
	writeLimit = 10 * time.Second // after which a client is too slow
	page       = 500
	maxWatched = 8
	// screenFor is how long a screen is told without being asked again who it is: one
	// that was revoked meanwhile is told nothing after it.
	screenFor = 2 * time.Minute
)

// Serve streams to a person what they ask for and may see, until either side ends
// it. The query selects: topics=ticket,endpoint (default: ticket); ticket=ID only
// that ticket's changes; sample=ID live readings of an endpoint, ask=ID the parts
// of an answer, survey=ID how far a question to the fleet has come, each repeatable. A requester gets the changes of their own
// tickets, and the answer to a check-up of their own; a screen how endpoints are, and of
// all else only that there is news. mark=M is where live events stood when the page was
// made: an event "missed" comes first when something was published since.
func (s *Streamer) Serve(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := parse(r, actor)
	if err != nil {
		return err
	}
	for _, id := range q.asks {
		if _, err := s.asks.Get(r.Context(), actor, id); err != nil {
			return err
		}
	}
	done := r.Context().Done()
	if q.screen {
		ctx, cancel := context.WithTimeout(r.Context(), screenFor)
		defer cancel()
		done = ctx.Done()
	}
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	if q.screen {
		after = "" // it asks for what stands now
	}
	l := s.live.Listen(q.want) // first: what happens from now on is in the queue
	defer l.Close()
	var missed []live.Event
	if after != "" {
		if missed, err = s.feed.Feed(r.Context(), after, page); err != nil {
			return err
		}
	}
	for _, id := range q.samples {
		defer s.fleet.Watch(id)()
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := &writer{w: w, control: http.NewResponseController(w)}
	if err := out.text("retry: 2000\n: listening\n\n"); err != nil {
		return nil
	}
	if mark := r.URL.Query().Get("mark"); mark != "" && s.live.Missed(mark, q.want) {
		if err := out.text("event: missed\ndata: {\"data\":{}}\n\n"); err != nil {
			return nil
		}
	}
	// What comes live may have been in the past already, of this stream or of the one
	// that it resumes: whoever reads the past can be ahead of the live feed.
	last := after
	for len(missed) > 0 {
		for _, e := range missed {
			last = e.Cursor
			if !q.want(&e) {
				continue
			}
			if err := out.event(q.sees(e)); err != nil {
				return nil // the client has gone
			}
		}
		if len(missed) < page {
			break
		}
		if missed, err = s.feed.Feed(r.Context(), missed[len(missed)-1].Cursor, page); err != nil {
			return nil // it comes back and goes on from what it has
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-done:
			return nil
		case <-beat.C:
			err = out.text(": here\n\n")
		case e, ok := <-l.C:
			if !ok {
				return nil // too slow, or the server stops: it comes back
			}
			if e.Cursor != "" && last != "" && !s.feed.Later(e.Cursor, last) {
				continue
			}
			err = out.event(q.sees(e))
		}
		if err != nil {
			return nil
		}
	}
}

// query is what a client wants.
type query struct {
	topics    []live.Topic
	ticket    string
	samples   []string
	asks      []string
	surveys   []string
	requester string // only what this person may see; empty for the staff
	person    string // of the staff: whose notices come along
	screen    bool
}

func parse(r *http.Request, actor auth.Actor) (query, error) {
	v := r.URL.Query()
	q := query{topics: []live.Topic{live.Tickets}, ticket: v.Get("ticket"), samples: v["sample"], asks: v["ask"], surveys: v["survey"]}
	if len(q.samples) > maxWatched || len(q.asks) > maxWatched || len(q.surveys) > maxWatched {
		return q, fault.Field("sample", "One stream watches at most 8 endpoints and 8 answers.")
	}
	if actor.Kind == auth.Requester {
		q.requester, q.samples, q.surveys = actor.Person, nil, nil
		return q, auth.Authorise(actor, auth.OwnTickets, auth.Object{})
	}
	if actor.Kind == auth.Screen {
		return query{topics: []live.Topic{live.Tickets, live.Endpoints, live.Alerts, live.Incidents}, screen: true}, auth.Authorise(actor, auth.WallView, auth.Object{})
	}
	if err := auth.Authorise(actor, auth.EventsStream, auth.Object{}); err != nil {
		return q, err
	}
	if len(q.surveys) > 0 {
		if err := auth.Authorise(actor, auth.FleetAsk, auth.Object{}); err != nil {
			return q, err
		}
	}
	q.person = actor.Person
	if t := v.Get("topics"); t != "" {
		q.topics = nil
		for name := range strings.SplitSeq(t, ",") {
			topic := live.Topic(name)
			if !slices.Contains([]live.Topic{live.Tickets, live.Endpoints, live.People, live.Alerts, live.Announcements, live.Incidents}, topic) {
				return q, fault.Field("topics", "The topics are ticket, endpoint, presence, alert, announcement and incident.")
			}
			q.topics = append(q.topics, topic)
		}
	}
	return q, nil
}

// want selects events. The hub calls it for each.
func (q *query) want(e *live.Event) bool {
	switch e.Topic {
	case live.Samples:
		return q.requester == "" && slices.Contains(q.samples, e.Key)
	case live.Notices:
		return q.person != "" && e.Key == q.person
	case live.People:
		return q.person != "" && slices.Contains(q.topics, live.People) && (q.ticket == "" || q.ticket == e.Key)
	case live.Surveys:
		return q.requester == "" && slices.Contains(q.surveys, e.Key)
	case live.Announcements:
		if q.requester != "" { // whom it hits too is for the staff
			return string(e.Data) == live.Announced
		}
	case live.Asks:
		return slices.Contains(q.asks, e.Key)
	case live.Tickets:
		if q.requester != "" && e.Requester != q.requester {
			i := slices.IndexFunc(e.Also, func(t live.Told) bool { return t.Person == q.requester && (q.ticket == "" || q.ticket == t.Key) })
			return i >= 0
		}
		return slices.Contains(q.topics, live.Tickets) && (q.ticket == "" || q.ticket == e.Key)
	}
	return q.requester == "" && slices.Contains(q.topics, e.Topic)
}

// sees is an event as the client may see it. A requester hears that something has
// happened to a ticket of theirs and asks what; who of a merged one is told of their
// own, and nothing of the other.
func (q *query) sees(e live.Event) live.Event {
	if q.screen && e.Topic != live.Endpoints {
		return live.Event{Topic: e.Topic, Data: []byte("{}")}
	}
	if q.requester != "" && e.Topic == live.Announcements {
		e.Key = ""
	}
	if q.requester == "" || e.Topic != live.Tickets {
		return e
	}
	if e.Requester != q.requester {
		for _, t := range e.Also {
			if t.Person == q.requester && (q.ticket == "" || q.ticket == t.Key) {
				e.Key = t.Key
				break
			}
		}
	}
	e.Data = []byte(`{"id":` + strconv.Quote(e.Key) + `}`)
	return e
}

// writer writes events, each with its own deadline.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (o *writer) text(s string) error {
	// A connection that has no deadlines is one of a test's.
	if err := o.control.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := o.w.Write([]byte(s)); err != nil {
		return err
	}
	return o.control.Flush()
}

func (o *writer) event(e live.Event) error {
	var b strings.Builder
	if e.Cursor != "" {
		fmt.Fprintf(&b, "id: %s\n", e.Cursor)
	}
	fmt.Fprintf(&b, "event: %s\n", e.Topic)
	if e.Key != "" {
		fmt.Fprintf(&b, "data: {\"key\":%q,\"data\":%s}\n\n", e.Key, e.Data)
	} else {
		fmt.Fprintf(&b, "data: {\"data\":%s}\n\n", e.Data)
	}
	return o.text(b.String())
}
