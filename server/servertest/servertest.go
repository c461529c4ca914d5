// Package servertest starts a real server for tests, on a free port of loopback
// and in a folder that goes with the test, and gives out what its users hold:
// tokens, sessions and enrolled machines.
package servertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/store"
)

// Server is a server that serves until the test ends, or until Stop.
type Server struct {
	*server.Server
	HTTP   string // http://127.0.0.1:PORT, for this machine only
	TLS    string // https on the same port
	Beside *server.Beside
	DB     *store.DB // the server's own database, opened a second time
	Log    *Log

	t       testing.TB
	options server.Options
	mu      sync.Mutex
	people  map[auth.Role]auth.Person
	cancel  context.CancelFunc
	done    chan error
}

// Options changes how the server is started.
type Options func(*server.Options)

// Start starts a server on an empty folder. Answers go out at once, unless an
// option says otherwise.
func Start(t testing.TB, opts ...Options) *Server {
	t.Helper()
	o := server.Options{Data: t.TempDir(), Listen: "127.0.0.1:0", Organisation: "Test organisation", Version: "test", Undo: -1}
	for _, f := range opts {
		f(&o)
	}
	s := &Server{t: t, options: o, people: map[auth.Role]auth.Person{}, Log: &Log{}}
	t.Cleanup(func() { s.Stop() })
	s.Restart()
	return s
}

// Restart serves again, on the same folder and port, after a Stop.
func (s *Server) Restart() {
	s.t.Helper()
	log := slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	srv, err := server.New(s.t.Context(), s.options, log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Server = srv
	s.options.Listen = srv.Addr().String()
	s.HTTP, s.TLS = "http://"+s.options.Listen, "https://"+s.options.Listen
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	s.cancel, s.done = cancel, done
	if s.Beside, err = server.OpenBeside(s.t.Context(), s.options, log); err != nil {
		s.t.Fatal(err)
	}
	dsn := s.options.DSN
	if dsn == "" {
		dsn = s.options.Data + "/deskbell.db"
	}
	if s.DB, err = store.Open(s.t.Context(), store.Options{DSN: dsn}, log); err != nil {
		s.t.Fatal(err)
	}
}

// Stop stops the server and waits for it, as Ctrl-C does. It fails the test when
// the server does not stop well.
func (s *Server) Stop() {
	s.t.Helper()
	if s.cancel == nil {
		return
	}
	s.cancel()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Errorf("the server stopped with: %v", err)
		}
	case <-time.After(time.Minute):
		s.t.Fatal("the server does not stop")
	}
	s.cancel = nil
	for _, c := range []io.Closer{s.Beside, s.DB} {
		if err := c.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// Log keeps what the server has logged.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// Contains reports whether something was logged.
func (l *Log) Contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

// Lines returns what was logged at a level or worse: "ERROR", "WARN".
func (l *Log) Lines(level string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, "level="+level) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// Client returns a client that knows the server's own certificate, follows no
// redirect and keeps no connection open.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the test made it
			DisableKeepAlives: true,
		},
	}
}

// Wait polls until ok is true, and fails the test when that takes longer than a
// generous while.
func Wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain for: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
