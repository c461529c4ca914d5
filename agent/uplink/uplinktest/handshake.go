package uplinktest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
)

// token is one enrolment.
type token struct {
	uses    int
	expires time.Time
	keys    map[string]string // key enrolled with it → endpoint
}

// Endpoint is a machine that the server knows.
type Endpoint struct {
	ID       string
	Key      []byte
	Machine  wire.Machine
	Previous string // the identity it said it had before

	confirmed, offered []byte
	held, revoked      bool
	private            ed25519.PrivateKey // of AddEndpoint
}

// Enrolment returns an enrolment string for so many machines.
func (s *Server) Enrolment(uses int, ttl time.Duration) string {
	t := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[t] = &token{uses: uses, expires: time.Now().Add(ttl), keys: map[string]string{}}
	return wire.Enrolment{URL: s.URL(), Token: t, Key: s.Key.Public().(ed25519.PublicKey), Pin: s.Pin}.String()
}

// AddEndpoint makes an endpoint known without an enrolment, and returns its key;
// of one that was added before, the same.
func (s *Server) AddEndpoint(id string) ed25519.PrivateKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.endpoints[id]; e != nil && e.private != nil {
		return e.private
	}
	pub, key, _ := ed25519.GenerateKey(nil)
	s.endpoints[id] = &Endpoint{ID: id, Key: pub, private: key}
	return key
}

// Endpoints returns the machines that the server knows.
func (s *Server) Endpoints() []Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Endpoint
	for _, e := range s.endpoints {
		out = append(out, *e)
	}
	return out
}

// Hold holds an endpoint's identity, or lets it go, and ends its sessions.
func (s *Server) Hold(id string, held bool) {
	s.end(id, wire.CloseHeld, func(e *Endpoint) { e.held = held })
}

// Revoke withdraws an endpoint's identity and ends its sessions.
func (s *Server) Revoke(id string) {
	s.end(id, wire.CloseRevoked, func(e *Endpoint) { e.revoked = true })
}

func (s *Server) end(id string, code int, change func(*Endpoint)) {
	s.mu.Lock()
	change(s.endpoints[id])
	var open []*Session
	for c := range s.sessions {
		if c.Endpoint == id {
			open = append(open, c)
		}
	}
	s.mu.Unlock()
	for _, c := range open {
		c.conn.Close(code, "")
	}
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	b := s.behaves()
	s.mu.Lock()
	s.record.attempts = append(s.record.attempts, time.Now())
	s.notify()
	s.mu.Unlock()
	if b.Status != 0 {
		w.Header().Set("Retry-After", retryHeader(b.RetryAfter))
		http.Error(w, "busy", b.Status)
		return
	}
	ws, err := socket.Upgrader().Upgrade(w, r, nil)
	if err != nil {
		return
	}
	var state *tls.ConnectionState
	if t, ok := ws.NetConn().(*tls.Conn); ok {
		cs := t.ConnectionState()
		state = &cs
	}
	binding, err := wire.Binding(state)
	if err != nil {
		ws.Close()
		return
	}
	c := socket.New(ws)
	s.conns.Go(func() {
		defer ws.Close()
		s.handshake(c, ws.NetConn(), wire.Transcript{Binding: binding})
	})
}

func read[T any](c *socket.Conn, want ...wire.Type) (t wire.Type, v T, raw json.RawMessage, ok bool) {
	data, binary, err := c.Read(wire.HandshakeTimeout)
	if err != nil || binary {
		return
	}
	e, err := wire.Decode(data)
	if err != nil || !slices.Contains(want, e.Type) || e.Into(&v) != nil {
		c.Refuse(wire.CloseMalformed, wire.Refused{Code: fault.Invalid, Sentence: "Against the order of the handshake."})
		return
	}
	return e.Type, v, e.Body, true
}

func (s *Server) handshake(c *socket.Conn, n net.Conn, tr wire.Transcript) {
	b := s.behaves()
	_, hello, _, ok := read[wire.Hello](c, wire.TypeHello)
	if !ok {
		return
	}
	if b.Refuse != nil {
		c.Refuse(wire.CloseUnavailable, *b.Refuse)
		return
	}
	tr.AgentNonce, tr.ServerNonce = hello.Nonce, wire.NewNonce()
	key := s.Key
	if b.WrongKey {
		_, key, _ = ed25519.GenerateKey(nil)
	}
	c.Send(wire.TypeChallenge, "", "", wire.Challenge{
		Version: wire.Version, Key: key.Public().(ed25519.PublicKey), Nonce: tr.ServerNonce, Proof: tr.ServerProof(key), Time: time.Now(),
	})
	t, _, raw, ok := read[struct{}](c, wire.TypeProve, wire.TypeEnrol)
	if !ok {
		return
	}
	if t == wire.TypeEnrol {
		var e wire.Enrol
		json.Unmarshal(raw, &e)
		s.enrol(c, n, tr, e)
		return
	}
	var p wire.Prove
	json.Unmarshal(raw, &p)
	s.welcome(c, n, tr, p, b)
}

func (s *Server) enrol(c *socket.Conn, n net.Conn, tr wire.Transcript, e wire.Enrol) {
	refuse := func(code fault.Code, sentence string) {
		c.Refuse(wire.CloseUnproven, wire.Refused{Code: code, Sentence: sentence})
	}
	if tr.CheckEnrol(e.Key, e.Token, e.Proof) != nil {
		refuse(fault.Unauthenticated, "The proof does not hold.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[e.Token]
	switch {
	case t == nil:
		refuse(fault.NotFound, "There is no such enrolment.")
		return
	case t.keys[string(e.Key)] != "":
	case time.Now().After(t.expires):
		refuse(fault.Expired, "The enrolment has expired.")
		return
	case t.uses == 0:
		refuse(fault.Used, "The enrolment has been used.")
		return
	default:
		t.uses--
		id := ulid.Make().String()
		t.keys[string(e.Key)] = id
		s.endpoints[id] = &Endpoint{ID: id, Key: bytes.Clone(e.Key), Machine: e.Machine, Previous: e.Previous}
		s.notify()
	}
	if s.behaviour.LoseEnrolled > 0 {
		s.behaviour.LoseEnrolled--
		n.Close()
		return
	}
	c.Send(wire.TypeEnrolled, "", "", wire.Enrolled{Endpoint: t.keys[string(e.Key)], Site: "Test site", Organisation: "Test organisation"})
	c.Close(1000, "")
}

func (s *Server) welcome(c *socket.Conn, n net.Conn, tr wire.Transcript, p wire.Prove, b Behaviour) {
	refuse := func(close int, code fault.Code, sentence string) {
		c.Refuse(close, wire.Refused{Code: code, Sentence: sentence})
	}
	s.mu.Lock()
	e := s.endpoints[p.Endpoint]
	if e == nil || tr.CheckEndpoint(e.Key, p.Endpoint, p.Proof) != nil {
		s.mu.Unlock()
		refuse(wire.CloseUnproven, fault.Unauthenticated, "The machine could not prove that it is the endpoint it names.")
		return
	}
	if !e.revoked && len(e.confirmed)+len(e.offered) > 0 && !bytes.Equal(p.Ratchet, e.confirmed) && !bytes.Equal(p.Ratchet, e.offered) {
		e.held = true
	}
	if e.revoked || e.held {
		revoked := e.revoked
		s.mu.Unlock()
		if revoked {
			refuse(wire.CloseRevoked, fault.Forbidden, "The identity was withdrawn.")
		} else {
			refuse(wire.CloseHeld, fault.Held, "The identity is held.")
		}
		return
	}
	if bytes.Equal(p.Ratchet, e.offered) && e.offered != nil {
		e.confirmed = e.offered
	}
	e.offered = wire.NewNonce()
	w := wire.Welcome{
		Session: ulid.Make().String(), Time: time.Now(), Ratchet: e.offered, WantInventory: b.WantInventory,
		Organisation: "Test organisation", Site: "Test site", ReturnWithin: b.ReturnWithin,
	}
	for _, id := range p.Recent {
		if s.record.messages[id] == nil {
			w.Missing = append(w.Missing, id)
		}
	}
	x := &Session{Endpoint: p.Endpoint, Prove: p, server: s, conn: c, net: n}
	s.sessions[x] = true
	s.record.sessions = append(s.record.sessions, x)
	s.notify()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.sessions, x)
		x.ended = true
		s.notify()
		s.mu.Unlock()
	}()
	c.Proven()
	if c.Send(wire.TypeWelcome, "", "", w) == nil {
		x.serve(b)
	}
}
