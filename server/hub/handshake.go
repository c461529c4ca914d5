package hub

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
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
	ip := net.ParseIP(addressOf(r.RemoteAddr))
	return ip != nil && ip.IsLoopback()
}

// addressOf is the host of an address with a port.
func addressOf(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return hostPort
	}
	return host
}

// heldFor is how long a held machine waits before it asks again.
const heldFor = 5 * time.Minute

// enter proves both sides and returns the session, or nil when it came to none:
// the agent has been told why, or has enrolled.
func (h *Hub) enter(conn *socket.Conn, binding []byte, v *visitor) *session {
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
	if !h.door.leave(v) && err != nil {
		err = fault.Wrap(err, fault.Unavailable, "The handshake took too long while others waited.")
	}
	if err != nil {
		h.refuse(conn, err)
		return nil
	}
	return s
}

// broken is a handshake whose other side went away, said nothing, or said too much.
func broken(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, closed := errors.AsType[*websocket.CloseError](err)
	return network || closed || errors.Is(err, websocket.ErrReadLimit) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, websocket.ErrCloseSent)
}

// refuse ends the handshake with the reason that fits the error.
func (h *Hub) refuse(conn *socket.Conn, err error) {
	code := fault.CodeOf(err)
	if code == fault.Internal && broken(err) {
		code = fault.Unavailable
		if errors.Is(err, websocket.ErrReadLimit) {
			code = fault.TooLarge
		}
	}
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
	case fault.TooLarge, fault.TooMany:
		status, r.Code, r.RetryAfter = wire.CloseTooMany, fault.TooMany, busyFor.Milliseconds()
	default: // the connection broke, which is nobody's news, or we did
		level := slog.LevelWarn
		if code == fault.Unavailable {
			level = slog.LevelDebug
		}
		h.Log.Log(h.ctx, level, "a handshake failed", "remote", conn.RemoteAddr(), "err", err)
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
	h.Fleet.Enrolled(i, q.Machine)
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
	if len(p.Hostname) > 256 || len(p.Boot) > 128 || len(p.Inventory) > 128 || len(p.Stock) > 128 || len(p.Recent) > wire.MaxRecent {
		return nil, fault.New(fault.Invalid, "A field of prove is longer than the protocol allows.")
	}
	schema, err := wire.SharedSchema(p.Columns)
	if err != nil {
		return nil, err
	}
	missing, err := h.Desk.Missing(ctx, p.Endpoint, p.Recent)
	if err != nil {
		return nil, err
	}
	conn.Proven()
	s := &session{hub: h, conn: conn, id: ulid.Make().String(), endpoint: p.Endpoint, schema: schema}
	// Two machines with one identity may come at the same moment: whoever finds
	// the other there after all looks after it as after one that was there before.
	for joined := false; !joined; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := h.meetTwin(ctx, p.Endpoint); err != nil {
			return nil, err
		}
		if i, s.ratchet, err = h.Registry.Connect(ctx, p.Endpoint, p.Ratchet); err != nil {
			return nil, err
		}
		if joined, err = h.join(s); err != nil {
			return nil, err
		}
	}
	h.Fleet.Joined(noc.Join{
		Identity: i, Session: s.id, Hostname: p.Hostname, Agent: hello.Agent,
		Address: addressOf(conn.RemoteAddr().String()), Boot: p.Boot, BootedAt: p.BootedAt,
	})
	err = conn.Send(wire.TypeWelcome, "", "", wire.Welcome{
		Session: s.id, Time: h.Now(), Ratchet: s.ratchet, Missing: missing, Organisation: h.Organisation, Site: i.Site.Name,
		WantInventory: p.Inventory != h.Fleet.InventoryHash(i.ID), WantStock: h.Peers.Want(i.ID, p.Stock), ReturnWithin: h.spread(),
	})
	if err != nil {
		h.leave(s, "")
		return nil, err
	}
	h.wg.Go(func() {
		if err := h.Asks.Connected(h.ctx, i.ID); err != nil && h.ctx.Err() == nil {
			h.Log.Error("what waited for an endpoint was not sent", "endpoint", i.ID, "err", err)
		}
	})
	return s, nil
}

// refusalOf is why an endpoint was sent away, by the code that its session was
// closed with.
func refusalOf(code int) error {
	if code == wire.CloseRevoked {
		return enrol.Identity{State: enrol.Revoked}.Refusal()
	}
	return enrol.Identity{State: enrol.Held}.Refusal()
}

// returnRate is how many machines a second the server wants back after a restart.
const returnRate = 400

// spread is the time over which the machines that are connected now shall come
// back when the connection is lost.
func (h *Hub) spread() time.Duration {
	return time.Second + time.Duration(h.Connected())*time.Second/returnRate
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
		old.conn.Dismiss(wire.CloseReplaced, "the machine has opened a newer session")
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
	h.Disconnect(endpoint, wire.CloseHeld)
	return nil // Connect refuses the new one now
}
