// Package fleet simulates endpoints over the real protocol: thousands in one
// process, each with a machine that changes, people who ring, and answers to what
// a technician asks. It is the load generator, the demonstration and the capacity
// planner; nothing in it knows the server from inside.
package fleet

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/wire"
)

// Options are what a fleet is to do. The zero values of the intervals are the
// protocol's own.
type Options struct {
	// Enrolments are enrolment strings; the endpoints are dealt out among them in
	// turn. They may be few or none where State has the identities already.
	Enrolments []string
	Endpoints  int
	State      string // folder that keeps the identities; "" keeps none

	Interval time.Duration // between samples
	Frame    time.Duration // between frames; negative sends none
	// Window has each endpoint send a frame as soon as fewer than so many are
	// unacknowledged, instead of by the clock. 0 is by the clock.
	Window int

	Rings   float64       // tickets a minute, over the whole fleet
	Senders int           // tickets rung by so many at once, each when its last was acknowledged
	Plain   bool          // rings carry no snapshot
	After   time.Duration // of the connecting, before anybody rings
	Quiet   bool          // requesters do not react to what the help desk does
	Listen  bool          // machines have outages announced to them, and when they hear of one is noted

	Token string // watches the tickets as a technician's page does; "" does not

	Duration time.Duration // from when all are enrolled and After has passed; 0 is until ctx ends
	Settle   time.Duration // at the end, how long to wait at most for tickets that are under way

	// Again says how long an endpoint waits after a session or an attempt. Nil is
	// the protocol's rule.
	Again func(uplink.Ending) time.Duration
	Log   *slog.Logger // nil: none

	ills  map[int]machine.Ill // of these machines, whatever chance says
	past  bool                // machines that are new come with the readings of half an hour
	facts bool                // machines tell what they are made of
	away  map[int]bool        // machines that are switched off
}

// Fleet is a number of simulated endpoints. Make one with New, then Run it once.
type Fleet struct {
	options   Options
	log       *slog.Logger
	roster    *roster
	endpoints []*endpoint
	dialers   dialers
	doors     chan struct{} // bounds the handshakes under way
	stats     stats
	enrolled  int
	started   time.Time
	wg        sync.WaitGroup

	mu      sync.Mutex
	pending map[string]time.Time // rings that the watched page has not shown yet
	ready   chan struct{}        // closed once all are enrolled

	scripted sync.Map // ids of tickets whose requesters do what the demonstration says
}

// maxDoors is half of what a server lets in at once.
const maxDoors = 128

// spareFiles is what a process needs besides its sessions.
const spareFiles = 64

// New returns a fleet. Its errors are faults about the options.
func New(o Options) (*Fleet, error) {
	if o.Interval == 0 {
		o.Interval = wire.SampleInterval
	}
	if o.Frame == 0 {
		o.Frame = max(wire.FrameInterval, o.Interval)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Endpoints < 1:
		return nil, fault.Field("--endpoints", "--endpoints is how many endpoints to simulate, at least 1.")
	case o.Interval < 100*time.Millisecond || o.Interval > time.Hour:
		return nil, fault.Field("--interval", "--interval lies between 100ms and 1h.")
	case uint64(o.Endpoints)+spareFiles > maxFiles():
		return nil, fault.Newf(fault.Invalid, "%d endpoints need more open files than this process may have (%d). Raise the limit (ulimit -n), or share them between several processes.", o.Endpoints, maxFiles())
	}
	f := &Fleet{options: o, log: o.Log, doors: make(chan struct{}, maxDoors), pending: map[string]time.Time{}, ready: make(chan struct{})}
	f.dialers.stats = &f.stats
	return f, nil
}

// Run enrols whoever is not enrolled yet, connects everybody and keeps them
// connected until ctx ends or the time is up; then they say goodbye. An error means
// that it could not begin.
func (f *Fleet) Run(ctx context.Context) error {
	roster, known, err := openRoster(f.options.State)
	if err != nil {
		return err
	}
	f.roster = roster
	err = f.enrol(ctx, known)
	if err == nil {
		f.started = time.Now()
		close(f.ready)
		f.run(ctx)
	}
	return errors.Join(err, roster.close())
}

func (f *Fleet) run(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ringing, enough := context.WithCancel(ctx)
	defer enough()
	for i, e := range f.endpoints {
		if !f.options.away[i] {
			f.wg.Go(func() { e.run(ctx) })
		}
	}
	var ringers sync.WaitGroup
	defer ringers.Wait()
	calm := func() {
		select {
		case <-ringing.Done():
		case <-time.After(f.options.After):
		}
	}
	if f.options.Rings > 0 {
		ringers.Go(func() { calm(); f.ring(ringing) })
	}
	for range f.options.Senders {
		ringers.Go(func() { calm(); f.send(ringing) })
	}
	if f.options.Token != "" {
		f.wg.Go(func() { f.watch(ctx) })
	}
	if f.options.Duration > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(f.options.After + f.options.Duration):
		}
		enough()
		ringers.Wait()
		f.settle(ctx)
		stop()
	}
	<-ctx.Done()
	f.stats.atEnd.Store(f.stats.connected.Load())
	f.leave()
	f.wg.Wait()
}

// settle waits for the acknowledgements of what was rung.
func (f *Fleet) settle(ctx context.Context) {
	deadline := time.Now().Add(f.options.Settle)
	for ctx.Err() == nil && time.Now().Before(deadline) && f.Report().Rings.Waiting > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// leave has everybody say goodbye, many at a time.
func (f *Fleet) leave() {
	var wg sync.WaitGroup
	work := make(chan *endpoint)
	for range 32 {
		wg.Go(func() {
			for e := range work {
				e.leave()
			}
		})
	}
	for _, e := range f.endpoints {
		work <- e
	}
	close(work)
	wg.Wait()
}

// Ready is closed once all endpoints are enrolled and begin to connect.
func (f *Fleet) Ready() <-chan struct{} { return f.ready }

// Connected is how many sessions are up.
func (f *Fleet) Connected() int { return int(f.stats.connected.Load()) }

// Endpoint describes one endpoint of the fleet.
type Endpoint struct {
	Number   int
	ID       string // as the server knows it
	Hostname string
	Site     string
	Ill      machine.Ill
	People   []wire.Account
}

// Endpoints describes all, by number. It is to be called once Ready is closed.
func (f *Fleet) Endpoints() []Endpoint {
	out := make([]Endpoint, len(f.endpoints))
	for i, e := range f.endpoints {
		e.mu.Lock()
		out[i] = Endpoint{Number: i, ID: e.id.Endpoint, Hostname: e.machine.Hostname(), Site: e.id.Site, Ill: e.machine.Ill(), People: e.machine.People()}
		e.mu.Unlock()
	}
	return out
}

// again is how long to wait after an ending.
func (f *Fleet) again(back *uplink.Backoff, end uplink.Ending) time.Duration {
	if f.options.Again != nil {
		return f.options.Again(end)
	}
	wait, _ := back.After(end)
	return wait
}

// any returns an endpoint that is connected, or nil when hardly any is.
func (f *Fleet) any() *endpoint {
	for range 200 {
		if e := f.endpoints[rand.IntN(len(f.endpoints))]; e.up.Load() {
			return e
		}
	}
	return nil
}
