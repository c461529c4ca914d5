package hub_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

// relay listens and passes every byte on to the server: with TLS of its own on
// both sides, as a proxy that inspects it, or without opening it.
type relay struct {
	address string
	pin     []byte
	mu      sync.Mutex
	heard   []*bytes.Buffer // what agents sent, a connection each
}

func newRelay(t *testing.T, s *servertest.Server, open bool) *relay {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "proxy"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pin := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{address: l.Addr().String(), pin: pin[:]}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				near.Close()
				continue
			}
			if open {
				near = tls.Server(near, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}})
				far = tls.Client(far, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // it attacks
			}
			heard := &bytes.Buffer{}
			r.mu.Lock()
			r.heard = append(r.heard, heard)
			r.mu.Unlock()
			wg.Go(func() { defer far.Close(); io.Copy(io.MultiWriter(far, r.keep(heard)), near) })
			wg.Go(func() { defer near.Close(); io.Copy(near, far) })
		}
	})
	return r
}

type keeper struct {
	r *relay
	b *bytes.Buffer
}

func (r *relay) keep(b *bytes.Buffer) io.Writer { return keeper{r, b} }

// Write keeps what the relay hears.
func (k keeper) Write(b []byte) (int, error) {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	return k.b.Write(b)
}

// messages returns the messages that the relay heard, out of their masked frames.
func (r *relay) messages() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.heard {
		_, frames, _ := bytes.Cut(b.Bytes(), []byte("\r\n\r\n"))
		for len(frames) > 6 {
			n, at := int(frames[1]&0x7f), 2
			if n == 126 {
				n, at = int(frames[2])<<8|int(frames[3]), 4
			}
			if len(frames) < at+4+n {
				break
			}
			mask, payload := frames[at:at+4], bytes.Clone(frames[at+4:at+4+n])
			for i := range payload {
				payload[i] ^= mask[i%4]
			}
			if frames[0]&0xf == opText {
				out = append(out, string(payload))
			}
			frames = frames[at+4+n:]
		}
	}
	return out
}

// TestManInTheMiddle puts a proxy with two TLS connections between an agent and the
// server. The agent trusts the proxy's certificate, as machines of a company trust
// its inspecting proxy: only the binding of the proofs is left to find it out.
func TestManInTheMiddle(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	e := s.Enrolment("Berlin", 1)

	// A relay that opens nothing is no harm: what stops the other is that it opens.
	plain := newRelay(t, s, false)
	d, err := uplink.NewDialer(uplink.Options{URL: "https://" + plain.address, ServerKey: e.Key, Pin: e.Pin, Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	through, err := d.Dial(t.Context(), m.Key, m.Prove())
	if err != nil {
		t.Fatalf("through a relay that opens nothing: %v", err)
	}
	m.Ratchet = through.Welcome.Ratchet
	servertest.Call[wire.Ack](t, through, wire.TypeRatchet, nil)
	through.Close(1000, "")

	middle := newRelay(t, s, true)
	if d, err = uplink.NewDialer(uplink.Options{URL: "https://" + middle.address, ServerKey: e.Key, Pin: middle.pin, Agent: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err = d.Dial(t.Context(), m.Key, m.Prove()); !fault.Is(err, fault.WrongServer) {
		t.Errorf("the agent says of the man in the middle: %v", err)
	}
	if _, _, err = d.Enrol(t.Context(), e.Token, m.Key, wire.Machine{Hostname: "x"}, ""); !fault.Is(err, fault.WrongServer) {
		t.Errorf("a machine that enrols says of the man in the middle: %v", err)
	}
	servertest.Wait(t, "both hellos", func() bool { return len(middle.messages()) >= 2 }) // it notes what it has passed on
	if heard := middle.messages(); len(heard) != 2 || !strings.HasPrefix(heard[0], `{"type":"hello"`) || !strings.HasPrefix(heard[1], `{"type":"hello"`) {
		t.Errorf("the man in the middle heard more than hello: %q", heard)
	}

	// The server does not depend on the agent's care: the proof of an agent that
	// checks nothing does not hold on the server's side of the relay.
	careless := knock(t, s, way{})
	other := knock(t, s, way{})
	careless.hello()
	other.tr.AgentNonce = careless.tr.AgentNonce
	other.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{wire.Version}, Nonce: careless.tr.AgentNonce, Agent: "middle"})
	var c wire.Challenge
	if e := other.message(); e.Into(&c) != nil {
		t.Fatalf("%+v", e)
	}
	// The middle shows the careless agent the challenge of its own connection, and
	// gets a proof over that very nonce; but over the binding of the other.
	careless.tr.ServerNonce = c.Nonce
	other.send(wire.TypeProve, "", "", careless.proof(m))
	end := other.wantEnd(wire.CloseUnproven)
	if end.refused.Code != fault.Unauthenticated {
		t.Errorf("a relayed proof was refused with %+v", end.refused)
	}
	// The same proof, made over this connection's binding, would hold.
	mine := knock(t, s, way{})
	mine.enter(m)
}

// TestReplayedProofs sends what was a good proof once.
func TestReplayedProofs(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	first := knock(t, s, way{})
	first.hello()
	proof := first.proof(m)
	first.send(wire.TypeProve, "", "", proof)
	if e := first.message(); e.Type != wire.TypeWelcome {
		t.Fatalf("the first time: %+v", e)
	}
	first.conn.Close()
	servertest.Wait(t, "the first session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	// On a new connection, after a hello of its own and after the old hello again.
	for _, nonce := range [][]byte{nil, first.tr.AgentNonce} {
		again := knock(t, s, way{})
		if nonce == nil {
			again.hello()
		} else {
			again.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{wire.Version}, Nonce: nonce, Agent: "again"})
			again.message()
		}
		again.send(wire.TypeProve, "", "", proof)
		again.wantEnd(wire.CloseUnproven)
	}
	if i, err := s.Beside.Registry.Identity(context.Background(), m.ID); err != nil || i.State != "active" {
		t.Errorf("strangers could harm the machine: %+v, %v", i, err)
	}
}
