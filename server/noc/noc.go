// Package noc is what the network operations center knows: for each endpoint
// whether it is there, how it is, and since when. The present is kept in memory
// and rebuilt from the endpoints themselves; the past is in the time series.
package noc

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/habit"
	"github.com/deskbell/deskbell/server/live"
)

// Fleet is all endpoints.
type Fleet struct {
	store  Store
	series Series
	live   *live.Hub
	line   Line
	now    func() time.Time
	log    *slog.Logger

	mu        sync.RWMutex
	endpoints map[string]*endpoint
	sorted    []*endpoint    // by site, name and id; nil when it has to be made again
	roster    []Member       // what Roster tells; nil when it has to be made again
	shown     map[string]int // how many endpoints show a finding, by its code; nil when it has to be counted again
	dirty     map[*endpoint]struct{}
	unseen    map[*endpoint]struct{} // whose last contact is not on disk yet
	watchers  map[string]int         // how many look at an endpoint live

	connected int                    // sessions
	unsure    time.Time              // until then who is unknown may still come back
	lookedAt  time.Time              // by the wall clock
	marked    time.Time              // when presences were last put into the series
	deaf      time.Time              // until then a silence may be the server's own
	recent    []lost                 // who went without a word lately
	loss      *Loss                  // the last
	missing   map[*endpoint]struct{} // who has not come back from it

	zone      func() *time.Location          // by which people live: usual hours are learned in it
	siteZone  func(id string) *time.Location // of a site that has one of its own, else nil
	habits    map[string][]byte              // by endpoint, what is learned and not on disk yet
	trailAt   [trailMarks]time.Time          // when health was marked
	trailLast time.Time
}

// Store is what the fleet needs kept.
type Store interface {
	// Endpoints returns all endpoints.
	Endpoints(ctx context.Context) ([]Record, error)
	Endpoint(ctx context.Context, id string) (Record, error)
	SaveSeen(ctx context.Context, seen []Seen) error
	SaveInventory(ctx context.Context, endpoint string, inv wire.Inventory, doc json.RawMessage) error
	SaveFindings(ctx context.Context, endpoint string, f wire.Findings) error
	// Habits returns what is learned of each endpoint's usual hours.
	Habits(ctx context.Context) (map[string][]byte, error)
	SaveHabits(ctx context.Context, habits map[string][]byte) error
}

// Series keeps readings over time.
type Series interface {
	Append(endpoint string, samples []diagnostics.Sample, score int)
	// Presence notes where an endpoint is: see Presence.Number and Presence.Up.
	Presence(endpoint string, at time.Time, presence, up int)
	// Expected notes how likely an endpoint is there at a moment, and how unusual it is
	// that it is away: see the package habit.
	Expected(endpoint string, at time.Time, expected, missed float64)
}

// Line reaches connected endpoints.
type Line interface {
	Live(endpoint string, l wire.Live)
}

// Record is what the store knows about an endpoint.
type Record struct {
	ID            string
	Name          string
	Site          enrol.Site
	State         enrol.State
	Reason        string // why it is held
	OS            string
	Arch          string
	Platform      string
	Agent         string
	Address       string
	Boot          string
	BootedAt      time.Time
	Inventory     json.RawMessage // a wire.Inventory; nil when none came yet
	InventoryHash string
	Findings      []diagnostics.Finding
	FindingsAt    time.Time
	EnrolledAt    time.Time
	SeenAt        time.Time
	Goodbye       wire.GoodbyeReason
}

// Seen is the last contact with an endpoint.
type Seen struct {
	Endpoint string
	Name     string
	Renamed  bool // Name is not what was stored last
	Agent    string
	Address  string
	Boot     string
	BootedAt time.Time
	At       time.Time
	Goodbye  wire.GoodbyeReason
}

// endpoint is one endpoint in memory. A fleet has tens of thousands: what is not
// looked at all the time stays in the store.
type endpoint struct {
	id, name, platform, os string
	site                   *enrol.Site // shared
	state                  enrol.State
	presence               Presence
	since                  time.Time // of the presence
	seenAt                 time.Time
	readAt                 time.Time // of the last reading, or of the session's begin
	goodbye                wire.GoodbyeReason
	session                string // of the connection that counts
	sample                 diagnostics.Sample
	findings               []diagnostics.Finding
	reasons                []diagnostics.Reason
	score                  int16 // -1: unknown
	agent, address, boot   string
	renamed                bool   // since it was stored
	inventory              string // its hash
	bootedAt               time.Time
	habit                  *habit.Habit // nil: nothing is learned
	expected               float32      // how likely it is there now; -1: not enough is known
	trail                  trail        // of the last hour's health
}

// New returns a fleet. SetLine completes it, Load fills it.
func New(store Store, series Series, hub *live.Hub, now func() time.Time, log *slog.Logger) *Fleet {
	return &Fleet{
		store: store, series: series, live: hub, now: now, log: log,
		endpoints: map[string]*endpoint{}, dirty: map[*endpoint]struct{}{}, unseen: map[*endpoint]struct{}{}, watchers: map[string]int{},
		zone: func() *time.Location { return time.UTC }, siteZone: func(string) *time.Location { return nil }, habits: map[string][]byte{},
	}
}

// SetLine says how endpoints are reached. It is called once, before any connects.
func (f *Fleet) SetLine(l Line) { f.line = l }

// Load reads all endpoints. Where they are is unknown until they come back.
func (f *Fleet) Load(ctx context.Context) error {
	records, err := f.store.Endpoints(ctx)
	if err != nil {
		return err
	}
	habits, err := f.loadHabits(ctx)
	if err != nil {
		return err
	}
	sites := map[string]*enrol.Site{}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	f.unsure, f.lookedAt = now.Add(settle), now.Round(0)
	for _, r := range records {
		site := sites[r.Site.ID]
		if site == nil {
			site = &r.Site
			sites[site.ID] = site
		}
		presence, since := Unknown, now
		if r.SeenAt.IsZero() {
			presence, since = Awaited, r.EnrolledAt
		}
		f.endpoints[r.ID] = &endpoint{
			id: r.ID, name: r.Name, os: r.OS, platform: r.Platform, site: site, state: r.State, presence: presence, since: since,
			seenAt: r.SeenAt, goodbye: r.Goodbye, findings: r.Findings, score: -1,
			agent: r.Agent, address: r.Address, boot: r.Boot, bootedAt: r.BootedAt, inventory: r.InventoryHash,
			habit: habits[r.ID], expected: -1,
		}
	}
	f.sorted, f.roster, f.shown = nil, nil, nil
	return nil
}

// Join is an endpoint's session that has just begun.
type Join struct {
	Identity enrol.Identity
	Session  string
	Hostname string
	Agent    string
	Address  string
	Boot     string
	BootedAt time.Time
	OS       string
}

// Joined notes that an endpoint is there.
func (f *Fleet) Joined(j Join) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.endpoints[j.Identity.ID]
	if e == nil {
		e = &endpoint{id: j.Identity.ID, site: f.siteOf(j.Identity.Site), score: -1, expected: -1}
		f.endpoints[e.id] = e
		f.sorted, f.roster = nil, nil
	}
	was := e.member()
	if e.name != j.Hostname {
		e.name, e.renamed = j.Hostname, true
		f.sorted = nil
	}
	if s := j.Identity.Site.ID; s != "" && s != e.site.ID { // it was moved
		e.site, f.sorted = f.siteOf(j.Identity.Site), nil
	}
	if e.session == "" {
		f.connected++
	}
	if e.state != j.Identity.State {
		f.show(e, -1)
		e.state = j.Identity.State
		f.show(e, 1)
	}
	e.session, e.agent, e.address, e.boot, e.bootedAt = j.Session, j.Agent, j.Address, j.Boot, j.BootedAt
	if j.OS != "" {
		e.os = j.OS
	}
	if e.member() != was {
		f.roster = nil
	}
	f.here(e, now)
	e.seenAt, e.goodbye = now, ""
	f.touch(e)
}

// Enrolled notes an endpoint that has never been there, so that the wall shows who
// is awaited.
func (f *Fleet) Enrolled(i enrol.Identity, m wire.Machine) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.endpoints[i.ID] != nil {
		return // the answer to its first try was lost
	}
	e := &endpoint{id: i.ID, name: m.Hostname, os: m.OS, site: f.siteOf(i.Site), state: i.State, presence: Awaited, score: -1, expected: -1}
	f.endpoints[e.id] = e
	f.sorted, f.roster = nil, nil
	f.dirty[e] = struct{}{}
}

// siteOf shares the site with the endpoints that are there already.
func (f *Fleet) siteOf(s enrol.Site) *enrol.Site {
	for _, e := range f.endpoints {
		if e.site.ID == s.ID {
			return e.site
		}
	}
	return &s
}

// touch notes that an endpoint has changed, for whoever watches and for the disk.
func (f *Fleet) touch(e *endpoint) {
	f.dirty[e] = struct{}{}
	f.unseen[e] = struct{}{}
}

// SetState notes whether an identity may connect.
func (f *Fleet) SetState(endpoint string, state enrol.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.endpoints[endpoint]; e != nil && e.state != state {
		f.show(e, -1)
		e.state = state
		f.show(e, 1)
		f.dirty[e] = struct{}{}
	}
}

// maxAhead is how far into the future an endpoint's clock may be; beyond it its
// samples are dated by the server's.
const maxAhead = 5 * time.Minute

// Ingest takes a frame of samples in. It keeps the samples.
func (f *Fleet) Ingest(endpoint string, h *wire.Health) {
	if len(h.Samples) == 0 {
		return
	}
	now := f.now()
	last := h.Samples[len(h.Samples)-1]
	if shift := last.At.Sub(now); shift > maxAhead {
		for i := range h.Samples {
			h.Samples[i].At = h.Samples[i].At.Add(-shift)
		}
		last.At = now
	}
	f.mu.Lock()
	e := f.endpoints[endpoint]
	if e == nil {
		f.mu.Unlock()
		return
	}
	score := -1
	if h.Flags&wire.HealthLate == 0 || last.At.After(e.sample.At) {
		e.sample = last
		var ok bool
		var n int
		if n, e.reasons, ok = diagnostics.Score(last, e.findings); ok {
			score = n
		}
		e.score = int16(score)
	}
	e.seenAt = now
	if e.session != "" && !last.Empty() && h.Flags&wire.HealthLate == 0 {
		f.here(e, now)
	}
	f.touch(e)
	watched := f.watchers[endpoint] > 0
	f.mu.Unlock()
	f.series.Append(endpoint, h.Samples, score)
	if watched {
		f.publishSamples(endpoint, h, score)
	}
}

// SetFindings notes what is wrong with an endpoint.
func (f *Fleet) SetFindings(ctx context.Context, endpoint string, list wire.Findings) error {
	if err := f.store.SaveFindings(ctx, endpoint, list); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.endpoints[endpoint]; e != nil {
		f.show(e, -1)
		e.findings = list.Findings
		f.show(e, 1)
		if n, reasons, ok := diagnostics.Score(e.sample, e.findings); ok {
			e.score, e.reasons = int16(n), reasons
		}
		f.dirty[e] = struct{}{}
	}
	return nil
}

// InventoryHash returns the hash of the inventory that is known of an endpoint.
func (f *Fleet) InventoryHash(endpoint string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[endpoint]; e != nil {
		return e.inventory
	}
	return ""
}

// SetInventory notes what an endpoint is.
func (f *Fleet) SetInventory(ctx context.Context, endpoint string, inv wire.Inventory, doc json.RawMessage) error {
	if err := f.store.SaveInventory(ctx, endpoint, inv, doc); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.endpoints[endpoint]; e != nil {
		if e.os != inv.System.OS {
			f.roster = nil
		}
		e.platform, e.os, e.inventory = inv.System.Platform, inv.System.OS, inv.Hash
		f.dirty[e] = struct{}{}
	}
	return nil
}

// Watch asks an endpoint for live readings until release is called.
func (f *Fleet) Watch(endpoint string) (release func()) {
	f.mu.Lock()
	f.watchers[endpoint]++
	f.mu.Unlock()
	f.line.Live(endpoint, liveFor)
	var once sync.Once
	return func() {
		once.Do(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.watchers[endpoint]--; f.watchers[endpoint] <= 0 {
				delete(f.watchers, endpoint)
			}
		})
	}
}

// liveFor outlasts liveAgain, so that a lost message makes no gap.
var liveFor = wire.Live{Interval: time.Second, For: 45 * time.Second}

const (
	liveAgain    = 20 * time.Second
	publishEvery = time.Second
	lookEvery    = 10 * time.Second
)

// Run publishes changes, renews live mode and writes last contacts down until ctx
// ends.
func (f *Fleet) Run(ctx context.Context) error {
	var saving sync.WaitGroup
	saving.Go(func() { f.keepSeen(ctx) })
	defer saving.Wait()
	publish, again := time.NewTicker(publishEvery), time.NewTicker(liveAgain)
	defer publish.Stop()
	defer again.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-publish.C:
			f.publish()
		case <-again.C:
			for _, id := range f.watched() {
				f.line.Live(id, liveFor)
			}
		case <-look.C:
			f.look()
			f.mark()
		}
	}
}

func (f *Fleet) watched() []string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var ids []string
	for id := range f.watchers {
		ids = append(ids, id)
	}
	return ids
}
