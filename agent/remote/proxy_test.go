package remote

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestProxy(t *testing.T) {
	shut := httptest.NewServer(http.NotFoundHandler())
	closed := shut.Listener.Addr().String()
	shut.Close()
	scripts := map[string]string{}
	wants := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if script := scripts[r.URL.Path]; script != "" {
			w.Write([]byte("function FindProxyForURL(u, h) { " + script + " }"))
			return
		}
		if r.Header.Get("Proxy-Authorization") == "" {
			w.Header().Set("Proxy-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
		}
	}))
	defer wants.Close()
	at := strings.TrimPrefix(wants.URL, "http://")
	scripts["/p.pac"] = "return u == 'https://intranet.example.com/' ? 'PROXY " + closed + "; PROXY " + at + "; DIRECT' : 'DIRECT'"
	scripts["/direct.pac"] = "return isPlainHostName(h) ? 'PROXY " + at + "' : 'PROXY " + closed + "; DIRECT'"
	scripts["/broken.pac"] = "return nothere(h)"
	scripts["/odd.pac"] = "return 'QUIC a'"
	settings := []probe.ProxySettings{
		{By: "agent", From: "the agent's environment", HTTPS: "http://svc:hush@" + at, Value: []probe.ProxyValue{{Name: "HTTPS_PROXY", Value: "http://[redacted]@" + at}}},
		{Whose: "mara\x1b[31m", By: "gnome", HTTPS: at, Value: []probe.ProxyValue{{Name: "https/host", Value: "proxy_password=hunter2\n\u202e"}}},
		{Whose: "kofi", By: "kde", PAC: "http://u:hush@" + at + "/p.pac?token=hush"},
		{Whose: "lena", By: "kde", HTTPS: at, Skip: []string{"intranet.example.com"}},
		{Whose: "direct", By: "kde", PAC: wants.URL + "/direct.pac"},
		{Whose: "broken", By: "kde", PAC: wants.URL + "/broken.pac"},
		{Whose: "odd", By: "kde", PAC: wants.URL + "/odd.pac"},
	}
	kept := &looks{}
	m := &machine{proxies: func(context.Context) ([]probe.ProxySettings, error) { return settings, errors.New("a home hangs") }}
	r := New(Options{OnLook: kept.add, Prober: m})
	a := do(t, r, ask(t, wire.AskProxy, wire.ProxyParams{URL: "https://intranet.example.com/x?token=hush"}))
	p := only[wire.ProxyPart](t, a)
	if strings.Contains(string(a.parts[0]), "hush") || strings.Contains(string(a.parts[0]), "hunter2") {
		t.Errorf("a secret is told: %s", a.parts[0])
	}
	if kept.all[0].What != "which proxy leads to “https://intranet.example.com/x”" {
		t.Errorf("the employee reads %+v", kept.all)
	}
	want := []wire.ProxyWay{
		{By: "agent", State: wire.ProxyThrough, Proxy: "http://" + at, Signed: true},
		{Whose: "mara[31m", By: "gnome", State: wire.ProxyThrough, Proxy: "http://" + at},
		{Whose: "kofi", By: "kde", State: wire.ProxyDecided, Script: "http://" + at + "/p.pac", Says: "PROXY " + closed + "; PROXY " + at + "; DIRECT", Proxy: "http://" + at},
		{Whose: "lena", By: "kde", State: wire.ProxyDirect, Except: "intranet.example.com"},
		{Whose: "direct", By: "kde", State: wire.ProxyDecided, Script: wants.URL + "/direct.pac", Says: "PROXY " + closed + "; DIRECT"},
		{Whose: "broken", By: "kde", State: wire.ProxyDecided, Script: wants.URL + "/broken.pac", Fails: "line 1, column 48: ReferenceError: nothere is not defined"},
		{Whose: "odd", By: "kde", State: wire.ProxyDecided, Script: wants.URL + "/odd.pac", Fails: "it says “QUIC a”, which is no way"},
	}
	if len(p.Ways) != len(want) {
		t.Fatalf("%+v", p)
	}
	for i := range want {
		if p.Ways[i] != want[i] {
			t.Errorf("%+v, not %+v", p.Ways[i], want[i])
		}
	}
	if len(p.Proxies) != 3 || p.Proxies[2].Open || p.Proxies[0].Status != 200 || !p.Proxies[0].Through || p.Proxies[1].Status != 407 || p.Proxies[1].SignIn[0] != "Basic" || p.Proxies[1].Connect <= 0 {
		t.Errorf("%+v", p.Proxies)
	}
	if len(p.Scripts) != 4 || !p.Scripts[0].Found || p.Problem != "Not all settings could be read: a home hangs." {
		t.Errorf("%+v, %q", p.Scripts, p.Problem)
	}
	if len(p.Settings) != 2 || strings.ContainsAny(p.Settings[1].Value, "\n\u202e") {
		t.Errorf("%+v", p.Settings)
	}

	for params, want := range map[string]string{
		`{}`: "url", `{"url":"ftp://x"}`: "url", `{"url":"https://me:pw@x/"}`: "url", `{"url":7}`: "url",
	} {
		if a := do(t, r, ask(t, wire.AskProxy, params)); a.last.Code != fault.Invalid || !strings.Contains(a.last.Sentence, "“"+want+"”") {
			t.Errorf("%s: %+v", params, a.last)
		}
	}
	forbids := New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.AskProxy: false}}, Prober: m})
	if a := do(t, forbids, ask(t, wire.AskProxy, `{"url":"https://x/"}`)); a.last.Code != fault.Forbidden {
		t.Errorf("%+v", a.last)
	}
}

// The real machine, read in a child as the agent does it: of the environment the child
// inherits nothing but what the agent has.
func TestProxyOfThisMachine(t *testing.T) {
	shut := httptest.NewServer(http.NotFoundHandler())
	shut.Close()
	t.Setenv("HTTPS_PROXY", strings.Replace(shut.URL, "http://", "http://me:hush@", 1))
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	a := do(t, New(Options{Prober: prober(t)}), ask(t, wire.AskProxy, wire.ProxyParams{URL: "https://intranet.example.com/"}))
	p := only[wire.ProxyPart](t, a)
	if len(p.Ways) == 0 || p.Ways[0].By != "agent" || p.Ways[0].Proxy != shut.URL || p.Problem != "" || strings.Contains(string(a.parts[0]), "hush") {
		t.Fatalf("%s", a.parts[0])
	}
	if says, err := prober(t).RunPAC(t.Context(), "function FindProxyForURL(u, h) { return 'PROXY ' + h + ':' + myIpAddress().split('.').length }", &url.URL{Scheme: "https", Host: "x.example"}); says != "PROXY x.example:4" || err != nil {
		t.Errorf("a script in a child says %q, %v", says, err)
	}
	if len(p.Proxies) == 0 || p.Proxies[0].Open || p.Proxies[0].Problem != "connection refused" {
		t.Errorf("%+v", p.Proxies)
	}
}
