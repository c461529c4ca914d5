// Package uplinktest is a small server that speaks the server's side of the
// protocol, for tests of whatever connects to one. It keeps a record of all that
// it was sent, and misbehaves as it is told: it acknowledges late, twice or never,
// refuses, drops connections, holds identities and forgets.
//
// It keeps everything in memory and proves nothing about the real server.
package uplinktest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
)

// Server is the test server. Its methods are safe for concurrent use.
type Server struct {
	Key ed25519.PrivateKey // its identity
	Pin []byte             // of its certificate; nil without TLS

	t       testing.TB
	tls     *tls.Config
	address string
	memory  bool

	mu        sync.Mutex
	listener  net.Listener
	http      *http.Server
	sessions  map[*Session]bool
	conns     sync.WaitGroup
	tokens    map[string]*token
	endpoints map[string]*Endpoint
	behaviour Behaviour
	record    record
	changed   chan struct{} // closed and replaced whenever the record changes
}

// Behaviour is how the server differs from a good one. The zero value is good.
type Behaviour struct {
	// React decides about each message with an id; nil acknowledges everything.
	React func(m Received) Reaction
	// ReturnWithin goes into the welcome.
	ReturnWithin time.Duration
	// Status, unless 0, answers the upgrade, with RetryAfter in its header.
	Status     int
	RetryAfter time.Duration
	// Refuse, unless nil, ends every handshake.
	Refuse *wire.Refused
	// LoseEnrolled drops the connection in place of so many enrolled messages.
	LoseEnrolled int
	// Ask the agent for its inventory whether it is known or not.
	WantInventory bool
	// Deaf reads nothing more once a session is up.
	Deaf bool
	// NoHealthAck leaves frames unacknowledged.
	NoHealthAck bool
	// WrongKey shows another identity key than the one in enrolment strings.
	WrongKey bool
}

// New starts a server with TLS on a free port of loopback. It stops with the test.
func New(t testing.TB) *Server {
	s := create(t)
	s.tls, s.Pin = certificate(t)
	s.start()
	return s
}

// NewMemory starts a server without TLS whose connections are pipes in memory:
// give Dial to the options. It is for tests in a synctest bubble.
func NewMemory(t testing.TB) *Server {
	s := create(t)
	s.memory = true
	s.address = "127.0.0.1:1"
	s.start()
	return s
}

func create(t testing.TB) *Server {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Key: key, t: t, address: "127.0.0.1:0",
		sessions: map[*Session]bool{}, tokens: map[string]*token{}, endpoints: map[string]*Endpoint{},
		record:  record{messages: map[string]*Message{}, blobs: map[string]*blob{}, partial: map[string][]byte{}},
		changed: make(chan struct{}),
	}
	t.Cleanup(s.Stop)
	return s
}

func certificate(t testing.TB) (*tls.Config, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "uplinktest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pin := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13}, pin[:]
}

// start listens on s.address.
func (s *Server) start() {
	var l net.Listener
	if s.memory {
		l = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	} else {
		plain, err := (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), "tcp", s.address)
		if err != nil {
			s.t.Fatal(err)
		}
		s.address, l = plain.Addr().String(), plain
		if s.tls != nil {
			l = tls.NewListener(plain, s.tls)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc(wire.ConnectPath, s.connect)
	h := &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0)}
	s.mu.Lock()
	s.listener, s.http = l, h
	s.mu.Unlock()
	s.conns.Go(func() { h.Serve(l) })
}

// Stop drops every connection and stops listening, as a killed server does. Start
// brings it back with all it knew.
func (s *Server) Stop() {
	s.mu.Lock()
	h := s.http
	s.http = nil
	s.mu.Unlock()
	if h == nil {
		return
	}
	h.Close()
	s.Drop()
	s.conns.Wait()
}

// Start listens again, on the same address.
func (s *Server) Start() { s.start() }

// Drop cuts every session without a word.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		c.net.Close()
	}
}

// Behave changes how the server behaves from now on.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

func (s *Server) behaves() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

// URL is the server's address as an enrolment string has it.
func (s *Server) URL() string {
	if s.tls == nil {
		return "http://" + s.address
	}
	return "https://" + s.address
}

// Address is the server's host:port.
func (s *Server) Address() string { return s.address }

// Options are what a Dialer needs to reach this server.
func (s *Server) Options() uplink.Options {
	o := uplink.Options{URL: s.URL(), ServerKey: s.Key.Public().(ed25519.PublicKey), Pin: s.Pin, Agent: "uplinktest"}
	if s.memory {
		o.NetDial = s.Dial
	}
	return o
}

// Dial connects to a server in memory.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	l, ok := s.listener.(*pipeListener)
	up := s.http != nil
	s.mu.Unlock()
	if !ok || !up {
		return nil, errors.New("connection refused")
	}
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return addressed{here}, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Local is the address from which connections in memory seem to go out.
const Local = "10.0.0.1"

// addressed is the near end of a pipe, with addresses as a socket has them.
type addressed struct{ net.Conn }

func (addressed) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.ParseIP(Local), Port: 1} }
func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// pipeListener hands out the far ends of pipes.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// retryHeader is the header's form of a duration: whole seconds, rounded up.
func retryHeader(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
