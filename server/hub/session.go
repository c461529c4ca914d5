package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
	"github.com/deskbell/deskbell/server/desk"
)

// session is one proven agent. There are tens of thousands, so it holds nothing
// that another place has.
type session struct {
	hub      *Hub
	conn     *socket.Conn
	id       string
	endpoint string
	schema   *wire.Schema
	ratchet  []byte // the step that its welcome gave

	announcing sync.Mutex // held while announcements are read and told: the newest are told last
	announced  bool       // the agent has asked for them, and is told of changes

	deciding sync.Mutex // held while approvals are read and told: the newest are told last

	// All below is the reader's own.
	buf      []byte // as large as a usual health frame
	text     bucket
	frames   bucket
	terminal bucket
	uploads  map[string]*upload // under way, by the id of their blob.put
	goodbye  wire.GoodbyeReason
}

const usualFrame = 256

// read takes messages in until the connection ends, and returns the goodbye.
func (s *session) read() wire.GoodbyeReason {
	s.buf = make([]byte, 0, usualFrame)
	for {
		data, binary, err := s.conn.ReadInto(s.buf, wire.SilenceTimeout)
		if err != nil {
			s.hub.Stats.ended(err)
			s.end(err, websocket.CloseNormalClosure)
			return s.goodbye
		}
		if err := s.take(data, binary); err != nil {
			s.hub.Stats.Refused(fault.CodeOf(err))
			s.end(err, wire.CloseMalformed)
			return s.goodbye
		}
	}
}

// end closes the connection with what fits the error.
func (s *session) end(err error, code int) {
	reason := ""
	switch {
	case errors.Is(err, socket.ErrSlow):
		code = wire.CloseSlow
	case fault.Is(err, fault.TooMany):
		code, reason = wire.CloseTooMany, fault.Sentence(err)
	case fault.Is(err, fault.Invalid):
		code, reason = wire.CloseMalformed, fault.Sentence(err)
	case fault.Is(err, fault.Internal) && code == wire.CloseMalformed && errors.Is(err, context.Canceled):
		code = websocket.CloseGoingAway
	}
	s.conn.End(code, reason)
}

// take handles one message. An error ends the session; what is wrong with a
// message alone is answered to it.
func (s *session) take(data []byte, binary bool) error {
	now := time.Now()
	if binary {
		bucket, rate, burst := &s.frames, float32(frameRate), float32(frameBurst)
		if len(data) > 0 && data[0] == wire.FrameTerminal { // bounded by what is taken of them, too
			bucket, rate, burst = &s.terminal, terminalRate, terminalBurst
		}
		if !bucket.take(now, rate, burst) {
			return errTooMany
		}
		return s.frame(data)
	}
	if !s.text.take(now, textRate, textBurst) {
		return errTooMany
	}
	// What text messages want needs a large stack, which the reader would keep
	// between them; frames do with a small one.
	done := make(chan error, 1)
	go func() { done <- s.textMessage(data) }()
	return <-done
}

func (s *session) textMessage(data []byte) error {
	e, err := wire.Decode(data)
	if err != nil {
		return err
	}
	s.hub.Stats.message(e.Type)
	if err := s.authorise(e.Type); err != nil {
		if e.ID == "" {
			return fault.Field("id", "The message "+string(e.Type)+" carries no id.")
		}
		return s.acknowledge(e, desk.Outcome{}, err)
	}
	return s.message(e)
}

func (s *session) frame(data []byte) error {
	if len(data) == 0 {
		return fault.New(fault.Invalid, "An empty frame.")
	}
	switch data[0] {
	case wire.FrameHealth:
		return s.health(data)
	case wire.FrameBlob:
		return s.chunk(data)
	case wire.FrameTerminal:
		return s.hub.Asks.TerminalFrame(s.hub.ctx, s.endpoint, data)
	}
	return fault.New(fault.Invalid, "A frame of an unknown kind.")
}

// health takes samples in and acknowledges them.
func (s *session) health(data []byte) error {
	var h wire.Health // its samples go on to the time series
	if err := wire.DecodeHealth(data, s.schema, &h); err != nil {
		return err
	}
	s.hub.Fleet.Ingest(s.endpoint, &h)
	s.hub.Stats.Frames.Inc()
	return s.conn.SendFrame(wire.AppendHealthAck(nil, h.Seq))
}

var errTooMany = fault.New(fault.TooMany, "The agent sends more messages than the server takes.")

// What an agent may send: messages a second and at once. Frames come in bursts,
// after an absence and as the chunks of an attachment.
const (
	textRate, textBurst   = 20, 200
	frameRate, frameBurst = 200, 2000

	terminalRate, terminalBurst = 2000, 8000
)

// bucket bounds a rate.
type bucket struct {
	spent float32
	at    time.Time
}

func (b *bucket) take(now time.Time, rate, burst float32) bool {
	if !b.at.IsZero() {
		b.spent = max(0, b.spent-float32(now.Sub(b.at).Seconds())*rate)
	}
	b.at = now
	if b.spent >= burst {
		return false
	}
	b.spent++
	return true
}
