package remote

import (
	"crypto/sha256"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestPortal(t *testing.T) {
	page := http.NewServeMux()
	page.HandleFunc("/204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	page.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://guest:secret@wifi.example.net/login?mac=54:05:db:aa:bb:cc", http.StatusFound)
	})
	page.HandleFunc("/511", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) })
	page.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>Welcome</h1>")) })
	page.HandleFunc("/own", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+"/", http.StatusMovedPermanently)
	})
	plain := httptest.NewServer(page)
	defer plain.Close()
	leaf := issue(t, nil, func(*x509.Certificate) {})
	sealed := net.JoinHostPort("127.0.0.1", strconv.Itoa(tlsServer(t, serving(leaf))))
	pin := sha256.Sum256(leaf.cert.RawSubjectPublicKeyInfo)
	shut := httptest.NewServer(page)
	shut.Close()

	ours, other := &probe.Server{Address: sealed, Pin: pin[:]}, &probe.Server{Address: sealed, Pin: make([]byte, 32)}
	gone := &probe.Server{Address: strings.TrimPrefix(shut.URL, "http://")}
	for name, x := range map[string]struct {
		server *probe.Server
		url    string
		state  wire.PortalState
		leads  string
		status int
	}{
		"none":                        {ours, plain.URL + "/204", wire.PortalNone, "", 204},
		"a sign-in":                   {gone, plain.URL + "/login", wire.PortalCaptive, "http://wifi.example.net/login", 302},
		"a sign-in, though all works": {ours, plain.URL + "/511", wire.PortalCaptive, "", 511},
		"a page in its place":         {ours, plain.URL + "/page", wire.PortalIntercepted, "", 200},
		"another's certificate":       {other, plain.URL + "/204", wire.PortalIntercepted, "", 204},
		"to the same host":            {ours, plain.URL + "/own", wire.PortalNone, "", 301},
		"only the server":             {ours, shut.URL + "/204", wire.PortalNone, "", 0},
		"nobody answers":              {gone, shut.URL + "/204", wire.PortalUnknown, "", 0},
	} {
		kept := &looks{}
		r := New(Options{OnLook: kept.add, Server: func() *probe.Server { return x.server }})
		p := only[wire.PortalPart](t, do(t, r, ask(t, wire.AskPortal, wire.PortalParams{URL: x.url})))
		if p.State != x.state || p.Leads != x.leads || p.Status != x.status {
			t.Errorf("%s: %+v", name, p)
		}
		if (p.State == wire.PortalUnknown) != strings.Contains(p.Problem, "connection refused; with encryption: connection refused") {
			t.Errorf("%s: %q", name, p.Problem)
		}
		if kept.all[0].What != "whether the network wants a sign-in" {
			t.Errorf("the employee reads %+v", kept.all)
		}
	}
	// Without a page of one's own the server's is asked for, at its port and at port 80,
	// and nobody else's.
	for name, x := range map[string]struct {
		answer http.HandlerFunc
		state  wire.PortalState
		leads  string
		status int
	}{
		"the server itself": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, wire.PortalNone, "", 204},
		"a server from before": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusPermanentRedirect)
		}, wire.PortalNone, "", 308},
		"a proxy that wants TLS": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, wire.PortalNone, "", 400},
		"a sign-in at the server's": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://wifi.example.net/?mac=1", http.StatusFound)
		}, wire.PortalCaptive, "http://wifi.example.net/", 302},
		"a page in the server's place": {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>Welcome</h1>")) }, wire.PortalIntercepted, "", 200},
	} {
		var paths atomic.Value
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths.Store(r.URL.Path)
			x.answer(w, r)
		}))
		server := &probe.Server{Address: strings.TrimPrefix(s.URL, "http://"), Plain: true}
		p := only[wire.PortalPart](t, do(t, New(Options{Server: func() *probe.Server { return server }}), ask(t, wire.AskPortal, nil)))
		if p.State != x.state || p.Leads != x.leads || p.Status != x.status || p.Asked != s.URL+diagnostics.EmptyPage || paths.Load() != diagnostics.EmptyPage {
			t.Errorf("%s: %+v, asked for %v", name, p, paths.Load())
		}
		s.Close()
	}
	if a := do(t, New(Options{}), ask(t, wire.AskPortal, nil)); a.last.Code != fault.NotFound {
		t.Errorf("%+v", a.last)
	}
	for _, bad := range []string{"https://example.com/204", "ftp://example.com", "http://a:b@example.com/"} {
		if a := do(t, New(Options{}), ask(t, wire.AskPortal, wire.PortalParams{URL: bad})); a.last.Code != fault.Invalid || len(a.parts) != 0 {
			t.Errorf("%s: %+v", bad, a.last)
		}
	}
}
