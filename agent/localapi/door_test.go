package localapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/internal/fault"
)

// raw sends bytes to the socket and returns the first line of the answer.
func (h *house) raw(t *testing.T, request string) string {
	t.Helper()
	c, err := net.Dial("unix", pipe.Address(h.dir))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, request)
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line)
}

func TestMalformed(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: agent\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, len(body), body)
	}
	for request, want := range map[string]string{
		post("/v1/tickets", `{"title":`): "422",
		post("/v1/tickets", `[]`):        "422",
		post("/v1/tickets", ``):          "422",
		post("/v1/tickets", `{"title":"x","uid":"0","account":{"uid":"0"}}`): "200",
		post("/v1/nothing", `{}`):                                                                  "404",
		"DELETE /v1/tickets HTTP/1.1\r\nHost: agent\r\n\r\n":                                       "404",
		"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: agent\r\n\r\n":                                 "307",
		"GET /v1/tickets/..%2f..%2fetc HTTP/1.1\r\nHost: agent\r\n\r\n":                            "404",
		"GET /v1/status HTTP/1.1\r\nHost: agent\r\nX: " + strings.Repeat("x", 32<<10) + "\r\n\r\n": "431",
		"hello\r\n\r\n": "400",
	} {
		if got := h.raw(t, request); !strings.Contains(got, " "+want+" ") {
			t.Errorf("%.60q: %q, want %s", request, got, want)
		}
	}
	if n := len(h.box.Of("0")); n != 0 {
		t.Error("a request said who it came from, and was believed")
	}
}

// Whom the system cannot name is not heard, and nobody takes all connections.
func TestConnections(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	var open []net.Conn
	t.Cleanup(func() {
		for _, c := range open {
			c.Close()
		}
	})
	hungUp := func(c net.Conn) bool {
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "GET /v1/status HTTP/1.1\r\nHost: agent\r\n\r\n")
		_, err := c.Read(make([]byte, 1))
		return err != nil
	}
	refused := 0
	for range 60 {
		c, err := net.Dial("unix", pipe.Address(h.dir))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		if hungUp(c) {
			refused++
		}
	}
	if refused < 10 || refused > 15 {
		t.Errorf("%d of 60 connections of one person were refused", refused)
	}
	if _, err := h.as(t, "1001").Status(t.Context()); err != nil {
		t.Errorf("another person is kept out: %v", err)
	}
	h.mu.Lock()
	h.caller = ""
	h.mu.Unlock()
	c := local.NewClient(h.dir)
	defer c.Close()
	if _, err := c.Status(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("somebody without a name: %v", err)
	}
}

// A problem is an RFC 9457 one.
func TestProblem(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return pipe.Dial(ctx, pipe.Address(h.dir))
	}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://agent/v1/tickets/none")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" || resp.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", resp.StatusCode, ct)
	}
	if want := `{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such ticket of yours.","code":"not_found","said":{"id":"error.no_ticket"}}`; strings.TrimSpace(string(b)) != want {
		t.Errorf("got %s", b)
	}
}
