package uplinktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
)

// Session is one proven connection of an agent's.
type Session struct {
	Endpoint string
	Prove    wire.Prove

	server  *Server
	conn    *socket.Conn
	net     net.Conn
	ended   bool               // under the server's lock
	goodbye wire.GoodbyeReason // likewise
	blobs   map[string]*upload
	mute    bool
}

type upload struct {
	sha  string
	size int64
	data []byte
}

// Received is a message of an agent's.
type Received struct {
	Session *Session
	wire.Envelope
	Times int // how often this id has come, this time included
}

// Reaction is what the server does about a message.
type Reaction struct {
	Do       Do
	After    time.Duration // it waits so long first
	Code     fault.Code    // with Refuse and Fail
	Sentence string
}

// Do is a kind of reaction.
type Do int

// The reactions.
const (
	Ack        Do = iota // take it in and acknowledge
	AckTwice             // as a server does whose first ack was lost
	Ignore               // take nothing in, say nothing
	Lose                 // take it in, and drop the connection before the ack
	Drop                 // take nothing in, drop the connection
	Refuse               // refuse it for good
	Fail                 // say that it did nothing
	LoseSilent           // take it in, and never acknowledge
)

// Send sends the agent any message.
func (c *Session) Send(t wire.Type, id, re string, body any) error {
	return c.conn.Send(t, id, re, body)
}

// SendFrame sends the agent any binary frame.
func (c *Session) SendFrame(b []byte) error { return c.conn.SendFrame(b) }

// Ask asks the agent a diagnostic and returns the ask's id.
func (c *Session) Ask(a wire.Ask) string {
	id := ulid.Make().String()
	c.conn.Send(wire.TypeAsk, id, "", a)
	return id
}

// Close ends the session with a close code.
func (c *Session) Close(code int) { c.conn.Close(code, "") }

// Mute stops reading and acknowledging, as a connection does whose other end has
// lost its network: it stays open and nothing comes back.
func (c *Session) Mute() {
	c.server.mu.Lock()
	c.mute = true
	c.server.mu.Unlock()
}

func (c *Session) muted() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.mute
}

func (c *Session) serve(b Behaviour) {
	schema, err := wire.NewSchema(c.Prove.Columns)
	if err != nil {
		c.conn.Close(wire.CloseMalformed, "")
		return
	}
	c.blobs = map[string]*upload{}
	if b.Deaf {
		c.mute = true
	}
	for {
		data, binary, err := c.conn.Read(wire.SilenceTimeout)
		if err != nil {
			return
		}
		if c.muted() {
			continue
		}
		if binary {
			err = c.frame(data, schema)
		} else {
			err = c.message(data)
		}
		if err != nil {
			c.conn.Close(wire.CloseMalformed, err.Error())
			return
		}
	}
}

func (c *Session) frame(data []byte, schema *wire.Schema) error {
	if data[0] == wire.FrameBlob {
		return c.chunk(data)
	}
	var h wire.Health
	if err := wire.DecodeHealth(data, schema, &h); err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	s.record.frames = append(s.record.frames, Frame{Endpoint: c.Endpoint, At: time.Now(), Health: h})
	silent := s.behaviour.NoHealthAck
	s.notify()
	s.mu.Unlock()
	if silent {
		return nil
	}
	return c.conn.SendFrame(wire.AppendHealthAck(nil, h.Seq))
}

func (c *Session) message(data []byte) error {
	e, err := wire.Decode(data)
	if err != nil {
		return err
	}
	s := c.server
	if e.ID == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e.Type {
		case wire.TypeGoodbye:
			var g wire.Goodbye
			if err := e.Into(&g); err != nil {
				return err
			}
			c.goodbye = g.Reason
		case wire.TypeAnswer:
			var a wire.Answer
			if err := e.Into(&a); err != nil {
				return err
			}
			s.record.answers = append(s.record.answers, Answer{Ask: e.Re, Answer: a})
		default:
			return fmt.Errorf("%s without an id", e.Type)
		}
		s.notify()
		return nil
	}
	s.mu.Lock()
	times := 1
	if m := s.record.messages[e.ID]; m != nil {
		times += m.Times
	}
	react := s.behaviour.React
	s.mu.Unlock()
	var r Reaction
	if react != nil {
		r = react(Received{Session: c, Envelope: e, Times: times})
	}
	if r.After > 0 {
		time.Sleep(r.After)
	}
	switch r.Do {
	case Ignore:
		return nil
	case Drop:
		c.net.Close()
		return nil
	case Refuse:
		return c.conn.Send(wire.TypeAck, "", e.ID, wire.Ack{Code: r.Code, Sentence: r.Sentence})
	case Fail:
		return c.conn.Send(wire.TypeError, "", e.ID, wire.Error{Code: r.Code, Sentence: r.Sentence})
	}
	answer, body, err := c.take(e)
	if err != nil {
		return err
	}
	if r.Do == Lose {
		c.net.Close()
	}
	if r.Do == Lose || r.Do == LoseSilent || body == nil {
		return nil
	}
	if r.Do == AckTwice {
		c.conn.Send(answer, "", e.ID, body)
	}
	return c.conn.Send(answer, "", e.ID, body)
}

// take takes a message in and returns its answer.
func (c *Session) take(e wire.Envelope) (wire.Type, any, error) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	m := s.record.messages[e.ID]
	if m == nil {
		m = &Message{Endpoint: c.Endpoint, Envelope: e, At: time.Now()}
		s.record.messages[e.ID] = m
		s.record.order = append(s.record.order, m)
	} else if m.Type != e.Type || !bytes.Equal(m.Body, e.Body) {
		m.Conflicts++
	}
	m.Times++
	switch e.Type {
	case wire.TypeRatchet:
		p := s.endpoints[c.Endpoint]
		p.confirmed = p.offered
	case wire.TypeTicketsGet:
		var g wire.TicketsGet
		if err := e.Into(&g); err != nil {
			return "", nil, err
		}
		return wire.TypeTickets, wire.Tickets{Items: s.ticketsOf(c.Endpoint, g.Account.UID)}, nil
	case wire.TypePortalLink:
		return wire.TypePortal, wire.Portal{URL: s.URL() + "/portal/enter#once", ExpiresAt: time.Now().Add(time.Minute)}, nil
	case wire.TypeSuggest:
		return wire.TypeArticles, wire.Articles{Items: []wire.Article{}}, nil
	case wire.TypeHelped:
		return wire.TypeAck, wire.Ack{OK: true}, nil
	case wire.TypeBlobPut:
		return c.wanted(e)
	case wire.TypeBlobGet:
		return c.give(e)
	case wire.TypeTicketOpen, wire.TypeTicketReply, wire.TypeTicketAct:
		return wire.TypeAck, s.ticket(c.Endpoint, e), nil
	}
	return wire.TypeAck, wire.Ack{OK: true}, nil
}

// blob is an attachment that is whole.
type blob struct {
	data []byte
	puts int // how often its last byte came in
}

func (c *Session) wanted(e wire.Envelope) (wire.Type, any, error) {
	var p wire.BlobPut
	if err := e.Into(&p); err != nil {
		return "", nil, err
	}
	if b := c.server.record.blobs[p.SHA256]; b != nil {
		return wire.TypeBlobWanted, wire.BlobWanted{Offset: int64(len(b.data))}, nil
	}
	u := &upload{sha: p.SHA256, size: p.Size, data: c.server.record.partial[p.SHA256]}
	c.blobs[e.ID] = u
	return wire.TypeBlobWanted, wire.BlobWanted{Offset: int64(len(u.data))}, nil
}

func (c *Session) chunk(data []byte) error {
	re, offset, chunk, err := wire.DecodeBlob(data)
	if err != nil {
		return err
	}
	u := c.blobs[re]
	if u == nil || offset != int64(len(u.data)) || len(chunk) != wire.MaxBlobChunk && offset+int64(len(chunk)) != u.size {
		return fmt.Errorf("a chunk that nobody wants")
	}
	u.data = append(u.data, chunk...)
	s := c.server
	s.mu.Lock()
	s.record.partial[u.sha] = bytes.Clone(u.data)
	whole := int64(len(u.data)) == u.size
	if whole {
		if sum := sha256.Sum256(u.data); hex.EncodeToString(sum[:]) != u.sha {
			s.mu.Unlock()
			return fmt.Errorf("the attachment has another hash")
		}
		b := s.record.blobs[u.sha]
		if b == nil {
			b = &blob{data: u.data}
			s.record.blobs[u.sha] = b
		}
		b.puts++
		delete(s.record.partial, u.sha)
	}
	s.notify()
	s.mu.Unlock()
	if !whole {
		return nil
	}
	delete(c.blobs, re)
	return c.conn.Send(wire.TypeAck, "", re, wire.Ack{OK: true})
}

func (c *Session) give(e wire.Envelope) (wire.Type, any, error) {
	var g wire.BlobGet
	if err := e.Into(&g); err != nil {
		return "", nil, err
	}
	b := c.server.record.blobs[g.SHA256]
	if b == nil {
		return wire.TypeError, wire.Error{Code: fault.NotFound, Sentence: "There is no such attachment."}, nil
	}
	c.conn.Send(wire.TypeBlob, "", e.ID, wire.BlobHeader{Size: int64(len(b.data))})
	for off := 0; off < len(b.data); off += wire.MaxBlobChunk {
		end := min(off+wire.MaxBlobChunk, len(b.data))
		c.conn.SendFrame(wire.AppendBlob(nil, e.ID, int64(off), b.data[off:end]))
	}
	return "", nil, nil
}

// Live asks the agent for a sample every interval.
func (c *Session) Live(interval, for_ time.Duration) {
	c.conn.Send(wire.TypeLive, ulid.Make().String(), "", wire.Live{Interval: interval, For: for_})
}

// Frame is a health frame as it came.
type Frame struct {
	Endpoint string
	At       time.Time
	wire.Health
}

// Answer is one part of an answer to an ask.
type Answer struct {
	Ask string
	wire.Answer
}

// Samples returns the samples of an endpoint in the order of their coming.
func (s *Server) Samples(endpoint string) []diagnostics.Sample {
	var out []diagnostics.Sample
	for _, f := range s.Frames() {
		if f.Endpoint == endpoint {
			out = append(out, f.Samples...)
		}
	}
	return out
}
