package server

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// listener speaks TLS and plain HTTP on one port: the first byte of a connection
// tells. Plain HTTP is served to this machine only; others are led to TLS by the
// handler.
type listener struct {
	net.Listener
	config *tls.Config
	log    *slog.Logger
	ready  chan net.Conn
	done   chan struct{}
	wg     sync.WaitGroup

	mu     sync.Mutex
	closed bool
	silent map[net.Conn]struct{} // that have not sent their first byte
}

// firstByte is how long a connection may stay silent at its beginning.
const firstByte = 10 * time.Second

func newListener(l net.Listener, config *tls.Config, log *slog.Logger) *listener {
	x := &listener{Listener: l, config: config, log: log, ready: make(chan net.Conn), done: make(chan struct{}), silent: map[net.Conn]struct{}{}}
	x.wg.Go(x.accept)
	return x
}

// accept never waits for a connection to say something: one that stays silent
// would keep the others out. What fails for now, as when strangers have used up
// all files, is tried again: the machines that are connected stay so meanwhile.
func (l *listener) accept() {
	const most = time.Second
	wait := 5 * time.Millisecond
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if wait == most {
				l.log.Warn("no connection can be accepted now", "err", err)
			}
			select {
			case <-time.After(wait):
			case <-l.done:
				return
			}
			wait = min(2*wait, most)
			continue
		}
		wait = 5 * time.Millisecond
		if l.hold(c) {
			l.wg.Go(func() { l.sniff(c) })
		}
	}
}

// hold notes a connection that Close has to end.
func (l *listener) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		c.Close()
		return false
	}
	l.silent[c] = struct{}{}
	return true
}

func (l *listener) sniff(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(firstByte))
	p := &peeked{Conn: c}
	_, err := c.Read(p.first[:])
	l.mu.Lock()
	delete(l.silent, c)
	l.mu.Unlock()
	if err != nil {
		c.Close()
		return
	}
	p.full = true
	c.SetReadDeadline(time.Time{})
	var out net.Conn = p
	if p.first[0] == 0x16 { // a TLS record of the type handshake (RFC 8446, section 5.1)
		out = tls.Server(p, l.config)
	}
	select {
	case l.ready <- out:
	case <-l.done:
		c.Close()
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. It waits until nothing is accepted any more.
func (l *listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return net.ErrClosed
	}
	l.closed = true
	close(l.done)
	err := l.Listener.Close()
	for c := range l.silent {
		c.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	return err
}

// peeked is a connection whose first byte was read ahead.
type peeked struct {
	net.Conn
	first [1]byte
	full  bool
}

// Read implements net.Conn.
func (p *peeked) Read(b []byte) (int, error) {
	if p.full && len(b) > 0 {
		p.full = false
		b[0] = p.first[0]
		return 1, nil
	}
	return p.Conn.Read(b)
}
