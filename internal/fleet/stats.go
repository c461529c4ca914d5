package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// stats is what the fleet counts while it runs.
type stats struct {
	connects, reconnects, lostSessions atomic.Int64
	connected, atEnd                   atomic.Int64
	dialFailures                       atomic.Int64 // no connection, or it broke in the handshake
	untimed                            atomic.Int64 // refusals that may pass and named no time to come back
	frames, samples, framesAcked       atomic.Int64
	rung, ringsAcked, ringsRefused     atomic.Int64
	ringsAgain, postponed, missing     atomic.Int64
	messages, messagesAcked            atomic.Int64 // replies and acts
	asks, parts                        atomic.Int64
	up, down                           atomic.Int64 // bytes on the sockets, TLS included

	ringAck  Latency // of rings on a session that held until the ack
	ringLong Latency // of those that were sent more than once
	healths  Latency
	page     Latency

	mu        sync.Mutex
	refused   map[fault.Code]int64 // sessions, by the server's word
	announced map[string]Announced // by id
}

func (s *stats) refusal(code fault.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = map[fault.Code]int64{}
	}
	s.refused[code]++
}

// Report is what a run came to.
type Report struct {
	Endpoints int                  `json:"endpoints"`
	Enrolled  int                  `json:"enrolled"`  // in this run; the others were known
	Connected int64                `json:"connected"` // now, or when the run ended
	Seconds   float64              `json:"seconds"`   // since all were enrolled
	Rings     Rings                `json:"rings"`
	Health    Health               `json:"health"`
	Sessions  Sessions             `json:"sessions"`
	Asks      Asks                 `json:"asks"`
	Announced map[string]Announced `json:"announced,omitempty"` // by the announcement's id
	BytesUp   int64                `json:"bytes_up"`            // on the sockets, TLS included
	BytesDown int64                `json:"bytes_down"`
}

// Rings are the tickets that were rung, and what else requesters sent.
type Rings struct {
	Sent         int64   `json:"sent"`
	Acknowledged int64   `json:"acknowledged"`
	Waiting      int64   `json:"waiting"` // neither acknowledged nor refused at the end
	Refused      int64   `json:"refused"` // for good
	Again        int64   `json:"sent_again"`
	Postponed    int64   `json:"postponed"` // told to come back later
	Lost         int64   `json:"lost"`      // acknowledged, and later not known to the server
	Ack          Summary `json:"ack"`       // from the ring to its acknowledgement, in one session
	AckAgain     Summary `json:"ack_again"` // of those that were sent more than once
	Page         Summary `json:"page"`      // to a listener that stands for the technician's page
	Replies      int64   `json:"replies"`   // replies and acts of requesters
	RepliesAcked int64   `json:"replies_acked"`
}

// Health is the telemetry that was sent.
type Health struct {
	Frames       int64   `json:"frames"`
	Samples      int64   `json:"samples"`
	Acknowledged int64   `json:"acknowledged"`
	Ack          Summary `json:"ack"`
}

// Sessions are the connections.
type Sessions struct {
	Opened       int64                `json:"opened"`
	Reopened     int64                `json:"reopened"`
	Lost         int64                `json:"lost"`
	DialFailures int64                `json:"dial_failures"`
	Refused      map[fault.Code]int64 `json:"refused"`
	Untimed      int64                `json:"refused_without_time"` // that may pass, but named no time to come back
}

// Asks are the diagnostics that were answered.
type Asks struct {
	Answered int64 `json:"answered"`
	Parts    int64 `json:"parts"`
}

// Report returns what has happened so far.
func (f *Fleet) Report() Report {
	s := &f.stats
	s.mu.Lock()
	refused, announced := maps.Clone(s.refused), maps.Clone(s.announced)
	s.mu.Unlock()
	if refused == nil {
		refused = map[fault.Code]int64{}
	}
	r := Report{
		Endpoints: len(f.endpoints), Enrolled: f.enrolled, Connected: max(s.connected.Load(), s.atEnd.Load()), BytesUp: s.up.Load(), BytesDown: s.down.Load(),
		Rings: Rings{
			Sent: s.rung.Load(), Acknowledged: s.ringsAcked.Load(), Refused: s.ringsRefused.Load(), Again: s.ringsAgain.Load(), Postponed: s.postponed.Load(),
			Lost: s.missing.Load(), Ack: s.ringAck.Summary(), AckAgain: s.ringLong.Summary(), Page: s.page.Summary(),
			Replies: s.messages.Load(), RepliesAcked: s.messagesAcked.Load(),
		},
		Health: Health{Frames: s.frames.Load(), Samples: s.samples.Load(), Acknowledged: s.framesAcked.Load(), Ack: s.healths.Summary()},
		Sessions: Sessions{
			Opened: s.connects.Load(), Reopened: s.reconnects.Load(), Lost: s.lostSessions.Load(), DialFailures: s.dialFailures.Load(),
			Refused: refused, Untimed: s.untimed.Load(),
		},
		Announced: announced,
		Asks:      Asks{Answered: s.asks.Load(), Parts: s.parts.Load()},
	}
	r.Rings.Waiting = r.Rings.Sent - r.Rings.Acknowledged - r.Rings.Refused
	if !f.started.IsZero() {
		r.Seconds = time.Since(f.started).Seconds()
	}
	return r
}

// String is the report for people.
func (r Report) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	line("endpoints", "%d (%d enrolled now), %d connected at the end, %.0f s", r.Endpoints, r.Enrolled, r.Connected, r.Seconds)
	g := r.Rings
	line("tickets", "%d rung, %d acknowledged, %d waiting, %d refused, %d lost; %d sent again, %d postponed", g.Sent, g.Acknowledged, g.Waiting, g.Refused, g.Lost, g.Again, g.Postponed)
	line("", "ring to ack: %s", g.Ack)
	if g.AckAgain.Count > 0 {
		line("", "of those that were sent again: %s", g.AckAgain)
	}
	if g.Page.Count > 0 {
		line("", "ring to page: %s", g.Page)
	}
	line("health", "%d frames with %d samples, %d acknowledged: %s", r.Health.Frames, r.Health.Samples, r.Health.Acknowledged, r.Health.Ack)
	var refused []string
	for code, n := range r.Sessions.Refused {
		refused = append(refused, fmt.Sprintf("%s %d", code, n))
	}
	slices.Sort(refused)
	line("sessions", "%d opened, %d of them again, %d lost, %d failed to connect, refused: %s; without a time to come back: %d",
		r.Sessions.Opened, r.Sessions.Reopened, r.Sessions.Lost, r.Sessions.DialFailures, cmp.Or(strings.Join(refused, ", "), "none"), r.Sessions.Untimed)
	line("asks", "%d answered in %d parts", r.Asks.Answered, r.Asks.Parts)
	line("bytes", "%d up, %d down", r.BytesUp, r.BytesDown)
	return b.String()
}

// String is the summary for people.
func (s Summary) String() string {
	return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, longest %.2f ms", s.P50, s.P99, s.Max)
}

// counted counts a connection's bytes.
type counted struct {
	net.Conn
	s *stats
}

// Read implements net.Conn.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.s.down.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.s.up.Add(int64(n))
	return n, err
}
