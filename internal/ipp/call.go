package ipp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
)

// maxAnswer is how many bytes of one answer are read.
const maxAnswer = 1 << 20

// Sockets are where CUPS listens on a machine: nobody from elsewhere can be there.
func Sockets() []string {
	return []string{"/run/cups/cups.sock", "/var/run/cups/cups.sock", "/private/var/run/cupsd"}
}

// Socket returns the first of them that is there; "" when CUPS does not run.
func Socket() string {
	for _, path := range Sockets() {
		if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			return path
		}
	}
	return ""
}

// Call sends one request to the CUPS behind a socket and returns the groups of
// attributes that it answers with. The caller's name is vouched for by the kernel,
// which tells CUPS who is at the other end.
func Call(ctx context.Context, socket, user string, operation uint16, attributes []byte) ([]Group, error) {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/", bytes.NewReader(request(operation, attributes)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/ipp")
	if user != "" {
		r.Header.Set("Authorization", "PeerCred "+user)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("the printing system says " + answer.Status)
	}
	return parse(b)
}
