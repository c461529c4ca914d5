package probe

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// talking listens, and lets each connection talk.
func talking(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				talk(c)
			}()
		}
	}()
	return l.Addr().String()
}

// proxyServer is a proxy that leads anywhere, for those who sign in as it wants.
func proxyServer(t *testing.T, user string, asked chan<- string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.RequestURI
		if user != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(user)) {
			w.Header().Add("Proxy-Authenticate", "Negotiate")
			w.Header().Add("Proxy-Authenticate", `Basic realm="Example"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if strings.HasSuffix(r.Host, ":25") {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// socksServer speaks as much of SOCKS 5 as a client needs (RFC 1928).
func socksServer(c net.Conn) {
	r := bufio.NewReader(c)
	hello := make([]byte, 2)
	if _, err := io.ReadFull(r, hello); err != nil {
		return
	}
	io.CopyN(io.Discard, r, int64(hello[1]))
	c.Write([]byte{5, 0})
	request := make([]byte, 5)
	if _, err := io.ReadFull(r, request); err != nil {
		return
	}
	name := make([]byte, int(request[4])+2)
	if _, err := io.ReadFull(r, name); err != nil {
		return
	}
	code := byte(0)
	if string(name[:len(name)-2]) == "forbidden.example.com" {
		code = 2 // not allowed by its rules
	}
	c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
}

func TestTryProxy(t *testing.T) {
	asked := make(chan string, 10)
	open, wants := proxyServer(t, "", asked), proxyServer(t, "mara:hush", asked)
	socks := talking(t, socksServer)
	rude := talking(t, func(c net.Conn) { c.Read(make([]byte, 4096)) })
	other := talking(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n") })
	endless := talking(t, func(c net.Conn) {
		for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n"); err == nil; {
			_, err = io.WriteString(c, "X-Header: "+strings.Repeat("x", 1000)+"\r\n")
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := l.Addr().String()
	l.Close()
	for name, x := range map[string]struct {
		via, to string
		asked   string // what the proxy was asked
		want    ProxyTry
		problem string
	}{
		"leads there":    {"http://" + open, "https://a.example.com/", "CONNECT a.example.com:443", ProxyTry{Open: true, Status: 200, Through: true}, ""},
		"to a port":      {"http://" + open, "https://a.example.com:8443/x?secret", "CONNECT a.example.com:8443", ProxyTry{Open: true, Status: 200, Through: true}, ""},
		"in the clear":   {"http://" + open, "http://a.example.com/x?secret", "HEAD http://a.example.com/", ProxyTry{Open: true, Status: 200, Through: true}, ""},
		"refuses":        {"http://" + open, "https://a.example.com:25/", "CONNECT a.example.com:25", ProxyTry{Open: true, Status: 403}, ""},
		"wants a name":   {"http://" + wants, "https://a.example.com/", "CONNECT a.example.com:443", ProxyTry{Open: true, Status: 407, SignIn: []string{"Negotiate", "Basic"}}, ""},
		"knows the name": {"http://mara:hush@" + wants, "https://a.example.com/", "CONNECT a.example.com:443", ProxyTry{Open: true, Status: 200, Through: true, Signed: true}, ""},
		"wrong password": {"http://mara:rush@" + wants, "http://a.example.com/", "HEAD http://a.example.com/", ProxyTry{Open: true, Status: 407, SignIn: []string{"Negotiate", "Basic"}, Signed: true}, ""},
		"SOCKS":          {"socks5://" + socks, "https://a.example.com/", "", ProxyTry{Open: true, Through: true}, ""},
		"SOCKS, refused": {"socks5://" + socks, "https://forbidden.example.com/", "", ProxyTry{Open: true}, "not allowed"},
		"SOCKS 4":        {"socks4://" + socks, "https://a.example.com/", "", ProxyTry{Open: true}, "SOCKS 4"},
		"nobody there":   {"http://" + shut, "https://a.example.com/", "", ProxyTry{}, "connection refused"},
		"hangs up":       {"http://" + rude, "https://a.example.com/", "", ProxyTry{Open: true}, "hangs up"},
		"another's":      {"http://" + other, "https://a.example.com/", "", ProxyTry{Open: true}, "malformed HTTP"},
		"without end":    {"http://" + endless, "https://a.example.com/", "", ProxyTry{Open: true}, "hangs up"},
		"TLS to none":    {"https://" + other, "https://a.example.com/", "", ProxyTry{}, "TLS"},
	} {
		got := TryProxy(t.Context(), parse(t, x.via), parse(t, x.to))
		if x.asked != "" {
			if was := <-asked; was != x.asked {
				t.Errorf("%s: was asked %q", name, was)
			}
		}
		if got.Open != x.want.Open || got.Status != x.want.Status || got.Through != x.want.Through || got.Signed != x.want.Signed || !slices.Equal(got.SignIn, x.want.SignIn) {
			t.Errorf("%s: %+v", name, got)
		}
		if (got.Problem == "") != (x.problem == "") || !strings.Contains(got.Problem, x.problem) {
			t.Errorf("%s: %q", name, got.Problem)
		}
		if got.Open != (got.Connect > 0) || (got.Status > 0) != (got.Answer > 0) && !got.Through || strings.Contains(got.Asked+got.Problem, "hush") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A proxy that takes the connection and is silent holds nobody longer than asked for.
func TestTryProxyThatHangs(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	connected := make(chan struct{}, 2)
	silent := talking(t, func(c net.Conn) {
		c.Read(make([]byte, 1)) // it was asked, so that the connection stands for both
		connected <- struct{}{}
		<-release
	})
	for _, via := range []string{"http://", "socks5://"} {
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan ProxyTry, 1)
		go func() { got <- TryProxy(ctx, parse(t, via+silent), parse(t, "https://a.example.com/")) }()
		<-connected
		cancel() // what follows is the hanging itself
		select {
		case g := <-got:
			if g.Through || g.Problem == "" {
				t.Errorf("%s: %+v", via, g)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it still waits", via)
		}
	}
}

func TestFetchPAC(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/p.pac", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `function FindProxyForURL(url, host) { return "DIRECT" }`)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<h1>Welcome</h1>") })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/p.pac", http.StatusFound) })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for b := make([]byte, 64<<10); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	for path, x := range map[string]struct {
		found   bool
		status  int
		problem string
	}{
		s.URL + "/p.pac":    {true, 200, ""},
		s.URL + "/moved":    {true, 200, ""},
		s.URL + "/page":     {false, 200, "no such script"},
		s.URL + "/none":     {false, 404, "not there"},
		s.URL + "/circle":   {false, 0, "redirects"},
		s.URL + "/endless":  {false, 200, "larger than 1 MiB"},
		"http://[::1]:1/":   {false, 0, ""},
		"file:///etc/p.pac": {false, 0, "only scripts at"},
		"\x7f":              {false, 0, "only scripts at"},
	} {
		got := FetchPAC(t.Context(), path)
		if got.Found != x.found || got.Status != x.status || !strings.Contains(got.Problem, x.problem) || got.Found == (got.Problem != "") || got.Bytes > maxPAC {
			t.Errorf("%s: %+v", path, got)
		}
	}
}
