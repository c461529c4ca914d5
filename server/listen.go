package server

import (
	"crypto/tls"
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
	ready  chan net.Conn
	done   chan struct{}
	once   sync.Once
	err    error
}

// firstByte is how long a connection may stay silent at its beginning.
const firstByte = 10 * time.Second

func newListener(l net.Listener, config *tls.Config) *listener {
	x := &listener{Listener: l, config: config, ready: make(chan net.Conn), done: make(chan struct{})}
	go x.accept()
	return x
}

// accept never waits for a connection to say something: one that stays silent
// would keep the others out.
func (l *listener) accept() {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				continue
			}
			l.err = err
			l.once.Do(func() { close(l.done) })
			return
		}
		go l.sniff(c)
	}
}

func (l *listener) sniff(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(firstByte))
	p := &peeked{Conn: c}
	if _, err := c.Read(p.first[:]); err != nil {
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
		if l.err != nil {
			return nil, l.err
		}
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
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
