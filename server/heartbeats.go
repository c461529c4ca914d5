package server

import (
	"crypto/ed25519"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/heartbeat"
	"github.com/deskbell/deskbell/server/watch"
)

// newHeartbeats makes what jobs call. How they do goes into the time series, and rules
// over it raise the alerts.
func (s *Server) newHeartbeats(identity ed25519.PrivateKey) *heartbeat.Keeper {
	return heartbeat.New(heartbeat.Options{
		Store: s.db.Beats(), Key: identity.Seed(), Now: time.Now, Log: s.log,
		Put: func(id string, at time.Time, state float64) {
			s.series.Put("heartbeat_state", at, state, "heartbeat", id)
		},
	})
}

// beatFacts adds the heartbeats to what alerts can be about.
func (s *Server) beatFacts(to map[string]watch.Facts) {
	s.beats.Each(func(id, name string, severity alert.Severity) { to[id] = watch.Facts{Name: name, Severity: severity} })
}

// beatRoutes registers the addresses that jobs call. Who has one has its secret.
func (s *Server) beatRoutes() {
	for _, pattern := range []string{"GET /beat/{key}", "POST /beat/{key}", "GET /beat/{key}/{says}", "POST /beat/{key}/{says}"} {
		s.gate.Handle(gate.Open, pattern, auth.Public, s.beat)
	}
}

// What a call may bring, and in which time.
const (
	beatBody   = 4 << 10 // is kept
	beatLog    = 1 << 20 // is read, for a job that sends its whole log and hears no answer otherwise
	beatWithin = 10 * time.Second
)

// beat takes a job's call in. An address that there is not is answered alike, whatever
// it looks like and whatever comes with it.
func (s *Server) beat(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
	err := s.called(w, r)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	answer := "OK"
	if err != nil {
		answer = fault.Sentence(err)
		switch fault.CodeOf(err) {
		case fault.NotFound:
		case fault.TooMany:
			h.Set("Retry-After", "10")
		default:
			s.log.Error("a heartbeat was not taken in", "err", err)
		}
		w.WriteHeader(gate.Status(err))
	}
	io.WriteString(w, answer+"\n") // a client that went away is no error of ours
}

func (s *Server) called(w http.ResponseWriter, r *http.Request) error {
	c := heartbeat.Call{Kind: heartbeat.Success, From: gate.From(r)}
	key, says := r.PathValue("key"), r.PathValue("says")
	switch n, err := strconv.ParseUint(says, 10, 8); {
	case says == "" || err == nil && n == 0:
	case says == string(heartbeat.Start):
		c.Kind = heartbeat.Start
	case says == string(heartbeat.Failure):
		c.Kind = heartbeat.Failure
	case err == nil:
		c.Kind, c.Exit = heartbeat.Failure, int(n)
	default:
		key = ""
	}
	if s.beats.Knows(key) {
		// What does not come in time is left out: that the job called is what counts.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(beatWithin)) //nolint:errcheck // without it the body is bounded still
		body, _ := io.ReadAll(io.LimitReader(r.Body, beatBody))                       //nolint:errcheck // as above
		_, _ = io.CopyN(io.Discard, r.Body, beatLog-beatBody)                         //nolint:errcheck // as above
		c.Body = string(body)
	}
	return s.beats.Called(r.Context(), key, c)
}
