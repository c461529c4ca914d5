package send_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
)

// TestMail sends to a mail server that others have written: over STARTTLS, with a
// password, with headers that nothing an endpoint says can add to; and tells apart what
// is refused for good and for now.
func TestMail(t *testing.T) {
	cert, key, roots := certificate(t)
	out := program(t, "/usr/bin/python3", "testdata/receiver.py", cert, key)
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	s := sender(t, send.Options{TLS: &tls.Config{RootCAs: roots}})
	c := notify.Channel{Kind: notify.Mail, Where: notify.Where{
		Host: "127.0.0.1", Port: port, Security: notify.StartTLS, User: "deskbell", From: "deskbell@example.com", To: []string{"ops@example.com", "boss@example.com"},
	}}
	n := note(notify.Firing, false)
	if _, err := s.Send(within(t), c, "hunter2hunter2", n); err != nil {
		t.Fatal(err)
	}
	var got struct {
		From, User, Mail string
		To               []string
		TLS              bool
	}
	if line, err = out.ReadString('\n'); err == nil {
		err = json.Unmarshal([]byte(line), &got)
	}
	if err != nil || got.From != "deskbell@example.com" || !slices.Equal(got.To, c.Where.To) || got.User != "deskbell" || !got.TLS {
		t.Fatalf("%v: %+v", err, got)
	}
	m, err := mail.ReadMessage(bytes.NewReader([]byte(got.Mail)))
	if err != nil {
		t.Fatal(err)
	}
	h := m.Header
	if h.Get("Message-ID") != "<"+n.ID+"@example.com>" || h.Get("References") != "<"+n.Group+"@example.com>" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Bcc") != "" {
		t.Errorf("the headers are %v", h)
	}
	if subject := h.Get("Subject"); !strings.HasPrefix(subject, "Critical: Disk <!channel> of PC-17") {
		t.Errorf("the subject is %q", subject)
	}
	if body, _ := io.ReadAll(m.Body); !strings.Contains(string(body), "https://deskbell.example.com/endpoints/e1") {
		t.Errorf("the body is %s", body)
	}

	if f := refused(t, second(s.Send(within(t), c, "wrong", n))); !f.Final || strings.Contains(f.Error(), "wrong") {
		t.Errorf("a wrong password: %+v", f)
	}
	c.Where.To = []string{"nobody@example.com"}
	if f := refused(t, second(s.Send(within(t), c, "hunter2hunter2", n))); !f.Final || !strings.Contains(f.Sentence, "550") {
		t.Errorf("an unknown address: %+v", f)
	}
	c.Where.To = []string{"full@example.com"}
	if f := refused(t, second(s.Send(within(t), c, "hunter2hunter2", n))); f.Final || !strings.Contains(f.Sentence, "452") {
		t.Errorf("a full mailbox: %+v", f)
	}
	s = sender(t, send.Options{})
	if f := refused(t, second(s.Send(within(t), c, "hunter2hunter2", n))); f.Final || !strings.Contains(f.Sentence, "certificate") {
		t.Errorf("an unknown certificate: %+v", f)
	}
}

func second(_ string, err error) error { return err }

// certificate makes one for the loopback.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, roots = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots.AppendCertsFromPEM(certPEM)
	for name, b := range map[string][]byte{cert: certPEM, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, roots
}
