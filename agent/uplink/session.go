package uplink

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
)

// Session is a connection on which both sides are proven. It has no goroutine:
// one goroutine of the caller's reads, any may send.
type Session struct {
	*socket.Conn
	Welcome wire.Welcome
	Skew    time.Duration // this machine's clock minus the server's, to about half a round trip
	Local   net.Addr      // where the connection goes out from
}

// Message is one message of the server's.
type Message struct {
	wire.Envelope        // of a text message
	Frame         []byte // a binary frame; nil for a text message
}

// Next waits at most timeout for the next message. It reads into buf when that is
// large enough; the message is valid until the next call with the same buf.
func (s *Session) Next(buf []byte, timeout time.Duration) (Message, error) {
	data, binary, err := s.ReadInto(buf, timeout)
	if err != nil {
		return Message{}, err
	}
	if binary {
		return Message{Frame: data}, nil
	}
	e, err := wire.Decode(data)
	return Message{Envelope: e}, err
}

// SendHealth sends one frame of samples.
func (s *Session) SendHealth(h wire.Health) error {
	return s.SendFrame(wire.AppendHealth(make([]byte, 0, 64+16*len(h.Samples)), h))
}

// Dial connects, checks the server's proof and gives the endpoint's. p says who
// the endpoint is and what it goes on from; its Proof is made here. key is the
// endpoint's own. ctx bounds the handshake only.
//
// Errors are faults: WrongServer, Unavailable and so on, or a *RefusedError where the
// server said No.
func (d *Dialer) Dial(ctx context.Context, key ed25519.PrivateKey, p wire.Prove) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*wire.HandshakeTimeout)
	defer cancel()
	h, err := d.greet(ctx)
	if err != nil {
		return nil, err
	}
	defer h.release()
	p.Proof = h.transcript.EndpointProof(key, p.Endpoint)
	s := &Session{Conn: h.conn, Skew: h.skew, Local: h.local}
	if err := h.exchange(wire.TypeProve, p, wire.TypeWelcome, &s.Welcome); err != nil {
		return nil, stopped(ctx, err)
	}
	if !h.stop() { // ctx ended: the connection is being closed
		return nil, ctx.Err()
	}
	h.conn.Proven()
	return s, nil
}

// Enrol asks the server for an identity for the key. machine describes this
// computer, previous is the identity it had before, often empty.
//
// sent tells whether the server may have spent the token, so that asking again
// with the same key is right.
func (d *Dialer) Enrol(ctx context.Context, token string, key ed25519.PrivateKey, machine wire.Machine, previous string) (e wire.Enrolled, sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*wire.HandshakeTimeout)
	defer cancel()
	h, err := d.greet(ctx)
	if err != nil {
		return e, false, err
	}
	defer h.release()
	err = h.exchange(wire.TypeEnrol, wire.Enrol{
		Token: token, Key: key.Public().(ed25519.PublicKey), Proof: h.transcript.EnrolProof(key, token),
		Machine: machine, Previous: previous,
	}, wire.TypeEnrolled, &e)
	if err != nil {
		return e, true, stopped(ctx, err)
	}
	h.conn.Close(1000, "enrolled")
	return e, true, nil
}

// greeting is a connection whose server is proven, and that waits for ours.
type greeting struct {
	conn       *socket.Conn
	transcript wire.Transcript
	skew       time.Duration
	local      net.Addr
	address    string
	deadline   time.Time
	stop       func() bool // keeps ctx from closing the connection
}

// release closes the connection unless stop was called before.
func (h *greeting) release() {
	if h.stop() {
		h.conn.Close(1000, "")
	}
}

// ErrOtherServer is why a handshake ended whose server shows another identity key
// than the pinned one. It is within a WrongServer fault.
var ErrOtherServer = errors.New("the server's identity key is not the pinned one")

// greet connects and has the server prove itself before anything is told to it.
func (d *Dialer) greet(ctx context.Context) (*greeting, error) {
	ws, state, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	h := &greeting{conn: socket.New(ws), local: ws.LocalAddr(), address: d.address, deadline: time.Now().Add(wire.HandshakeTimeout)}
	h.stop = context.AfterFunc(ctx, func() { ws.Close() })
	if h.transcript.Binding, err = wire.Binding(state); err != nil {
		h.release()
		return nil, fault.Wrap(err, fault.Unsupported, "The encrypted connection to "+d.address+" lacks what Deskbell's proof of identity needs.")
	}
	if err := h.prove(d.options); err != nil {
		h.release()
		return nil, stopped(ctx, err)
	}
	return h, nil
}

// stopped tells a handshake that the caller gave up from one that failed.
func stopped(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return err
}

func (h *greeting) prove(o Options) error {
	h.transcript.AgentNonce = wire.NewNonce()
	var c wire.Challenge
	start := time.Now()
	if err := h.exchange(wire.TypeHello, wire.Hello{Versions: []int{wire.Version}, Nonce: h.transcript.AgentNonce, Agent: o.Agent}, wire.TypeChallenge, &c); err != nil {
		return err
	}
	trip := time.Since(start)
	h.skew = start.Add(trip / 2).Round(0).Sub(c.Time)
	h.transcript.ServerNonce = c.Nonce
	if err := h.transcript.CheckServer(o.ServerKey, c.Key, c.Proof); err != nil {
		if !bytes.Equal(o.ServerKey, c.Key) {
			return fault.Wrap(ErrOtherServer, fault.CodeOf(err), fault.Sentence(err))
		}
		return err
	}
	if c.Version != wire.Version {
		return fault.Newf(fault.Unsupported, "The server speaks version %d of the protocol, this agent version %d. Update whichever is older.", c.Version, wire.Version)
	}
	return nil
}

// exchange sends one message of the handshake and reads the next.
func (h *greeting) exchange(t wire.Type, body any, want wire.Type, into any) error {
	if err := h.conn.Send(t, "", "", body); err != nil {
		// The server may have said why before it closed: that is read below.
		if soon := time.Now().Add(time.Second); soon.Before(h.deadline) {
			h.deadline = soon
		}
	}
	data, binary, err := h.conn.Read(time.Until(h.deadline))
	if err != nil {
		return h.lost(err)
	}
	e, err := wire.Decode(data)
	switch {
	case binary || err != nil:
		return h.confused(err)
	case e.Type == wire.TypeRefused:
		var r wire.Refused
		if err := e.Into(&r); err != nil {
			return h.confused(err)
		}
		return refused(r)
	case e.Type != want:
		return h.confused(nil)
	}
	if err := e.Into(into); err != nil {
		return h.confused(err)
	}
	return nil
}

func (h *greeting) confused(err error) error {
	return fault.Wrap(err, fault.Unsupported, "The server at "+h.address+" answers in a way that this agent does not understand. Update both to the same version.")
}

// lost explains a connection that ended before the handshake did.
func (h *greeting) lost(err error) error {
	if f := closed(err); f != nil {
		return f
	}
	return fault.Wrap(err, fault.Unavailable, "The connection to "+h.address+" was lost before both sides had proven who they are. It will be tried again.")
}

// closed returns what a close code means, or nil for one that means nothing more
// than that the connection is gone.
func closed(err error) error {
	code := socket.CloseCode(err)
	f := map[int]*fault.Error{
		wire.CloseVersion:     fault.New(fault.Unsupported, "The server does not speak this agent's version of the protocol. Update whichever is older."),
		wire.CloseUnproven:    fault.New(fault.Unauthenticated, "The server does not know this machine's identity. Ask your administrator to enrol it again."),
		wire.CloseHeld:        fault.New(fault.Held, "Your administrator has to look at this computer before it may connect again: two machines seem to use its identity."),
		wire.CloseRevoked:     fault.New(fault.Forbidden, "This computer's enrolment was withdrawn. Ask your administrator to enrol it again."),
		wire.CloseReplaced:    fault.New(fault.Conflict, "Another connection has taken this one's place."),
		wire.CloseTooMany:     fault.New(fault.TooMany, "The server has had too many messages from this machine. It will be tried again."),
		wire.CloseUnavailable: fault.New(fault.Unavailable, "The server is not available now. It will be tried again."),
	}[code]
	if f == nil {
		return nil
	}
	f.Err = err
	return &RefusedError{Err: f, Close: code}
}

// refused turns the server's words into an error, with the close code that its
// fault code stands for.
func refused(r wire.Refused) error {
	code := map[fault.Code]int{
		fault.Unsupported: wire.CloseVersion, fault.Unauthenticated: wire.CloseUnproven, fault.Held: wire.CloseHeld,
		fault.Forbidden: wire.CloseRevoked, fault.TooMany: wire.CloseTooMany, fault.Unavailable: wire.CloseUnavailable,
	}[r.Code]
	if code == 0 {
		code = wire.CloseMalformed
	}
	return &RefusedError{
		Err:        fault.New(r.Code, r.Sentence),
		RetryAfter: time.Duration(max(r.RetryAfter, 0)) * time.Millisecond,
		Close:      code,
	}
}
