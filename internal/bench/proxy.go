//go:build linux

package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// proxy passes connections on and counts what goes through, as it stands on the
// wire: TLS included, TCP and IP left out.
type proxy struct {
	listener net.Listener
	to       string
	wg       sync.WaitGroup

	up, down            atomic.Int64 // bytes
	pieces, connections atomic.Int64 // a piece is what was read at once: a segment, or a few
	mu                  sync.Mutex
	open                map[net.Conn]bool
}

func newProxy(address, to string) (*proxy, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, to: to, open: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	return p, nil
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", p.to)
		if err != nil {
			c.Close()
			continue
		}
		p.connections.Add(1)
		p.mu.Lock()
		p.open[c], p.open[s] = true, true
		p.mu.Unlock()
		p.wg.Go(func() { p.pass(s, c, &p.up) })
		p.wg.Go(func() { p.pass(c, s, &p.down) })
	}
}

func (p *proxy) pass(to, from net.Conn, n *atomic.Int64) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		k, err := from.Read(buf)
		if k > 0 {
			n.Add(int64(k))
			p.pieces.Add(1)
			if _, err := to.Write(buf[:k]); err != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				from.Close()
			}
			return
		}
	}
}

// close ends the proxy and all that goes through it.
func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}
