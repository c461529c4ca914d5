package uplinktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// Message is one message with an id, however often it came.
type Message struct {
	Endpoint string
	wire.Envelope
	At        time.Time // when it was first taken in
	Times     int       // how often it was taken in
	Conflicts int       // how often it came with other content than the first time
}

type record struct {
	attempts []time.Time
	sessions []*Session
	messages map[string]*Message
	order    []*Message
	frames   []Frame
	answers  []Answer
	blobs    map[string]*blob
	partial  map[string][]byte
	tickets  []*ticket
}

// notify wakes whoever waits for the record. The lock is held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Messages returns what was taken in, in its order; of these types only, when any
// is named.
func (s *Server) Messages(types ...wire.Type) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.record.order {
		if len(types) == 0 || slices.Contains(types, m.Type) {
			out = append(out, *m)
		}
	}
	return out
}

// Frames returns the health frames, in the order of their coming.
func (s *Server) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.frames)
}

// Answers returns the parts that came for an ask.
func (s *Server) Answers(ask string) []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Answer
	for _, a := range s.record.answers {
		if a.Ask == ask {
			out = append(out, a)
		}
	}
	return out
}

// Attempts returns when somebody asked for a websocket.
func (s *Server) Attempts() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.attempts)
}

// Sessions returns the sessions so far, oldest first.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.sessions)
}

// Open returns the session that is up, or nil.
func (s *Server) Open() *Session {
	for _, c := range slices.Backward(s.Sessions()) {
		if !c.Ended() {
			return c
		}
	}
	return nil
}

// Ended reports whether the session is over.
func (c *Session) Ended() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.ended
}

// Goodbye returns the reason that the agent gave, or "".
func (c *Session) Goodbye() wire.GoodbyeReason {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.goodbye
}

// Blob returns the bytes of an attachment and how often they were put whole.
func (s *Server) Blob(sha string) (data []byte, puts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.record.blobs[sha]; b != nil {
		return slices.Clone(b.data), b.puts
	}
	return nil, 0
}

// AddBlob gives the server an attachment, and returns its hash.
func (s *Server) AddBlob(data []byte) string {
	sum := sha256.Sum256(data)
	sha := hex.EncodeToString(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.blobs[sha] = &blob{data: data}
	return sha
}

// SpoilBlob changes a byte of an attachment that the server has.
func (s *Server) SpoilBlob(sha string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.record.blobs[sha]
	b.data = slices.Clone(b.data)
	b.data[0] ^= 1
}

// Forget removes messages and what they made, as a restored backup does.
func (s *Server) Forget(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.record.messages, id)
		s.record.order = slices.DeleteFunc(s.record.order, func(m *Message) bool { return m.ID == id })
		s.record.tickets = slices.DeleteFunc(s.record.tickets, func(t *ticket) bool { return t.view.Ref == id })
	}
}

// Wait waits until ok is true of the server, and fails the test when that takes
// longer than a generous while. It is called again at every change of the record.
func (s *Server) Wait(what string, ok func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			s.t.Fatalf("waited a minute in vain for: %s", what)
		}
	}
}
