package servertest

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
)

// Machine is an enrolled machine with what its disk would hold.
type Machine struct {
	ID      string
	Key     ed25519.PrivateKey
	Ratchet []byte
	Stock   string // the hash of what it believes the server to have been told
	Dialer  *uplink.Dialer
}

// Enrolment makes an enrolment string for one machine.
func (s *Server) Enrolment(site string, uses int) wire.Enrolment {
	s.t.Helper()
	token, _, err := s.Beside.Registry.Create(s.t.Context(), root, site, uses, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := s.Beside.EnrolmentString(s.t.Context(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := wire.ParseEnrolment(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// Dialer returns a dialer to this server.
func (s *Server) Dialer() *uplink.Dialer {
	s.t.Helper()
	e := s.Enrolment("Berlin", 1)
	d, err := uplink.NewDialer(uplink.Options{URL: s.TLS, ServerKey: e.Key, Pin: e.Pin, Agent: "servertest"})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// Machine enrols a machine at the site Berlin.
func (s *Server) Machine(hostname string) *Machine {
	s.t.Helper()
	return s.MachineAt("Berlin", hostname)
}

// MachineAt enrols a machine at a site.
func (s *Server) MachineAt(site, hostname string) *Machine {
	s.t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	m := &Machine{Key: key, Dialer: s.Dialer()}
	e, _, err := m.Dialer.Enrol(s.t.Context(), s.Enrolment(site, 1).Token, key, wire.Machine{Hostname: hostname, OS: "linux", Arch: "amd64", Agent: "servertest"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	m.ID = e.Endpoint
	return m
}

// Prove is what the machine says of itself when it connects.
func (m *Machine) Prove() wire.Prove {
	return wire.Prove{Endpoint: m.ID, Hostname: "PC-17", Boot: "boot-1", BootedAt: time.Now().Add(-time.Hour), Columns: wire.DefaultColumns(), Ratchet: m.Ratchet, Stock: m.Stock}
}

// Connect opens a session.
func (m *Machine) Connect(ctx context.Context) (*uplink.Session, error) {
	return m.Dialer.Dial(ctx, m.Key, m.Prove())
}

// Session opens a session and stores its ratchet, as an agent does. It is closed
// with the test.
func (m *Machine) Session(t testing.TB) *uplink.Session {
	t.Helper()
	c, err := m.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(1000, "") })
	m.Ratchet = c.Welcome.Ratchet
	if ack := Call[wire.Ack](t, c, wire.TypeRatchet, nil); !ack.OK {
		t.Fatalf("the ratchet was answered %+v", ack)
	}
	return c
}

// Copy is the machine from a copy of its disk.
func (m *Machine) Copy() *Machine {
	c := *m
	return &c
}

// Call sends a message and returns its answer; what comes meanwhile is dropped.
func Call[T any](t testing.TB, c *uplink.Session, typ wire.Type, body any) T {
	t.Helper()
	e := Exchange(t, c, typ, ulid.Make().String(), body)
	var out T
	if err := json.Unmarshal(e.Body, &out); err != nil {
		t.Fatalf("the answer %s to %s: %v", e.Type, typ, err)
	}
	return out
}

// Exchange is Call with an id of one's own, and the answer as it came.
func Exchange(t testing.TB, c *uplink.Session, typ wire.Type, id string, body any) wire.Envelope {
	t.Helper()
	if err := c.Send(typ, id, "", body); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatalf("waiting for the answer to %s: %v", typ, err)
		}
		if m.Frame == nil && m.Re == id {
			return m.Envelope
		}
	}
}
