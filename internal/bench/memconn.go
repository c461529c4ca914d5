//go:build linux

package main

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipe is a connection in memory: two buffers. What waits in a buffer is written
// by one side and read by the other; an empty one holds nothing.
//
// Deadlines that lie ahead are ignored: nothing here ever waits for long, and a
// timer for each of a hundred thousand connections would be measured with them. One
// in the past ends a read, which is how net/http hands a connection over.
type pipe struct {
	in, out *half
}

type half struct {
	mu     sync.Mutex
	data   []byte
	closed bool
	late   bool // the reader's deadline is over
	wake   chan struct{}
}

// newPipe returns the two ends.
func newPipe() (client, server pipe) {
	a, b := &half{wake: make(chan struct{}, 1)}, &half{wake: make(chan struct{}, 1)}
	return pipe{a, b}, pipe{b, a}
}

// Read implements net.Conn.
func (p pipe) Read(b []byte) (int, error) {
	for {
		p.in.mu.Lock()
		n := copy(b, p.in.data)
		if p.in.data = p.in.data[n:]; len(p.in.data) == 0 {
			p.in.data = nil
		}
		closed, late := p.in.closed, p.in.late
		p.in.mu.Unlock()
		switch {
		case n > 0 || len(b) == 0:
			return n, nil
		case late:
			return 0, os.ErrDeadlineExceeded
		case closed:
			return 0, io.EOF
		}
		<-p.in.wake
	}
}

// Write implements net.Conn.
func (p pipe) Write(b []byte) (int, error) {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	if p.out.closed {
		return 0, io.ErrClosedPipe
	}
	p.out.data = append(p.out.data, b...)
	p.out.signal()
	return len(b), nil
}

func (h *half) signal() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Close implements net.Conn.
func (p pipe) Close() error {
	for _, h := range []*half{p.in, p.out} {
		h.mu.Lock()
		h.closed = true
		h.signal()
		h.mu.Unlock()
	}
	return nil
}

// here is the address of both ends: without TLS only loopback may connect.
var here net.Addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

// LocalAddr implements net.Conn.
func (pipe) LocalAddr() net.Addr { return here }

// RemoteAddr implements net.Conn.
func (pipe) RemoteAddr() net.Addr { return here }

// SetDeadline implements net.Conn.
func (pipe) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (p pipe) SetReadDeadline(t time.Time) error {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	p.in.late = !t.IsZero() && t.Before(time.Now())
	p.in.signal()
	return nil
}

// SetWriteDeadline implements net.Conn.
func (pipe) SetWriteDeadline(time.Time) error { return nil }

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return here }

// dial opens a connection to whoever accepts.
func (p *pipes) dial() net.Conn {
	client, server := newPipe()
	select {
	case p.conns <- server:
	case <-p.done:
		client.Close()
	}
	return client
}
