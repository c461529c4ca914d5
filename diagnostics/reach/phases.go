package reach

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// Phases measures the last request of a page; its events come from several goroutines.
type Phases struct {
	mu           sync.Mutex
	times        Times
	dns, connect time.Time
	tls          time.Time
}

// Times are how long the phases of a request took.
type Times struct {
	Began                           time.Time
	Lookup, Connect, TLS, FirstByte time.Duration // the first byte came so long after the beginning
	Address                         string
}

// Times returns what was measured until now.
func (p *Phases) Times() Times {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.times
}

func (p *Phases) at(f func(now time.Time, t *Times)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(time.Now(), &p.times)
}

// Trace is what a request tells its events to.
func (p *Phases) Trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { p.at(func(now time.Time, t *Times) { *t = Times{Began: now} }) },
		DNSStart:     func(httptrace.DNSStartInfo) { p.at(func(now time.Time, _ *Times) { p.dns = now }) },
		DNSDone:      func(httptrace.DNSDoneInfo) { p.at(func(now time.Time, t *Times) { t.Lookup = now.Sub(p.dns) }) },
		ConnectStart: func(string, string) { p.at(func(now time.Time, _ *Times) { p.connect = now }) },
		ConnectDone: func(_, address string, _ error) {
			p.at(func(now time.Time, t *Times) { t.Connect, t.Address = now.Sub(p.connect), address })
		},
		TLSHandshakeStart:    func() { p.at(func(now time.Time, _ *Times) { p.tls = now }) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { p.at(func(now time.Time, t *Times) { t.TLS = now.Sub(p.tls) }) },
		GotFirstResponseByte: func() { p.at(func(now time.Time, t *Times) { t.FirstByte = now.Sub(t.Began) }) },
	}
}
