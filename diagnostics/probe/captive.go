package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Way is what stands between this machine and a host that it knows: what answers to
// plain HTTP, where networks that want a sign-in put themselves, and whose certificate
// is shown.
type Way struct {
	Asked  string // the address that was fetched without encryption
	Status int    // of the answer; 0: there was none
	Leads  string // where it redirects to, without what names the machine
	SignIn bool   // it says that one has to sign in to the network
	Page   bool   // it brings a page where none was expected
	Plain  string // why there was no answer
	Server *diagnostics.ServerTLS
	Sealed string // why there was no handshake
}

const (
	captiveWait = 4 * time.Second
	maxPage     = 16 << 10
)

// LookAtWay fetches a page without encryption and shakes hands with the server, both
// at once. check is the address of a page that answers 204 and nothing else; nil:
// the server's own.
func LookAtWay(ctx context.Context, server *Server, check *url.URL) Way {
	var w Way
	ctx, cancel := context.WithTimeout(ctx, captiveWait)
	defer cancel()
	sealed := make(chan struct{})
	go func() {
		defer close(sealed)
		if server == nil || server.Address == "" || server.Plain {
			return
		}
		c, err := dialServer(ctx, server.Address, false)
		var seen diagnostics.ServerTLS
		if err == nil {
			seen, err = handshake(ctx, c, server)
		}
		if err != nil {
			w.Sealed = DialProblem(err)
			return
		}
		w.Server = &seen
	}()
	plain := Way{Plain: "there is no server to ask"}
	switch {
	case check != nil:
		plain = plainWay(ctx, check, true)
	case server != nil:
		plain = serversWay(ctx, server.Address, plain)
	}
	<-sealed
	plain.Server, plain.Sealed = w.Server, w.Sealed
	return plain
}

// emptyPages are where the server's empty page may be: at its own port, which speaks
// without encryption too, and at port 80, where most networks that want a sign-in
// answer for others, and where the server's host may have another site.
func emptyPages(address string) (own, usual *url.URL) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil
	}
	own = &url.URL{Scheme: "http", Host: address, Path: diagnostics.EmptyPage}
	return own, &url.URL{Scheme: "http", Host: net.JoinHostPort(host, "80"), Path: diagnostics.EmptyPage}
}

// serversWay asks for both at once. A sign-in at one of them counts most, a page in
// the server's place next, then the empty page itself, then any answer. At port 80
// a page is no proof of anything.
func serversWay(ctx context.Context, address string, none Way) Way {
	own, usual := emptyPages(address)
	if own == nil {
		return none
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signIn := func(w Way) bool { return w.SignIn || w.Leads != "" }
	at80 := make(chan Way, 1)
	go func() {
		w := plainWay(ctx, usual, false)
		if signIn(w) {
			cancel() // nothing counts more, and the other may wait in vain
		}
		at80 <- w
	}()
	a := plainWay(ctx, own, true)
	if signIn(a) {
		cancel()
	}
	b := <-at80
	for _, tells := range []func(Way) bool{
		signIn,
		func(w Way) bool { return w.Page },
		func(w Way) bool { return w.Status == http.StatusNoContent },
		func(w Way) bool { return w.Status > 0 },
	} {
		switch {
		case tells(a):
			return a
		case tells(b):
			return b
		}
	}
	return a
}

// plainWay fetches a page as somebody does who is not signed in to the network:
// without a proxy, and without following where it leads.
func plainWay(ctx context.Context, check *url.URL, strict bool) Way {
	w := Way{Asked: plainLine(check.Redacted(), 300)}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, check.String(), nil)
	if err != nil {
		w.Plain = "the address cannot be asked"
		return w
	}
	r.Header.Set("Cache-Control", "no-cache")
	transport := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 32 << 10,
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		w.Plain = DialProblem(err)
		if errors.Is(err, context.DeadlineExceeded) {
			w.Plain = "no answer"
		}
		return w
	}
	defer answer.Body.Close()
	w.Status = answer.StatusCode
	w.SignIn = answer.StatusCode == http.StatusNetworkAuthenticationRequired
	if to, err := answer.Location(); err == nil && answer.StatusCode/100 == 3 && !strings.EqualFold(to.Hostname(), check.Hostname()) {
		to.RawQuery, to.Fragment, to.User = "", "", nil // they name the machine
		w.Leads = plainLine(to.String(), 300)
	}
	n, _ := io.Copy(io.Discard, io.LimitReader(answer.Body, maxPage)) // as much as there is
	w.Page = strict && answer.StatusCode/100 == 2 && (answer.StatusCode != http.StatusNoContent || n > 0)
	return w
}
