package uplink

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Ratchet keeps the secret by which the server tells this machine from a copy.
type Ratchet interface {
	Secret() []byte
	Store(secret []byte) error // returns once it is on the disk
}

// Config is what an Uplink needs. Functions are called from one goroutine at a
// time each.
type Config struct {
	Dialer   *Dialer
	Endpoint string
	Key      ed25519.PrivateKey
	Ratchet  Ratchet
	// Prove returns what the server is to go on from: hostname, boot, inventory
	// hash, recent ids. The rest is filled in here.
	Prove func() wire.Prove
	// Sample measures the machine. It never waits for anything.
	Sample func(now time.Time) diagnostics.Sample
	// Attend is called for every session, in a goroutine of its own, and is to
	// return when ctx ends, which is when the session does.
	Attend func(ctx context.Context, l *Link)
	// Changed is called for every ticket.changed, in their order.
	Changed func(wire.TicketChanged)
	// Approvals is called for all approvals, in their order; nil ignores them.
	Approvals func(wire.Approvals)
	// Announced is called for all announcements, in their order; nil ignores them.
	Announced func(wire.Announcements)
	// Ask carries out a diagnostic, in a goroutine of its own. ctx ends with the
	// session, and when the server cancels.
	Ask func(ctx context.Context, id string, a wire.Ask, answer func(wire.Answer))

	// Terminal takes a frame of a terminal in, and never waits; the frame is valid
	// during the call. nil ignores them.
	Terminal func(frame []byte)

	// Backlog is the file that keeps what was measured without a session over a
	// restart; empty: none.
	Backlog string

	Log *slog.Logger // nil: none

	// For tests; nil and 0 mean the machine's own.
	Wall    func() time.Time        // may jump
	Elapsed func() time.Duration    // never jumps; may stand still while the machine sleeps
	Network func(to string) Network // to is host:port of the server or its proxy
	Random  func() float64          // in [0, 1)
}

// Uplink keeps a session up. Make one with New, then Run it once.
type Uplink struct {
	config  Config
	health  health
	changed change.Signal

	nudged   chan struct{}  // reconnect now
	kicked   chan struct{}  // samples wait to be sent
	fresh    chan struct{}  // a session has begun
	returned chan struct{}  // after a Leave
	live     chan wire.Live // the server wants to watch

	mu    sync.Mutex
	state State
	link  *Link
	via   net.Addr // the other end of the last session's connection
}

// State is how the agent stands to the server.
type State struct {
	Phase   Phase
	Since   time.Time
	Problem string        // one sentence, unless connected
	Welcome wire.Welcome  // of the last session
	Skew    time.Duration // this machine's clock minus the server's, as of the last session
}

// Phase is a kind of State.
type Phase int

// The phases.
const (
	Connecting Phase = iota // not tried yet, or just lost
	Connected
	Offline
	Barred // held or withdrawn: only an administrator can change that
)

// New returns an Uplink.
func New(c Config) *Uplink {
	start := time.Now()
	if c.Wall == nil {
		c.Wall = func() time.Time { return time.Now().Round(0) }
	}
	if c.Elapsed == nil {
		c.Elapsed = func() time.Duration { return time.Since(start) }
	}
	if c.Network == nil {
		c.Network = readNetwork
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Uplink{
		config: c, nudged: make(chan struct{}, 1), kicked: make(chan struct{}, 1), fresh: make(chan struct{}, 1), returned: make(chan struct{}, 1),
		live: make(chan wire.Live, 4), state: State{Since: c.Wall()},
	}
}

// State returns how the agent stands to the server now.
func (u *Uplink) State() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.state
}

// Changed returns a channel that is closed when State changes next.
func (u *Uplink) Changed() <-chan struct{} { return u.changed.Changed() }

// Link returns the session that is up, or nil.
func (u *Uplink) Link() *Link {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.link
}

// Run connects and stays connected until ctx ends; then it says goodbye and
// returns nil. Nothing that the server or the network does ends it.
func (u *Uplink) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	u.recall()
	wg.Go(func() { newPulse(&u.config, &u.health).run(ctx, u) })
	wg.Go(func() { u.remember(ctx) })
	back := Backoff{Random: u.config.Random}
	for {
		e := u.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if _, ok := errors.AsType[LeavingError](e.Err); ok {
			u.gone(e, stayAway)
			if !u.away(ctx) {
				return nil
			}
			continue
		}
		wait, wished := back.After(e)
		u.gone(e, wait)
		if !u.wait(ctx, wait, wished) {
			return nil
		}
	}
}

// recall reads what an earlier run could not send.
func (u *Uplink) recall() {
	if u.config.Backlog == "" {
		return
	}
	if err := u.health.load(u.config.Backlog, u.config.Endpoint, u.config.Wall()); err != nil {
		u.config.Log.Warn("what was recorded without a connection before the start cannot be read", "error", err)
	}
}

// remember writes down what could not be sent: now and then without a session, and at the
// end.
func (u *Uplink) remember(ctx context.Context) {
	if u.config.Backlog == "" {
		return
	}
	tick := time.NewTicker(backlogSave)
	defer tick.Stop()
	for said := false; ; {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		// With a session, what is held is on its way.
		err := u.health.save(u.config.Backlog, u.config.Endpoint, ctx.Err() != nil || u.Link() == nil)
		if err != nil && !said {
			u.config.Log.Warn("what is recorded without a connection cannot be written down", "error", err)
		}
		said = err != nil
		if ctx.Err() != nil {
			return
		}
	}
}

// once connects once and attends the session to its end.
func (u *Uplink) once(ctx context.Context) Ending {
	s, err := u.dial(ctx)
	if err != nil {
		return Ending{Err: err, Now: errors.Is(err, errNudged)}
	}
	l := newLink(ctx, s, u)
	start := time.Now()
	u.begin(l)
	err = l.run(ctx)
	u.health.lost()
	u.push(wire.Live{})
	return Ending{Err: err, Up: max(time.Since(start), 1), ReturnWithin: s.Welcome.ReturnWithin, Now: errors.Is(err, errNudged)}
}

// errNudged is why a connection is given up for a new one.
var errNudged = errors.New("the machine woke up or its network has changed")

// dial connects. A nudge has it start over, since a connection that was begun on
// the old network may take long to fail.
func (u *Uplink) dial(ctx context.Context) (*Session, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type result struct {
		s   *Session
		err error
	}
	done := make(chan result, 1)
	go func() {
		p := u.config.Prove()
		p.Endpoint, p.Columns, p.Ratchet = u.config.Endpoint, wire.DefaultColumns(), u.config.Ratchet.Secret()
		s, err := u.config.Dialer.Dial(ctx, u.config.Key, p)
		done <- result{s, err}
	}()
	select {
	case r := <-done:
		return r.s, r.err
	case <-u.nudged:
		cancel(errNudged)
		if r := <-done; r.err == nil { // it got through all the same
			return r.s, nil
		}
		return nil, errNudged
	}
}

// wait waits for the next attempt and reports whether there is to be one. A nudge
// ends it, but not before the server's own wish is fulfilled.
func (u *Uplink) wait(ctx context.Context, d time.Duration, wished bool) bool {
	until := u.config.Wall().Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-u.nudged:
			if !wished || !u.config.Wall().Before(until) {
				return true
			}
		}
	}
}

// begin makes a session the current one.
func (u *Uplink) begin(l *Link) {
	u.health.begin(u.config.Wall())
	u.mu.Lock()
	u.link, u.via = l, l.RemoteAddr()
	u.state = State{Phase: Connected, Since: u.config.Wall(), Welcome: l.Welcome, Skew: l.Skew}
	u.mu.Unlock()
	u.changed.Notify()
	ring(u.fresh)
	u.config.Log.Info("connected", "session", l.Welcome.Session, "server", u.config.Dialer.Address())
}

// gone notes that there is no session.
func (u *Uplink) gone(e Ending, wait time.Duration) {
	u.mu.Lock()
	u.link = nil
	phase, problem := Offline, fault.Sentence(e.Err)
	switch _, coded := errors.AsType[*fault.Error](e.Err); {
	case barred(e.Err):
		phase = Barred
	case e.Up > 0:
		phase, problem = Connecting, ""
	case !coded:
		problem = "The server cannot be reached. It will be tried again by itself."
	}
	if e.Up == 0 && e.Now {
		phase, problem = u.state.Phase, u.state.Problem
	}
	level := slog.LevelDebug // said once; a laptop may be away for weeks
	if u.state.Phase != phase || u.state.Problem != problem {
		level = slog.LevelInfo
	}
	if u.state.Phase != phase {
		u.state.Since = u.config.Wall()
	}
	u.state.Phase, u.state.Problem = phase, problem
	u.mu.Unlock()
	u.changed.Notify()
	u.config.Log.Log(context.Background(), level, "not connected", "error", e.Err, "was_up", e.Up.Round(time.Second), "again_in", wait.Round(time.Millisecond))
}

// remote is where to look for the way to the server: the last connection's other
// end, or a documentation address (RFC 5737) that stands for "out".
func (u *Uplink) remote() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if addrOf(u.via).IsValid() {
		return u.via.String()
	}
	return "192.0.2.1:443"
}

// local is the address that the session goes out from; invalid without one.
func (u *Uplink) local() netip.Addr {
	l := u.Link()
	if l == nil {
		return netip.Addr{}
	}
	return addrOf(l.Local)
}

func ring(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it rings already
	}
}

// Again gives up what connecting has begun, or the wait before it, and connects
// anew. A wish of the server's to wait stays.
func (u *Uplink) Again() { u.nudge() }

func (u *Uplink) nudge() { ring(u.nudged) }
func (u *Uplink) kick()  { ring(u.kicked) }

// push tells the pulse how the server wants to watch.
func (u *Uplink) push(l wire.Live) {
	select {
	case u.live <- l:
	default: // four wishes wait already: the server asks again before long
	}
}
