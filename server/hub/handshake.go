package hub

import (
	"context"
	"crypto/ed25519"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

func loopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// heldFor is how long a held machine waits before it asks again.
const heldFor = 5 * time.Minute

// enter proves both sides and returns the session, or nil when it came to none:
// the agent has been told why, or has enrolled.
func (h *Hub) enter(conn *socket.Conn, binding []byte) *session {
	ctx, cancel := context.WithTimeout(h.ctx, wire.HandshakeTimeout)
	defer cancel()
	began := time.Now()
	next := func() (wire.Envelope, error) {
		data, binary, err := conn.Read(time.Until(began.Add(wire.HandshakeTimeout)))
		if err != nil {
			return wire.Envelope{}, err
		}
		if binary {
			return wire.Envelope{}, fault.New(fault.Invalid, "A binary frame has no place in the handshake.")
		}
		return wire.Decode(data)
	}
	s, err := h.prove(ctx, conn, binding, next)
	if err != nil {
		h.refuse(conn, err)
		return nil
	}
	return s
}

// refuse ends the handshake with the reason that fits the error.
func (h *Hub) refuse(conn *socket.Conn, err error) {
	code := fault.CodeOf(err)
	h.Stats.Refused(code)
	r := wire.Refused{Code: code, Sentence: fault.Sentence(err)}
	status := wire.CloseUnproven
	switch code {
	case fault.Invalid:
		status = wire.CloseMalformed
	case fault.Unsupported:
		status = wire.CloseVersion
	case fault.Held:
		status, r.RetryAfter = wire.CloseHeld, heldFor.Milliseconds()
	case fault.Forbidden:
		status = wire.CloseRevoked
	case fault.Unauthenticated, fault.NotFound, fault.Used, fault.Expired:
	default: // the connection broke, or we did
		h.Log.Warn("a handshake failed", "remote", conn.RemoteAddr(), "err", err)
		status, r.Code, r.RetryAfter = wire.CloseUnavailable, fault.Unavailable, busyFor.Milliseconds()
	}
	conn.Refuse(status, r)
}

func (h *Hub) prove(ctx context.Context, conn *socket.Conn, binding []byte, next func() (wire.Envelope, error)) (*session, error) {
	e, err := next()
	if err != nil {
		return nil, err
	}
	var hello wire.Hello
	if e.Type != wire.TypeHello {
		return nil, fault.New(fault.Invalid, "The handshake starts with hello.")
	}
	if err := e.Into(&hello); err != nil {
		return nil, err
	}
	if !slices.Contains(hello.Versions, wire.Version) {
		return nil, fault.Newf(fault.Unsupported, "This server speaks version %d of the protocol. Update the agent, or the server.", wire.Version)
	}
	if len(hello.Nonce) != wire.NonceSize || len(hello.Agent) > 256 {
		return nil, fault.Field("nonce", "The nonce is not 32 bytes long, or the agent's name is longer than 256.")
	}
	t := wire.Transcript{Binding: binding, AgentNonce: hello.Nonce, ServerNonce: wire.NewNonce()}
	err = conn.Send(wire.TypeChallenge, "", "", wire.Challenge{
		Version: wire.Version, Key: h.Key.Public().(ed25519.PublicKey), Nonce: t.ServerNonce, Proof: t.ServerProof(h.Key), Time: h.Now(),
	})
	if err != nil {
		return nil, err
	}
	if e, err = next(); err != nil {
		return nil, err
	}
	switch e.Type {
	case wire.TypeEnrol:
		return nil, h.enrol(ctx, conn, t, e)
	case wire.TypeProve:
		var p wire.Prove
		if err := e.Into(&p); err != nil {
			return nil, err
		}
		return h.admit(ctx, conn, t, hello, p)
	}
	return nil, fault.New(fault.Invalid, "The challenge is answered with prove or enrol.")
}

// enrol gives a machine its identity. The connection ends with it: the machine
// comes back as an endpoint.
func (h *Hub) enrol(ctx context.Context, conn *socket.Conn, t wire.Transcript, e wire.Envelope) error {
	var q wire.Enrol
	if err := e.Into(&q); err != nil {
		return err
	}
	if err := t.CheckEnrol(q.Key, q.Token, q.Proof); err != nil {
		return err
	}
	i, err := h.Registry.Enrol(ctx, q)
	if err != nil {
		return err
	}
	if err := conn.Send(wire.TypeEnrolled, "", "", wire.Enrolled{Endpoint: i.ID, Site: i.Site.Name, Organisation: h.Organisation}); err != nil {
		return err
	}
	conn.Close(websocket.CloseNormalClosure, "enrolled")
	return nil
}

// admit checks an endpoint's proof and opens its session.
func (h *Hub) admit(ctx context.Context, conn *socket.Conn, t wire.Transcript, hello wire.Hello, p wire.Prove) (*session, error) {
	i, err := h.Registry.Identity(ctx, p.Endpoint)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Unauthenticated, "The server does not know this machine. Enrol it again.")
	}
	if err != nil {
		return nil, err
	}
	if err := t.CheckEndpoint(i.Key, p.Endpoint, p.Proof); err != nil {
		return nil, err
	}
	if len(p.Hostname) > 256 || len(p.Boot) > 128 || len(p.Inventory) > 128 || len(p.Recent) > wire.MaxRecent {
		return nil, fault.New(fault.Invalid, "A field of prove is longer than the protocol allows.")
	}
	schema, err := wire.SharedSchema(p.Columns)
	if err != nil {
		return nil, err
	}
	if err := h.meetTwin(ctx, p.Endpoint); err != nil {
		return nil, err
	}
	i, ratchet, err := h.Registry.Connect(ctx, p.Endpoint, p.Ratchet)
	if err != nil {
		if i.State != enrol.Active {
			h.Fleet.SetState(p.Endpoint, i.State)
		}
		return nil, err
	}
	missing, err := h.Desk.Missing(ctx, i.ID, p.Recent)
	if err != nil {
		return nil, err
	}
	s := &session{hub: h, conn: conn, id: ulid.Make().String(), endpoint: i.ID, schema: schema}
	conn.Proven()
	if !h.join(s) {
		return nil, fault.New(fault.Unavailable, "The server is stopping.")
	}
	h.Fleet.Joined(noc.Join{
		Identity: i, Session: s.id, Hostname: p.Hostname, Agent: hello.Agent,
		Address: hostOf(conn.RemoteAddr()), Boot: p.Boot, BootedAt: p.BootedAt,
	})
	err = conn.Send(wire.TypeWelcome, "", "", wire.Welcome{
		Session: s.id, Time: h.Now(), Ratchet: ratchet, Missing: missing, Organisation: h.Organisation, Site: i.Site.Name,
		WantInventory: p.Inventory != h.Fleet.InventoryHash(i.ID), ReturnWithin: h.spread(),
	})
	if err != nil {
		h.leave(s, "")
		return nil, err
	}
	go func() {
		if err := h.Asks.Connected(h.ctx, i.ID); err != nil && h.ctx.Err() == nil {
			h.Log.Error("what waited for an endpoint was not sent", "endpoint", i.ID, "err", err)
		}
	}()
	return s, nil
}

// returnRate is how many machines a second the server wants back after a restart.
const returnRate = 400

// spread is the time over which the machines that are connected now shall come
// back when the connection is lost.
func (h *Hub) spread() time.Duration {
	return time.Second + time.Duration(h.Connected())*time.Second/returnRate
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// twinAnswers is how long the session that is there already has to answer.
const twinAnswers = 3 * time.Second

// meetTwin looks after a session that the endpoint has already. Mostly it is a
// dead one whose end nobody has heard of: then the new one takes its place. When
// it answers, two machines have one identity: both are held.
func (h *Hub) meetTwin(ctx context.Context, endpoint string) error {
	old := h.session(endpoint)
	if old == nil {
		return nil
	}
	if !old.conn.Alive(twinAnswers) {
		old.conn.Close(wire.CloseReplaced, "the machine has opened a newer session")
		h.leave(old, "")
		return nil
	}
	if h.session(endpoint) != old { // it ended of itself meanwhile
		return nil
	}
	const reason = "Two machines with this identity were connected at the same time: a copy of its disk is in use."
	if err := h.Registry.Hold(ctx, endpoint, reason); err != nil {
		return err
	}
	h.Fleet.SetState(endpoint, enrol.Held)
	old.conn.Close(wire.CloseHeld, "two machines have this identity")
	return nil // Connect refuses the new one now
}
