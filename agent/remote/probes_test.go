package remote

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestPing(t *testing.T) {
	a := do(t, New(Options{}), ask(t, wire.AskPing, wire.PingParams{Host: "127.0.0.1", Count: 2}))
	if a.last.Code != "" || len(a.parts) != 2 {
		t.Fatalf("%d parts, %+v (the test needs the right to send echoes)", len(a.parts), a.last)
	}
	for i, raw := range a.parts {
		p := decode[wire.PingPart](t, raw)
		if p.Address != "127.0.0.1" || p.Seq != i || !p.Answered || p.RTT <= 0 || p.Sent != i+1 || p.Received != i+1 {
			t.Errorf("%+v", p)
		}
	}
	// An address that is for documentation only: nobody has it.
	a = do(t, New(Options{}), ask(t, wire.AskPing, wire.PingParams{Host: "203.0.113.99", Count: 1}))
	if a.last.Code == "" {
		if p := decode[wire.PingPart](t, a.parts[0]); p.Answered || p.Sent != 1 || p.RTT != 0 {
			t.Errorf("%+v", p)
		}
	} else if a.last.Code != fault.Unavailable {
		t.Errorf("%+v", a.last)
	}
	if a := do(t, New(Options{}), ask(t, wire.AskPing, wire.PingParams{Host: "nobody.invalid"})); a.last.Code != fault.Unavailable || !strings.HasPrefix(a.last.Sentence, "nobody.invalid: name") {
		t.Errorf("%+v", a.last)
	}
}

// nameServer is a real DNS server on loopback.
func nameServer(t *testing.T, answer mdns.HandlerFunc) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mdns.Server{PacketConn: c, Handler: answer}
	started, ended := make(chan struct{}), make(chan error, 1)
	s.NotifyStartedFunc = func() { close(started) }
	go func() { ended <- s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		s.Shutdown()
		<-ended
	})
	return c.LocalAddr().String()
}

func TestDNS(t *testing.T) {
	server := nameServer(t, func(w mdns.ResponseWriter, q *mdns.Msg) {
		m := new(mdns.Msg)
		m.SetReply(q)
		switch q.Question[0].Name + mdns.TypeToString[q.Question[0].Qtype] {
		case "mail.example.com.MX":
			m.Answer = append(m.Answer, rr(t, "mail.example.com. 300 IN MX 10 mx1.example.com."), rr(t, "mail.example.com. 300 IN MX 20 mx2.example.com."))
		case "evil.example.com.TXT":
			m.Answer = append(m.Answer, &mdns.TXT{Hdr: mdns.RR_Header{Name: "evil.example.com.", Rrtype: mdns.TypeTXT, Class: mdns.ClassINET}, Txt: []string{"\x1b[31m<script>\n"}})
		case "1.2.0.192.in-addr.arpa.PTR":
			m.Answer = append(m.Answer, rr(t, "1.2.0.192.in-addr.arpa. 300 IN PTR host.example.com."))
		case "silent.example.com.A":
			return
		default:
			m.Rcode = mdns.RcodeNameError
		}
		w.WriteMsg(m)
	})
	look := func(p wire.DNSParams) wire.DNSPart {
		t.Helper()
		p.Server = server
		return only[wire.DNSPart](t, do(t, New(Options{}), ask(t, wire.AskDNS, p)))
	}
	if p := look(wire.DNSParams{Name: "mail.example.com", Type: "mx"}); p.RCode != "NOERROR" || strings.Join(p.Answers, "|") != "MX 10 mx1.example.com.|MX 20 mx2.example.com." || p.RTT <= 0 || p.Server != server {
		t.Errorf("%+v", p)
	}
	if p := look(wire.DNSParams{Name: "evil.example.com", Type: "TXT"}); len(p.Answers) != 1 || strings.ContainsAny(p.Answers[0], "\x1b\n") {
		t.Errorf("%+v", p)
	}
	if p := look(wire.DNSParams{Name: "192.0.2.1", Type: "PTR"}); len(p.Answers) != 1 || p.Answers[0] != "PTR host.example.com." {
		t.Errorf("%+v", p)
	}
	if p := look(wire.DNSParams{Name: "none.example.com"}); p.RCode != "NXDOMAIN" || p.Problem != "" {
		t.Errorf("%+v", p)
	}
	if p := look(wire.DNSParams{Name: "silent.example.com"}); p.Problem != "no answer in 1.5 s" || p.RCode != "" {
		t.Errorf("%+v", p)
	}
	// Without a server each configured one answers for itself.
	a := do(t, New(Options{}), ask(t, wire.AskDNS, wire.DNSParams{Name: "example.com"}))
	if a.last.Code != "" && a.last.Code != fault.NotFound || a.last.Code == "" && len(a.parts) == 0 {
		t.Errorf("%d parts, %+v", len(a.parts), a.last)
	}
}

func rr(t *testing.T, s string) mdns.RR {
	r, err := mdns.NewRR(s)
	if err != nil {
		t.Error(err)
	}
	return r
}

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	p := only[wire.TCPPart](t, do(t, New(Options{}), ask(t, wire.AskTCP, wire.TCPParams{Host: "127.0.0.1", Port: port})))
	if !p.Open || p.Address != l.Addr().String() || p.Connect <= 0 || p.Problem != "" {
		t.Errorf("open: %+v", p)
	}
	// By name: the IPv6 address of localhost may come after the one that answers.
	p = only[wire.TCPPart](t, do(t, New(Options{}), ask(t, wire.AskTCP, wire.TCPParams{Host: "localhost", Port: port})))
	if !p.Open || p.Lookup <= 0 {
		t.Errorf("by name: %+v", p)
	}
	l.Close()
	p = only[wire.TCPPart](t, do(t, New(Options{}), ask(t, wire.AskTCP, wire.TCPParams{Host: "127.0.0.1", Port: port})))
	if p.Open || p.Problem != "connection refused" {
		t.Errorf("shut: %+v", p)
	}
	p = only[wire.TCPPart](t, do(t, New(Options{}), ask(t, wire.AskTCP, wire.TCPParams{Host: "nobody.invalid", Port: port})))
	if p.Open || !strings.HasPrefix(p.Problem, "name ") {
		t.Errorf("no such name: %+v", p)
	}
}

// A question that is withdrawn while a socket waits ends at once.
func TestCancelledProbe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for kind, params := range map[wire.AskKind]any{
		wire.AskTLS:  wire.TLSParams{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port},
		wire.AskHTTP: wire.HTTPParams{URL: "http://" + l.Addr().String() + "/"},
		wire.AskDNS:  wire.DNSParams{Name: "example.com", Server: nameServer(t, func(mdns.ResponseWriter, *mdns.Msg) {})},
		wire.AskPing: wire.PingParams{Host: "127.0.0.1", Count: 20},
		wire.AskPath: wire.PathParams{Host: "127.0.0.1", Rounds: 20},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		start := time.Now()
		a := doWith(ctx, t, New(Options{}), ask(t, kind, params))
		if took := time.Since(start); took > 4*time.Second || a.last.Sentence != "The question was withdrawn." {
			t.Errorf("%s: %+v after %v", kind, a.last, took)
		}
	}
}
