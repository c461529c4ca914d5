package send_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
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

	receivesReport(t, s, c, out)
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

// receivesReport sends a letter that has a text, a page and a table, and wants it to arrive
// as that, whatever is in it.
func receivesReport(t *testing.T, s *send.Sender, c notify.Channel, out *bufio.Reader) {
	t.Helper()
	n := notify.Note{
		ID: "R1", Event: notify.Report, Group: "letter-R1", At: time.Now(), Letter: true, To: []string{"mia@example.com"}, Subject: "Sites für Zürich,\r\nBcc: x@example.com",
		Text: "Zürich: 99.9 %\n.\nFrom here\n", Page: "<p>Zürich " + strings.Repeat("lang ", 400) + "</p>",
		Files: []notify.File{{Name: "sites – 1.csv", Type: "text/csv; charset=utf-8", Data: []byte("name,id\n\"Zürich\",\"a\n.\nb\"\n")}},
	}
	if _, err := s.Send(within(t), c, "hunter2hunter2", n); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Mail string
		To   []string
	}
	line, err := out.ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &got)
	}
	if err != nil || !slices.Equal(got.To, n.To) {
		t.Fatalf("%v: %+v", err, got)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.Mail))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Sites für Zürich, Bcc: x@example.com" || m.Header.Get("Bcc") != "" || m.Header.Get("Message-ID") != "<R1@example.com>" {
		t.Errorf("%v: the headers are %v", err, m.Header)
	}
	found := map[string]string{}
	parts(t, m.Header.Get("Content-Type"), m.Body, found)
	unix := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if unix(found["text/plain"]) != n.Text || unix(found["text/html"]) != n.Page || found["text/csv sites – 1.csv"] != string(n.Files[0].Data) {
		t.Errorf("the parts are %q", found)
	}
}

// parts reads what a mail is made of, each by its type and its file's name.
func parts(t *testing.T, is string, body io.Reader, found map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(is)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		t.Fatalf("%v: it is %s", err, is)
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart() // it takes quoted-printable off by itself
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		own := p.Header.Get("Content-Type")
		if strings.HasPrefix(own, "multipart/") {
			parts(t, own, p, found)
			continue
		}
		var content io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			content = base64.NewDecoder(base64.StdEncoding, p)
		}
		b, err := io.ReadAll(content)
		kind, _, also := mime.ParseMediaType(own)
		if err != nil || also != nil {
			t.Fatal(err, also)
		}
		name, err := new(mime.WordDecoder).DecodeHeader(p.FileName())
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSpace(kind+" "+name)] = string(b)
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
