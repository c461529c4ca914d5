package enrol_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options() enrol.Options {
	return enrol.Options{Machine: wire.Machine{Hostname: "pc-17", OS: "linux", Arch: "amd64", Agent: "test"}}
}

func TestEnrol(t *testing.T) {
	s := uplinktest.New(t)
	dir := state.Dir(filepath.Join(t.TempDir(), "state"))
	id, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), options())
	if err != nil {
		t.Fatal(err)
	}
	known := s.Endpoints()
	if len(known) != 1 || known[0].ID != id.Endpoint || !bytes.Equal(known[0].Key, id.Key.Public().(ed25519.PublicKey)) || known[0].Machine.Hostname != "pc-17" {
		t.Fatalf("the server knows %+v, the machine is %+v", known, id)
	}
	for name, want := range map[string]os.FileMode{string(dir): 0o711 | os.ModeDir, dir.Identity(): 0o600} {
		if i, err := os.Stat(name); err != nil || i.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", name, i.Mode(), err, want)
		}
	}
	again, err := enrol.Load(dir)
	if err != nil || again.Endpoint != id.Endpoint || again.Site != "Test site" || again.URL != s.URL() {
		t.Fatalf("read back %+v, %v", again, err)
	}
	d, err := uplink.NewDialer(again.Options("test"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Dial(t.Context(), again.Key, wire.Prove{Endpoint: again.Endpoint, Columns: wire.DefaultColumns()})
	if err != nil {
		t.Fatal(err)
	}
	c.Close(1000, "")
}

// Each way in which it cannot work has a sentence of its own, and leaves no trace.
func TestEnrolFails(t *testing.T) {
	s, other := uplinktest.New(t), uplinktest.New(t)
	used := s.Enrolment(1, time.Hour)
	if _, err := enrol.Enrol(t.Context(), state.Dir(filepath.Join(t.TempDir(), "x")), used, options()); err != nil {
		t.Fatal(err)
	}
	parsed, err := wire.ParseEnrolment(s.Enrolment(1, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(*wire.Enrolment)) string {
		e := parsed
		f(&e)
		return e.String()
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	good := s.Enrolment(5, time.Hour)
	tests := []struct {
		name, s string
		code    fault.Code
		says    string
	}{
		{"not a string", "hello", fault.Invalid, "not an enrolment string"},
		{"cut off", good[:len(good)-3], fault.Invalid, "damaged"},
		{"one letter wrong", strings.Replace(good, "e", "f", 40), fault.Invalid, "enrolment string"},
		{"used", used, fault.Used, "used already"},
		{"expired", s.Enrolment(1, -time.Second), fault.Expired, "string has expired"},
		{"made up", change(func(e *wire.Enrolment) { e.Token = "x" }), fault.NotFound, "does not know"},
		{"for another server", change(func(e *wire.Enrolment) { e.Key = other.Key.Public().(ed25519.PublicKey) }), fault.WrongServer, "for another server"},
		{"another certificate", change(func(e *wire.Enrolment) { e.Pin = make([]byte, 32) }), fault.WrongServer, "another certificate"},
		{"no pin, no authority", change(func(e *wire.Enrolment) { e.Pin = nil }), fault.WrongServer, "no authority"},
		{"nobody there", change(func(e *wire.Enrolment) { e.URL = "https://" + nobody.Addr().String() }), fault.Unavailable, "cannot be reached"},
		{"plain to afar", change(func(e *wire.Enrolment) { e.URL = "http://192.0.2.1" }), fault.Invalid, "not encrypted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			top := t.TempDir()
			o := options()
			o.Dial = func(o *uplink.Options) { o.TLS = &tls.Config{RootCAs: x509.NewCertPool()} }
			_, err := enrol.Enrol(t.Context(), state.Dir(filepath.Join(top, "state")), tt.s, o)
			if !fault.Is(err, tt.code) || !strings.Contains(fault.Sentence(err), tt.says) {
				t.Errorf("got %s: %v", fault.CodeOf(err), err)
			}
			if left, err := os.ReadDir(top); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestForce(t *testing.T) {
	s := uplinktest.New(t)
	dir := state.Dir(filepath.Join(t.TempDir(), "state"))
	first, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), options())
	if err != nil {
		t.Fatal(err)
	}
	r, err := enrol.OpenRatchet(dir, first.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Store([]byte("secret")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(dir.Identity())
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	if _, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), o); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Sentence(err), "--force") {
		t.Fatalf("a second enrolment: %v", err)
	}
	if after, err := os.ReadFile(dir.Identity()); err != nil || !bytes.Equal(before, after) {
		t.Fatalf("the identity has changed: %v", err)
	}
	if len(s.Endpoints()) != 1 {
		t.Fatal("the string was spent on a refusal")
	}
	o.Force = true
	o.Now = func() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }
	second, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Endpoints() {
		if e.ID == second.Endpoint && e.Previous != first.Endpoint {
			t.Errorf("the server was told that it was %q before, want %q", e.Previous, first.Endpoint)
		}
	}
	if kept, err := os.ReadFile(dir.Identity() + ".20261121T100000Z"); err != nil || !bytes.Equal(kept, before) {
		t.Errorf("the copy: %v", err)
	}
	if r, err := enrol.OpenRatchet(dir, second.Endpoint); err != nil || r.Secret() != nil {
		t.Errorf("the new identity has the old one's ratchet: %q, %v", r.Secret(), err)
	}
}

// The server has enrolled the machine and the receipt is lost: the same key gets
// the same identity, though the string was worth only one.
func TestLostReceipt(t *testing.T) {
	s := uplinktest.New(t)
	s.Behave(uplinktest.Behaviour{LoseEnrolled: 1})
	dir := state.Dir(filepath.Join(t.TempDir(), "state"))
	id, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), options())
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Endpoints(); len(e) != 1 || e[0].ID != id.Endpoint || len(s.Attempts()) != 2 {
		t.Errorf("%d endpoints after %d attempts", len(e), len(s.Attempts()))
	}
}

func TestDamagedIdentity(t *testing.T) {
	dir := state.Dir(t.TempDir())
	if _, err := enrol.Load(dir); !fault.Is(err, fault.NotFound) {
		t.Errorf("none: %v", err)
	}
	if err := os.WriteFile(dir.Identity(), []byte(`{"endpoint":"e`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := enrol.Load(dir); !fault.Is(err, fault.Internal) || !strings.Contains(fault.Sentence(err), "--force") {
		t.Errorf("damaged: %v", err)
	}
}
