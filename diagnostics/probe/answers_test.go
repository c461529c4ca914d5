package probe

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
)

// answering names an address for what is asked for, after a while.
func answering(after func(n int32) time.Duration) dns.HandlerFunc {
	var asked atomic.Int32
	return func(w dns.ResponseWriter, q *dns.Msg) {
		if q.Question[0].Name != nowhere {
			time.Sleep(after(asked.Add(1)))
		}
		m := new(dns.Msg)
		m.SetReply(q)
		m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(198, 51, 100, 66)}}
		w.WriteMsg(m)
	}
}

var question = dns.Question{Name: "bell.example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}

func TestResolverThatInvents(t *testing.T) {
	at := serveDNS(t, answering(func(int32) time.Duration { return 0 }))
	r := diagnostics.Resolver{Address: at}
	askResolver(t.Context(), &r, question)
	if r.Invents != "198.51.100.66" || !r.Answers {
		t.Errorf("%+v", r)
	}
	// One that programs do not ask themselves is not asked for it.
	r = diagnostics.Resolver{Address: at, Upstream: true}
	askResolver(t.Context(), &r, question)
	if r.Invents != "" || !r.Answers {
		t.Errorf("%+v", r)
	}
	// An honest one says that there is no such name; one that says nothing of it invents nothing.
	for _, code := range []int{dns.RcodeNameError, dns.RcodeSuccess, dns.RcodeServerFailure} {
		r = diagnostics.Resolver{Address: serveDNS(t, rcode(code))}
		askResolver(t.Context(), &r, question)
		if r.Invents != "" {
			t.Errorf("%d: %+v", code, r)
		}
	}
}

// A name that had to be fetched from far away is known the second time; a server
// that is slow is slow again.
func TestSlowResolverIsAskedTwice(t *testing.T) {
	first := diagnostics.Resolver{Address: serveDNS(t, answering(func(n int32) time.Duration {
		if n == 1 {
			return slowName + 100*time.Millisecond
		}
		return 0
	}))}
	askResolver(t.Context(), &first, question)
	if !first.Answers || first.RTTms >= float64(slowName.Milliseconds()) {
		t.Errorf("fetched once: %+v", first)
	}
	always := diagnostics.Resolver{Address: serveDNS(t, answering(func(int32) time.Duration { return slowName + 100*time.Millisecond }))}
	askResolver(t.Context(), &always, question)
	if !always.Answers || always.RTTms < float64(slowName.Milliseconds()) {
		t.Errorf("always slow: %+v", always)
	}
}

// A quick look ends within a second, whoever is silent, and calls nobody silent
// who had no time to answer.
func TestQuickLook(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connection, nobody the handshake
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for range 2 {
		start := time.Now()
		s := New(Options{}).Collect(t.Context(), Request{Quick: true, Server: &Server{Address: silent.Addr().String()}}, nil)
		// How fast it is make bench says; a whole check-up would wait longer than this.
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
		switch {
		case s.Network.State != diagnostics.StatePartial || s.Network.Data == nil:
			t.Fatalf("the network is %q: %s", s.Network.State, s.Network.Note)
		case s.Network.Data.Server.Problem != "" || s.Network.Data.Server.TLS != nil:
			t.Errorf("the server is said to have a problem: %+v", s.Network.Data.Server)
		case s.CPU.State != diagnostics.StateOK || s.CPU.Data.IntervalMS < 300:
			t.Errorf("the processor is %q: %+v", s.CPU.State, s.CPU.Data)
		}
		for _, f := range diagnostics.Judge(s) {
			if strings.HasPrefix(string(f.Code), "server.") || f.Code == diagnostics.GatewaySilent || f.Code == diagnostics.NamesDown {
				t.Errorf("concluded: %s %s", f.Code, f.Detail)
			}
		}
	}
}

// What a proxy says before the server is reached.
func TestServerThroughProxy(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer refuses.Close()
	if problem := tryProxy(t.Context(), refuses.URL); problem != "" {
		t.Errorf("a proxy that is there: %s", problem)
	}
	if problem := tryProxy(t.Context(), refuses.Listener.Addr().String()); problem != "" {
		t.Errorf("without a scheme: %s", problem)
	}
	gone := refuses.Listener.Addr().String()
	refuses.Close()
	if problem := tryProxy(t.Context(), "http://anna:secret@"+gone); problem != "connection refused" {
		t.Errorf("a proxy that is gone: %q", problem)
	}
	for _, none := range []string{"http://", "://", "http://[::1"} {
		if problem := tryProxy(t.Context(), none); problem == "" || strings.Contains(problem, "panic") {
			t.Errorf("%q: %q", none, problem)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if problem := tryProxy(ctx, "http://"+gone); problem == "" {
		t.Error("cancelled, and no problem")
	}
}
