package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestCheckGuards: whatever a server asks, nothing is sent along that could be a secret,
// nothing to what is on this machine itself, to the link or to many, by no other method;
// nor where a redirect or a proxy would lead there.
func TestCheckGuards(t *testing.T) {
	reached := false
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	own.Listener = l
	own.Start()
	defer own.Close()
	port := l.Addr().(*net.TCPAddr).Port
	direct := func(*http.Request) (*url.URL, error) { return nil, nil } //nolint:nilnil // no proxy
	r := New(Options{ProxyFor: direct})
	page := func(url string) string { return fmt.Sprintf(`{"kind":"http","url":%q,"timeout_ns":2000000000`, url) }
	for name, p := range map[string]string{
		"its own page":        page(own.URL) + "}",
		"its own name":        page(fmt.Sprintf("http://localhost:%d/", port)) + "}",
		"its own, mapped":     page(fmt.Sprintf("http://[::ffff:127.0.0.1]:%d/", port)) + "}",
		"a name of its own":   page("http://a.localhost./") + "}",
		"its own port":        fmt.Sprintf(`{"kind":"tcp","host":"127.0.0.1","port":%d}`, port),
		"its own name server": `{"kind":"dns","host":"example.com","server":"127.0.0.1"}`,
		"the clouds' secrets": page("http://169.254.169.254/latest/meta-data/") + "}",
		"the link":            `{"kind":"icmp","host":"fe80::1"}`,
		"all machines":        `{"kind":"icmp","host":"255.255.255.255"}`,
		"a text":              page("http://intranet.example/") + `,"method":"POST"}`,
		"another method":      page("http://intranet.example/") + `,"method":"DELETE"}`,
		"a question":          page("http://intranet.example/?key=S3CRET") + "}",
		"a password":          page("http://me:S3CRET@intranet.example/") + "}",
		"hours":               `{"kind":"tcp","host":"example.com","port":80,"timeout_ns":3600000000000}`,
		"another kind":        `{"kind":"smb","host":"example.com"}`,
	} {
		a := do(t, r, ask(t, wire.AskCheck, p))
		if a.last.Code != fault.Forbidden && a.last.Code != fault.Invalid || len(a.parts) > 0 || strings.Contains(a.last.Sentence, "S3CRET") {
			t.Errorf("%s: %+v, %d parts", name, a.last, len(a.parts))
		}
	}
	// A proxy on this machine may be used, and leads nobody to what else is here.
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Cookie") != "" || q.Header.Get("Authorization") != "" || q.Header.Get("User-Agent") != "Deskbell" {
			t.Errorf("sent along was %v", q.Header)
		}
		if q.URL.Path == "/away" {
			http.Redirect(w, q, fmt.Sprintf("http://127.0.0.1:%d/", port), http.StatusFound)
			return
		}
		w.Header().Set("X-Secret", "S3CRET")
		fmt.Fprint(w, `{"state":"S3CRET"}`)
	}))
	defer proxy.Close()
	r = New(Options{ProxyFor: func(q *http.Request) (*url.URL, error) {
		if q.URL.Hostname() == "intranet.example" {
			return url.Parse(proxy.URL)
		}
		return nil, nil //nolint:nilnil // no proxy
	}})
	look := func(path, more string) check.Result {
		return only[wire.CheckPart](t, do(t, r, ask(t, wire.AskCheck, page("http://intranet.example"+path)+more+"}"))).Result
	}
	if got := look("/", ""); got.Outcome != check.OK || !strings.HasPrefix(got.Says, "It answered 200 OK in") {
		t.Errorf("through a proxy: %+v", got)
	}
	if got := look("/away", ""); got.Outcome != check.Unable {
		t.Errorf("a redirect to what is here: %+v", got)
	}
	for _, more := range []string{`,"json_path":"state","json_value":"ok"`, `,"header_name":"X-Secret","header_has":"ok"`, `,"contains":"ok"`} {
		if got := look("/", more); got.Outcome != check.Failed || strings.Contains(got.Says, "S3CRET") {
			t.Errorf("what came back is told: %+v", got)
		}
	}
	if reached {
		t.Error("what is on this machine itself was reached")
	}
}

// noProxy ends a page's look before anything is sent.
func noProxy(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy") }

var anyPage = wire.CheckParams{Kind: check.HTTP, URL: "http://intranet.example/"}

// TestCheckPace: at most sixty begin in a minute, and people's questions have their own
// room; what the owner forbids is not looked at.
func TestCheckPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told looks
		r := New(Options{OnLook: told.add, ProxyFor: noProxy, Prober: &machine{}, Policy: Policy{PerMinute: 1}})
		a := ask(t, wire.AskCheck, anyPage)
		for i := range checksPerMinute + 5 {
			if got := do(t, r, a).last.Code == fault.TooMany; got != (i >= checksPerMinute) {
				t.Fatalf("number %d is refused: %v", i+1, got)
			}
		}
		if got := do(t, r, ask(t, wire.AskPing, nil)).last.Code; got == fault.TooMany {
			t.Error("checks took the room of a person's question")
		}
		if n := r.checks.running; n != 0 {
			t.Errorf("%d still run", n)
		}
	})
	r := New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.AskCheck: false}}})
	if got := do(t, r, ask(t, wire.AskCheck, anyPage)).last.Code; got != fault.Forbidden {
		t.Errorf("what the owner forbids is %q", got)
	}
}

// TestCheckIsToldOnceADay: the people at the machine read who has something looked at,
// once a day and not each minute; and what cannot be written down does not happen.
func TestCheckIsToldOnceADay(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var told looks
	r := New(Options{OnLook: told.add, ProxyFor: noProxy, Now: func() time.Time { return now }})
	a := ask(t, wire.AskCheck, anyPage)
	a.ExpiresAt = now.Add(100 * time.Hour)
	for range 5 {
		do(t, r, a)
	}
	if len(told.all) != 2 || told.all[0].What != "whether “http://intranet.example/” answers, again and again" || told.all[0].Who != "Tess Technician" || told.all[1].Result != "answered" {
		t.Fatalf("told were %+v", told.all)
	}
	other := a
	other.Who.Name = "Eve"
	do(t, r, other)
	now = now.Add(24 * time.Hour)
	do(t, r, a)
	if len(told.all) != 6 {
		t.Errorf("of another's, and the next day: %+v", told.all[2:])
	}
	a.Params = []byte(`{"kind":"http","url":"http://localhost/"}`)
	for range 3 {
		do(t, r, a)
	}
	if len(told.all) != 7 || told.all[6].Result != "refused" {
		t.Errorf("what is refused: %+v", told.all[6:])
	}
	ctx, cancel := context.WithCancel(t.Context())
	full := 0
	r = New(Options{ProxyFor: noProxy, OnLook: func(local.Look) { full++; cancel() }})
	for range 2 {
		if got := doWith(ctx, t, r, ask(t, wire.AskCheck, anyPage)); got.last.Code == "" || len(got.parts) > 0 {
			t.Errorf("it was looked at: %+v", got)
		}
	}
	if full != 4 {
		t.Errorf("it was told %d times", full)
	}
}
