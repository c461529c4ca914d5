// Package localapi answers the programs of the people at this machine, over a Unix
// socket or a named pipe. Who calls is the operating system's word, taken once a
// connection; what they may do is decided for each request, by their uid alone.
package localapi

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/agent/people"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
)

// Desk is what people may do. *people.Desk is one.
type Desk interface {
	Status(uid string) local.Status
	Changes() people.Changes
	Watching(uid string)
	Checkup(ctx context.Context, uid string, r local.CheckupRequest, emit func(local.Checkup)) error
	Mark(uid string, m diagnostics.Mark) (diagnostics.Mark, error)
	Recording() (diagnostics.Recording, error)
	WhatChanged() (inventory.Changes, error)
	TrySite(ctx context.Context, uid string, r local.SiteRequest, emit func(local.Site)) error
	Attach(uid, name string, r io.Reader) (wire.Attachment, error)
	Attachment(ctx context.Context, uid, ticket, sha string) (io.ReadCloser, wire.Attachment, error)
	Ring(ctx context.Context, uid string, d local.Draft) (local.Receipt, error)
	Receipt(uid, ref string) (local.Receipt, error)
	Tickets(ctx context.Context, uid string) (local.Tickets, error)
	Ticket(ctx context.Context, uid, name string) (local.Ticket, error)
	Reply(ctx context.Context, uid, ticket string, r local.Reply) (local.Receipt, error)
	Act(ctx context.Context, uid, ticket string, a local.Act) (local.Receipt, error)
	Read(uid, ticket, message string) error
	Looks() (local.Ledger, error)
	Portal(ctx context.Context, uid string, page wire.PortalPage) (local.Portal, error)
	Suggest(ctx context.Context, uid, text string) ([]local.Article, error)
	Helped(ctx context.Context, uid, article, question string) error
	Told(uid, announcement string, revision int64) error
	HitToo(ctx context.Context, uid, announcement string) (local.Receipt, error)
	AskedOf(uid, question string) error
	Fixed(ctx context.Context, uid, question string, f local.Fixed) (local.Receipt, error)
}

// Bounds of connections, so that nobody keeps others out.
const (
	maxConns       = 256
	maxConnsPerson = 48
	maxHeader      = 16 << 10
	headerTimeout  = 10 * time.Second
	writeTimeout   = 10 * time.Second // for one part of an answer
)

// Server serves one listener.
type Server struct {
	desk Desk
	log  *slog.Logger
	// Fixes mend what check-ups find; nil where nothing does.
	Fixes Fixes
	// Afar is who works here from afar; nil where nobody does.
	Afar Afar
	// About is how this machine is set up.
	About local.About
	// PeerOf tells who is at the other end of a connection; tests replace it.
	PeerOf func(net.Conn) (pipe.Caller, error)
	// Heartbeat is how often an empty line goes to whoever watches.
	Heartbeat time.Duration
}

// New returns a server.
func New(d Desk, log *slog.Logger) *Server {
	return &Server{desk: d, log: log, PeerOf: pipe.PeerOf, Heartbeat: 30 * time.Second}
}

// Serve answers on l until ctx ends, and closes it. Whoever watches is hung up on.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: headerTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog:    log.New(io.Discard, "", 0), // what a client does wrong is the client's to know
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, c.(*conn).caller)
		},
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		if h.Shutdown(grace) != nil {
			h.Close()
		}
	}()
	err := h.Serve(&listener{Listener: l, server: s, counts: map[string]int{}})
	cancel()
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// callerKey is where a connection's caller stands in its context.
type callerKey struct{}

func callerOf(r *http.Request) string {
	return r.Context().Value(callerKey{}).(pipe.Caller).UID
}

// listener lets in only whom the operating system can name, and not too many.
type listener struct {
	net.Listener
	server *Server

	mu     sync.Mutex
	total  int
	counts map[string]int
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who, err := l.server.PeerOf(c)
		if err != nil || who.UID == "" {
			l.server.log.Warn("a caller whom the system does not name was hung up on", "error", err)
			c.Close()
			continue
		}
		if !l.enter(who.UID) {
			l.server.log.Warn("a caller has too many connections", "uid", who.UID)
			c.Close()
			continue
		}
		return &conn{Conn: c, caller: who, leave: sync.OnceFunc(func() { l.leave(who.UID) })}, nil
	}
}

func (l *listener) enter(uid string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxConns || l.counts[uid] >= maxConnsPerson {
		return false
	}
	l.total++
	l.counts[uid]++
	return true
}

func (l *listener) leave(uid string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.counts[uid]--; l.counts[uid] == 0 {
		delete(l.counts, uid)
	}
}

// conn is a connection with its caller.
type conn struct {
	net.Conn
	caller pipe.Caller
	leave  func()
}

func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}
