// Package trace finds the way that packets take to a host: it sends echoes that may
// pass one router, two, and so on, and hears from each router where they end. All
// probes of a trace look alike to routers that share load by flow, so that all take
// the same way (as Paris traceroute does).
package trace

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Hop is one router on the way, or the target.
type Hop struct {
	TTL       int
	Addresses []netip.Addr // who answered there, in the order of their first answers
	Name      string       // of the first
	Sent      int          // probes that were answered or waited for long enough
	Received  int
	Last      time.Duration
	Best      time.Duration
	Worst     time.Duration
	Mean      time.Duration
	Says      string // what it says besides: why it carries no further
	End       bool   // it is the target
}

// Path is what is known of the way.
type Path struct {
	Target netip.Addr
	Method string // “icmp” or “udp”
	Round  int    // that has ended, from 1
	Hops   []Hop  // up to the last that answered
}

// Options say what to trace, and how. What is zero has a default.
type Options struct {
	Target  netip.Addr
	Rounds  int           // 10
	MaxHops int           // 30
	Gap     time.Duration // from round to round: 1 s; routers answer no faster
	Wait    time.Duration // for an answer: 2 s
	// Name looks up a hop's name; nil: there are none. It is given at most nameWait.
	Name func(context.Context, netip.Addr) string

	open func(netip.Addr) (conn, error) // of a test
}

const (
	// between is the pause from probe to probe of a round: a burst would be dropped by
	// routers that answer a few a second.
	between      = 15 * time.Millisecond
	alone        = 500 * time.Millisecond // for the answer to a probe that goes alone
	beyond       = 5                      // silent hops after the last that answered
	maxAddresses = 4
	nameWait     = 2 * time.Second
	lookups      = 4 // names that are asked for at once
	maxRounds    = 60
	allHops      = 30
)

// what an event tells.
type kind int

const (
	exceeded    kind = iota // a router where the probe's time ran out
	reached                 // the target's answer
	unreachable             // somebody carries it no further
)

// event is an answer to a probe.
type event struct {
	seq  int // -1: too little of the probe came back to know which
	from netip.Addr
	kind kind
	says string
	at   time.Time
}

// conn sends probes and hears their answers.
type conn interface {
	method() string
	// send sends one probe. It is not called while another call runs.
	send(ttl, seq int) error
	// receive blocks until an answer comes; after close it returns an error.
	receive() (event, error)
	close()
}

// ErrNoRights is told when the system lets this process send no probes at all.
var ErrNoRights = errors.New("no right to send probes")

func noRight(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

// probe is one that was sent.
type probe struct {
	seq, ttl int
	at       time.Time
}

type tracer struct {
	o      Options
	c      conn
	target netip.Addr // without the interface that may belong to it
	path   Path
	hops   []Hop // by TTL, from 1
	sums   []time.Duration
	out    map[int]probe // not yet answered nor given up
	end    int           // the target's TTL; 0: not known
	dead   int           // the TTL of a router that says it goes no further; 0: none does
	seq    int
	serial bool      // one probe at a time
	quiet  time.Time // until when none goes out
	events chan event
	failed chan error
	stop   chan struct{}
	names  *names
}

// Run traces until all rounds are over, the context is done or each returns false.
// each is told after every round; the newest says it all. Its error says why nothing
// could be sent; silence is none.
func Run(ctx context.Context, o Options, each func(Path) bool) error {
	o.Rounds = min(orElse(o.Rounds, 10), maxRounds)
	o.MaxHops = min(orElse(o.MaxHops, allHops), allHops)
	o.Gap, o.Wait = orElse(o.Gap, time.Second), orElse(o.Wait, 2*time.Second)
	o.Target = o.Target.Unmap()
	if o.open == nil {
		o.open = open
	}
	c, err := o.open(o.Target)
	if err != nil {
		return err
	}
	t := &tracer{
		o: o, c: c, target: o.Target.WithZone(""), path: Path{Target: o.Target, Method: c.method()}, hops: make([]Hop, o.MaxHops), sums: make([]time.Duration, o.MaxHops),
		out: map[int]probe{}, events: make(chan event, 64), failed: make(chan error, 1), stop: make(chan struct{}),
	}
	t.names = newNames(ctx, o.Name)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		t.hear()
	}()
	defer func() {
		close(t.stop)
		c.close()
		<-heard
		t.names.close()
	}()
	return t.run(ctx, each)
}

func orElse[T int | time.Duration](v, other T) T {
	if v <= 0 {
		return other
	}
	return v
}

// hear hands over what comes until the connection is closed.
func (t *tracer) hear() {
	for {
		e, err := t.c.receive()
		if err != nil {
			t.failed <- err
			return
		}
		select {
		case t.events <- e:
		case <-t.stop:
			return
		}
	}
}

func (t *tracer) run(ctx context.Context, each func(Path) bool) error {
	for round := 1; round <= t.o.Rounds; round++ {
		start := time.Now()
		for ttl := 1; ttl <= t.reach(round); ttl++ {
			if err := t.probe(ctx, ttl); err != nil {
				return err
			}
		}
		if round < t.o.Rounds {
			if err := t.until(ctx, func() time.Duration { return t.o.Gap - time.Since(start) }); err != nil {
				return err
			}
		} else if err := t.until(ctx, t.slowest); err != nil {
			return err
		}
		t.path.Round = round
		if round == t.o.Rounds {
			t.names.wait(ctx)
		}
		if !each(t.told()) {
			return nil
		}
	}
	return nil
}

// reach is how far the probes of a round go.
func (t *tracer) reach(round int) int {
	if known := orElse(t.end, t.dead); known > 0 {
		return known
	}
	if round == 1 {
		return t.o.MaxHops
	}
	return min(t.o.MaxHops, t.answered()+beyond)
}

// answered is the last hop that did.
func (t *tracer) answered() int {
	for i := len(t.hops); i > 0; i-- {
		if t.hops[i-1].Received > 0 {
			return i
		}
	}
	return 0
}

func (t *tracer) probe(ctx context.Context, ttl int) error {
	if err := t.until(ctx, func() time.Duration { return time.Until(t.quiet) }); err != nil {
		return err
	}
	t.seq++
	p := probe{seq: t.seq, ttl: ttl, at: time.Now()}
	t.out[p.seq] = p
	if err := t.c.send(ttl, p.seq); err != nil {
		delete(t.out, p.seq)
		return err
	}
	if !t.serial {
		return t.until(ctx, func() time.Duration { return between - time.Since(p.at) })
	}
	err := t.until(ctx, func() time.Duration {
		if _, waits := t.out[p.seq]; !waits {
			return 0
		}
		return alone - time.Since(p.at)
	})
	if _, waits := t.out[p.seq]; waits {
		delete(t.out, p.seq)
		t.hops[ttl-1].Sent++
	}
	return err
}

// slowest is how long the last probe is still waited for.
func (t *tracer) slowest() time.Duration {
	var left time.Duration
	for _, p := range t.out {
		left = max(left, t.o.Wait-time.Since(p.at))
	}
	return left
}

// until handles what comes as long as left says.
func (t *tracer) until(ctx context.Context, left func() time.Duration) error {
	for {
		t.giveUp()
		d := left()
		if d <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case e := <-t.events:
			t.take(e)
		case err := <-t.failed:
			timer.Stop()
			return err
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		timer.Stop()
	}
}

// giveUp counts as lost what was waited for long enough.
func (t *tracer) giveUp() {
	for seq, p := range t.out {
		if time.Since(p.at) >= t.o.Wait {
			delete(t.out, seq)
			t.hops[p.ttl-1].Sent++
		}
	}
}

// take counts an answer to the hop where its probe ended.
func (t *tracer) take(e event) {
	p, ok := t.out[e.seq]
	if e.seq < 0 {
		p, ok = t.only()
	}
	if ok && e.at.Sub(p.at) >= t.o.Wait {
		ok = false // it was about to be given up
	}
	if !ok {
		// Late, twice, or nobody's. That a host is not there takes a router seconds to say.
		if i := t.hopOf(e.from); e.kind == unreachable && i >= 0 && e.seq > 0 && e.seq <= t.seq && e.from != t.target {
			t.hops[i].Says, t.dead = e.says, i+1
		}
		return
	}
	rtt := e.at.Sub(p.at)
	if rtt <= 0 {
		rtt = time.Nanosecond
	}
	delete(t.out, p.seq)
	at := p.ttl - 1
	if e.kind == unreachable && e.from != t.target {
		// It may stand nearer than the probe could have gone, and says the same of all
		// that are to go past it.
		known := t.hopOf(e.from)
		if known >= 0 && known < at {
			t.hops[known].Says, t.dead = e.says, known+1
			return
		}
		for known < 0 && at > 0 && t.hops[at-1].Received == 0 {
			at--
		}
		t.dead = at + 1
	} else if t.dead > 0 && p.ttl >= t.dead {
		t.hops[t.dead-1].Says, t.dead = "", 0 // it goes further again
	}
	h := &t.hops[at]
	h.Sent++
	h.Received++
	h.Last = rtt
	if h.Received == 1 || rtt < h.Best {
		h.Best = rtt
	}
	h.Worst = max(h.Worst, rtt)
	t.sums[at] += rtt
	h.Mean = t.sums[at] / time.Duration(h.Received)
	if !slices.Contains(h.Addresses, e.from) && len(h.Addresses) < maxAddresses {
		h.Addresses = append(h.Addresses, e.from)
		if len(h.Addresses) == 1 {
			t.names.ask(e.from)
		}
	}
	switch {
	case e.kind == reached || e.from == t.target:
		h.End = true
		if t.end == 0 || p.ttl < t.end {
			t.end = p.ttl
		}
		h.Says = e.says
	case e.kind == unreachable:
		h.Says = e.says
	case p.ttl >= t.end && t.end > 0:
		h.End, t.end = false, 0 // the way has become longer
	}
}

// only is the probe that is on the way, when it is the only one. Somebody has quoted
// too little of one to know it by; so from now on one goes at a time, after those that
// are on the way have had their time.
func (t *tracer) only() (probe, bool) {
	if !t.serial {
		t.serial = true
		t.quiet = time.Now().Add(t.o.Wait)
		clear(t.out) // nobody knows which of them were answered
		return probe{}, false
	}
	for _, p := range t.out {
		return p, len(t.out) == 1
	}
	return probe{}, false
}

// hopOf is the place of the first hop with an address; -1: there is none.
func (t *tracer) hopOf(from netip.Addr) int {
	return slices.IndexFunc(t.hops, func(h Hop) bool { return slices.Contains(h.Addresses, from) })
}

// told is the path as it may be kept: hops as far as one answered.
func (t *tracer) told() Path {
	p := t.path
	last := t.answered()
	if t.end > 0 {
		last = t.end
	}
	p.Hops = slices.Clone(t.hops[:last])
	for i := range p.Hops {
		h := &p.Hops[i]
		h.TTL, h.Addresses = i+1, slices.Clone(h.Addresses)
		if len(h.Addresses) > 0 {
			h.Name = t.names.of(h.Addresses[0])
		}
	}
	return p
}
