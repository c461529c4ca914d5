package fleet

import (
	"context"
	"crypto/ed25519"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/wire"
)

// endpoint is one simulated machine and its session. There are tens of thousands
// in a process: besides the goroutine that reads it has none, and one timer.
type endpoint struct {
	fleet  *Fleet
	id     *Identity
	key    ed25519.PrivateKey
	dialer *uplink.Dialer
	up     atomic.Bool

	mu      sync.Mutex
	ended   bool // it has said goodbye for good
	machine *machine.Machine
	session *uplink.Session // nil while there is none
	health  health
	said    machine.Ill // the illness whose findings the server has
	told    bool        // whether it has any
	out     []*message  // not acknowledged yet, oldest first
	acked   []string    // the newest ids that were
	facts   string      // the hash of those that the server was told
	asks    map[string]context.CancelFunc
	tickets map[string]string // of its people: what the server last said, for react
	heard   []string          // announcements that it was told of
}

func (f *Fleet) newEndpoint(i *Identity, now time.Time) (*endpoint, error) {
	e := wire.Enrolment{URL: i.URL, Key: i.Key, Pin: i.Pin}
	m := machine.New(salt(e), i.Number, machine.Code(i.Site), now)
	s := m.System(now)
	d, err := f.dialers.get(e, s.OS+"/"+s.Arch)
	if err != nil {
		return nil, err
	}
	return &endpoint{fleet: f, id: i, key: i.key(), dialer: d, machine: m}, nil
}

// run keeps a session up until ctx ends.
func (e *endpoint) run(ctx context.Context) {
	e.start()
	back := uplink.Backoff{Random: rand.Float64}
	for {
		end := e.once(ctx)
		if ctx.Err() != nil || e.off() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(e.fleet.again(&back, end)):
		}
	}
}

// once connects once and attends the session to its end.
func (e *endpoint) once(ctx context.Context) uplink.Ending {
	s, err := e.dial(ctx)
	if err != nil {
		e.fleet.count(ctx, err)
		return uplink.Ending{Err: err}
	}
	began := time.Now()
	if !e.begin(s) {
		return uplink.Ending{Err: context.Canceled}
	}
	err = e.read(s)
	e.lost()
	if ctx.Err() == nil {
		e.fleet.stats.lostSessions.Add(1)
	}
	return uplink.Ending{Err: err, Up: max(time.Since(began), 1), ReturnWithin: s.Welcome.ReturnWithin}
}

// dial shakes hands, in a goroutine of its own: the handshake needs a large stack,
// which the one that reads from then on would keep.
func (e *endpoint) dial(ctx context.Context) (*uplink.Session, error) {
	select {
	case e.fleet.doors <- struct{}{}:
		defer func() { <-e.fleet.doors }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type result struct {
		s   *uplink.Session
		err error
	}
	done := make(chan result, 1)
	go func() {
		s, err := e.dialer.Dial(ctx, e.key, e.prove())
		done <- result{s, err}
	}()
	r := <-done
	return r.s, r.err
}

func (e *endpoint) prove() wire.Prove {
	e.mu.Lock()
	defer e.mu.Unlock()
	return wire.Prove{
		Endpoint: e.id.Endpoint, Ratchet: e.id.Ratchet, Boot: e.machine.Booted().Format("20060102T150405"), BootedAt: e.machine.Booted(),
		Hostname: e.machine.Hostname(), Columns: wire.DefaultColumns(), Inventory: e.machine.InventoryHash(), Stock: e.facts, Recent: append([]string(nil), e.acked...),
	}
}

// count files a failed attempt.
func (f *Fleet) count(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	r, refused := errors.AsType[*uplink.RefusedError](err)
	if !refused {
		f.stats.dialFailures.Add(1)
		f.log.Debug("no connection", "err", err)
		return
	}
	f.stats.refusal(fault.CodeOf(err))
	passing := r.Close == 0 || r.Close == wire.CloseUnavailable || r.Close == wire.CloseTooMany
	if passing && r.RetryAfter == 0 {
		f.stats.untimed.Add(1)
	}
	f.log.Debug("refused", "err", err)
}

// begin takes a session up: what was confirmed, what is to be sent again, what the
// server lacks. It reports false when the fleet is stopping.
func (e *endpoint) begin(s *uplink.Session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		s.Close(1000, string(wire.ByeStop))
		return false
	}
	stats := &e.fleet.stats
	if stats.connects.Add(1); e.told {
		stats.reconnects.Add(1)
	}
	stats.connected.Add(1)
	stats.missing.Add(int64(len(s.Welcome.Missing)))
	e.session = s
	e.confirm(s)
	for _, m := range e.out {
		e.put(m)
	}
	now := time.Now()
	if s.Welcome.WantInventory {
		e.send(wire.TypeInventory, e.machine.Inventory(now, e.dialerAgent(now)))
	}
	if s.Welcome.WantStock && e.fleet.options.facts {
		facts := e.machine.Facts(now)
		e.send(wire.TypeStock, facts)
		e.facts = facts.Hash
	}
	e.report(now)
	if len(e.tickets) > 0 {
		for _, p := range e.machine.People() {
			e.send(wire.TypeTicketsGet, wire.TicketsGet{Account: p})
		}
	}
	if e.fleet.options.Listen {
		e.send(wire.TypeAnnouncementsGet, nil)
	}
	e.resume(now)
	e.up.Store(true)
	return true
}

func (e *endpoint) dialerAgent(now time.Time) string {
	s := e.machine.System(now)
	return agentName(s.OS + "/" + s.Arch)
}

// confirm keeps the secret of the welcome and tells the server so.
func (e *endpoint) confirm(s *uplink.Session) {
	if err := e.fleet.roster.ratchet(e.id.Number, s.Welcome.Ratchet); err != nil {
		e.fleet.log.Error("a session's secret cannot be kept", "err", err)
		return
	}
	e.id.Ratchet = s.Welcome.Ratchet
	e.send(wire.TypeRatchet, nil)
}

// send sends a message whose answer nobody waits for. A connection that fails is
// noticed by the reader.
func (e *endpoint) send(t wire.Type, body any) {
	e.session.Send(t, ulid.Make().String(), "", body)
}

// report tells the server what is wrong with the machine, when that has changed.
func (e *endpoint) report(now time.Time) {
	ill := e.machine.Ill()
	if e.told && ill == e.said {
		return
	}
	e.told, e.said = true, ill
	list := e.machine.Findings(now)
	if list == nil {
		list = []diagnostics.Finding{}
	}
	e.send(wire.TypeFindings, wire.Findings{At: now.UTC(), Findings: list})
}

// lost notes that the session is over.
func (e *endpoint) lost() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.up.Store(false)
	e.session.Close(1000, "")
	e.session = nil
	e.health.lost()
	for id, stop := range e.asks {
		stop()
		delete(e.asks, id)
	}
	e.fleet.stats.connected.Add(-1)
}

// off reports whether the machine has left for good.
func (e *endpoint) off() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ended
}

// leave says goodbye for good.
func (e *endpoint) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	e.stop()
	if e.session != nil {
		e.session.Send(wire.TypeGoodbye, "", "", wire.Goodbye{Reason: wire.ByeStop})
		e.session.Close(1000, string(wire.ByeStop))
	}
}

// read takes in what the server sends until the session ends.
func (e *endpoint) read(s *uplink.Session) error {
	buf := make([]byte, 256)
	for {
		m, err := s.Next(buf, time.Hour)
		if err != nil {
			return err
		}
		if m.Frame != nil {
			seq, err := wire.DecodeHealthAck(m.Frame)
			if err != nil {
				return err
			}
			e.healthAcked(seq)
			continue
		}
		if err := e.take(m.Envelope); err != nil {
			return err
		}
	}
}

// take handles one text message.
func (e *endpoint) take(m wire.Envelope) error {
	switch m.Type {
	case wire.TypeAck:
		var a wire.Ack
		if err := m.Into(&a); err != nil {
			return err
		}
		e.settled(m.Re, a)
	case wire.TypeError:
		var x wire.Error
		if err := m.Into(&x); err != nil {
			return err
		}
		e.postponed(m.Re, x)
	case wire.TypeTicketChanged:
		var c wire.TicketChanged
		if err := m.Into(&c); err != nil {
			return err
		}
		e.changed(c)
	case wire.TypeAnnouncements:
		var a wire.Announcements
		if err := m.Into(&a); err != nil {
			return err
		}
		e.announced(a, time.Now())
	case wire.TypeLive:
		var l wire.Live
		if err := m.Into(&l); err != nil {
			return err
		}
		e.live(l)
	case wire.TypeAsk:
		var a wire.Ask
		if err := m.Into(&a); err != nil {
			return err
		}
		e.ask(m.ID, a)
	case wire.TypeAskCancel:
		e.mu.Lock()
		if stop := e.asks[m.Re]; stop != nil {
			stop()
		}
		e.mu.Unlock()
	}
	return nil
}
