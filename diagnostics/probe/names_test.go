package probe

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
)

// serveDNS runs a DNS server on a free port of loopback, over UDP and TCP.
func serveDNS(t *testing.T, answer dns.HandlerFunc) string {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: answer}, {Listener: tcp, Handler: answer}} {
		started, ended := make(chan struct{}), make(chan error, 1)
		s.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			s.Shutdown()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	return udp.LocalAddr().String()
}

func rcode(code int) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetRcode(q, code)
		w.WriteMsg(m)
	}
}

func TestResolversAreAsked(t *testing.T) {
	truncating := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if w.RemoteAddr().Network() == "udp" {
			m.Truncated = true
		} else {
			m.Rcode = dns.RcodeNameError
		}
		w.WriteMsg(m)
	}
	old := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if q.IsEdns0() != nil {
			m.SetRcode(q, dns.RcodeFormatError)
		}
		w.WriteMsg(m)
	}
	question := dns.Question{Name: "bell.example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}
	for name, c := range map[string]struct {
		serve dns.HandlerFunc
		rcode string
	}{
		"good": {rcode(dns.RcodeSuccess), "NOERROR"}, "unknown": {rcode(dns.RcodeNameError), "NXDOMAIN"}, "fails": {rcode(dns.RcodeServerFailure), "SERVFAIL"},
		"refuses": {rcode(dns.RcodeRefused), "REFUSED"}, "too long for UDP": {truncating, "NXDOMAIN"}, "old": {old, "NOERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			r := diagnostics.Resolver{Address: serveDNS(t, c.serve)}
			askResolver(t.Context(), &r, question)
			if !r.Answers || r.RCode != c.rcode || r.RTTms <= 0 || r.Name != "bell.example.com" || r.Problem != "" {
				t.Errorf("%+v", r)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		start := time.Now()
		r := diagnostics.Resolver{Address: serveDNS(t, func(dns.ResponseWriter, *dns.Msg) {})}
		askResolver(t.Context(), &r, question)
		if r.Answers || r.Problem != "no answer in 1.5 s" || time.Since(start) > Deadline {
			t.Errorf("%+v after %v", r, time.Since(start))
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		free, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		free.Close()
		r := diagnostics.Resolver{Address: free.LocalAddr().String()}
		askResolver(t.Context(), &r, question)
		if r.Answers || r.Problem != "connection refused" {
			t.Errorf("%+v", r)
		}
	})
}

func TestWhatResolversAreAskedFor(t *testing.T) {
	for address, want := range map[string]string{
		"bell.example.com:443": "bell.example.com.", "192.0.2.1:443": ".", "[fd00::1]:443": ".", "localhost:8443": ".", "": ".", "bell.example.com": "bell.example.com.",
	} {
		if q := questionFor(&Server{Address: address}); q.Name != want {
			t.Errorf("%q: asked for %q", address, q.Name)
		}
	}
	if q := questionFor(nil); q.Name != "." || q.Qtype != dns.TypeNS {
		t.Errorf("without a server: %+v", q)
	}
}

func TestServerIsTried(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	l := web.Listener
	key := sha256.Sum256(web.Certificate().RawSubjectPublicKeyInfo)
	try := func(s Server) diagnostics.ServerPath {
		t.Helper()
		n, _, err := New(Options{}).network(t.Context(), &s, paceOf(Request{}))
		if err != nil {
			t.Fatal(err)
		}
		return *n.Server
	}
	if s := try(Server{Address: l.Addr().String(), Skew: 3 * time.Minute, Pin: key[:]}); s.TCPms <= 0 || s.Problem != "" || s.SkewMS != 180_000 || s.TLS == nil || s.TLS.Verdict != diagnostics.TLSHolds {
		t.Errorf("open: %+v", s)
	}
	if s := try(Server{Address: l.Addr().String(), Plain: true}); s.TCPms <= 0 || s.Problem != "" || s.TLS != nil {
		t.Errorf("without encryption: %+v", s)
	}
	for want, server := range map[diagnostics.TLSVerdict]Server{
		diagnostics.TLSUnknownIssuer: {Address: l.Addr().String()},
		diagnostics.TLSOtherKey:      {Address: l.Addr().String(), Pin: make([]byte, 32)},
	} {
		if s := try(server); s.TLS == nil || s.TLS.Verdict != want || s.Problem == "" {
			t.Errorf("%s: %+v", want, s)
		}
	}
	web.Close()
	if s := try(Server{Address: l.Addr().String()}); s.TCPms != 0 || s.Problem != "connection refused" {
		t.Errorf("shut: %+v", s)
	}
	if s := try(Server{Address: l.Addr().String(), Problem: "This identity is held."}); s.Problem != "This identity is held." {
		t.Errorf("the agent knows better: %+v", s)
	}
	if s := try(Server{Address: l.Addr().String(), Connected: true}); s.Problem != "" {
		t.Errorf("tried although connected: %+v", s)
	}
	if s := try(Server{Address: "bell.invalid:443"}); s.Problem == "" {
		t.Errorf("no such name: %+v", s)
	}
}

func TestPingLoopback(t *testing.T) {
	var got []Echo
	if err := Ping(t.Context(), netip.MustParseAddr("127.0.0.1"), 3, 50*time.Millisecond, func(e Echo) { got = append(got, e) }); err != nil {
		t.Fatalf("%v (the tests need the right to send echoes)", err)
	}
	for i, e := range got {
		if e.Seq != i || e.RTT <= 0 || e.RTT > time.Second {
			t.Errorf("%+v", got)
		}
	}
	if len(got) != 3 {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := Ping(ctx, netip.MustParseAddr("127.0.0.1"), 20, time.Second, func(Echo) { n++; cancel() })
	if err == nil || n != 1 {
		t.Errorf("%d echoes after it was cancelled: %v", n, err)
	}
}
