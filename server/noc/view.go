package noc

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/live"
)

// View is an endpoint as a list or the wall shows it.
type View struct {
	ID       string
	Name     string
	Site     enrol.Site
	OS       string
	Platform string
	State    enrol.State
	Presence Presence
	Since    time.Time // of the presence
	SeenAt   time.Time // last contact; zero: never
	Goodbye  wire.GoodbyeReason
	BootedAt time.Time
	Sample   diagnostics.Sample // the newest; empty when none has come since the server started
	Score    int                // -1: unknown
	Reasons  []diagnostics.Reason
	Findings []diagnostics.Finding
	Agent    string
	Address  string
	Expected float64 // how likely it is there at this hour of the week; -1: not enough is known
}

func (e *endpoint) view() View {
	v := View{
		ID: e.id, Name: e.name, Site: *e.site, OS: e.os, Platform: e.platform, State: e.state, Presence: e.presence, Since: e.since, SeenAt: e.seenAt,
		Goodbye: e.goodbye, BootedAt: e.bootedAt, Sample: e.sample, Score: int(e.score), Reasons: e.reasons, Findings: e.findings,
		Agent: e.agent, Address: e.address, Expected: float64(e.expected),
	}
	if e.presence != Online { // what it was is no score of what it is
		v.Score, v.Reasons = -1, nil
	}
	return v
}

// Query selects endpoints.
type Query struct {
	Site     string // id
	Presence Presence
	State    enrol.State
	Text     string // in the name or the address
	OS       string // linux, windows, darwin
	Agent    string // the agent's version begins so
	After    string // the id of the last endpoint of the page before
	Limit    int    // 1 to 1000
	Worst    bool   // the lowest score first, instead of by site and name; no pages then
	// Among chooses by id; nil: all. It must not ask the fleet.
	Among func(id string) bool
}

// List returns a page of endpoints by site and name, and the id to go on after.
func (f *Fleet) List(actor auth.Actor, q Query) ([]View, string, error) {
	if err := auth.Authorise(actor, auth.EndpointsList, auth.Object{}); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, "", fault.Field("limit", "A page holds 1 to 1000 endpoints.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.inOrder()
	if q.Worst {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b *endpoint) int { return cmp.Compare(a.rank(), b.rank()) })
	}
	if q.After != "" && !q.Worst {
		i := slices.IndexFunc(list, func(e *endpoint) bool { return e.id == q.After })
		if i < 0 {
			return nil, "", fault.Field("cursor", "The cursor does not belong to this list any more. Start again without it.")
		}
		list = list[i+1:]
	}
	q.Text = strings.ToLower(q.Text)
	var out []View
	for _, e := range list {
		if !q.fits(e) {
			continue
		}
		if len(out) == q.Limit {
			return out, out[len(out)-1].ID, nil
		}
		out = append(out, e.view())
	}
	return out, "", nil
}

func (q *Query) fits(e *endpoint) bool {
	switch {
	case q.Site != "" && e.site.ID != q.Site, !q.Presence.selects(e.presence), q.State != "" && e.state != q.State,
		q.OS != "" && e.os != q.OS, q.Agent != "" && !strings.HasPrefix(version(e.agent), strings.TrimPrefix(q.Agent, "v")),
		q.Text != "" && !strings.Contains(strings.ToLower(e.name), q.Text) && !strings.Contains(e.address, q.Text),
		q.Among != nil && !q.Among(e.id):
		return false
	}
	return true
}

// Cell is an endpoint as the wall shows it.
type Cell struct {
	ID, Name string
	Site     *enrol.Site // shared: it is read alone
	Presence Presence
	State    enrol.State
	Score    int // -1: unknown
}

// Cells returns all endpoints that are not revoked, by site and name.
func (f *Fleet) Cells(actor auth.Actor) ([]Cell, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.inOrder()
	out := make([]Cell, 0, len(list))
	for _, e := range list {
		if e.state == enrol.Revoked {
			continue
		}
		c := Cell{ID: e.id, Name: e.name, Site: e.site, Presence: e.presence, State: e.state, Score: -1}
		if e.presence == Online {
			c.Score = int(e.score)
		}
		out = append(out, c)
	}
	return out, nil
}

// version is what an agent's name says behind the slash: deskbell-agent/1.2.0 linux/amd64.
func version(agent string) string {
	_, v, _ := strings.Cut(agent, "/")
	return strings.TrimPrefix(v, "v")
}

// Matching returns all endpoints that a query selects and that may connect, by site
// and name. After, Limit and Worst do not matter.
func (f *Fleet) Matching(q Query) []View {
	q.State, q.Text = enrol.Active, strings.ToLower(q.Text)
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []View
	for _, e := range f.inOrder() {
		if q.fits(e) {
			out = append(out, e.view())
		}
	}
	return out
}

// rank orders for the eyes of an operator: what is ill first, then what is gone.
func (e *endpoint) rank() int {
	switch {
	case e.presence == Online && e.score >= 0:
		return int(e.score)
	case e.presence == Stuck:
		return IllBelow
	case e.presence.Away():
		return 101
	}
	return 102
}

func (f *Fleet) inOrder() []*endpoint {
	if f.sorted == nil {
		f.sorted = make([]*endpoint, 0, len(f.endpoints))
		for _, e := range f.endpoints {
			f.sorted = append(f.sorted, e)
		}
		slices.SortFunc(f.sorted, func(a, b *endpoint) int {
			return cmp.Or(cmp.Compare(a.site.Name, b.site.Name), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
		})
	}
	return f.sorted
}

// Detail is an endpoint with what its page shows.
type Detail struct {
	View
	Arch       string
	Boot       string
	Reason     string // why it is held
	Inventory  json.RawMessage
	FindingsAt time.Time
	EnrolledAt time.Time
}

// Get returns one endpoint.
func (f *Fleet) Get(ctx context.Context, actor auth.Actor, id string) (Detail, error) {
	if err := auth.Authorise(actor, auth.EndpointsRead, auth.Object{Endpoint: id}); err != nil {
		return Detail{}, err
	}
	r, err := f.store.Endpoint(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Arch: r.Arch, Boot: r.Boot, Reason: r.Reason, Inventory: r.Inventory, FindingsAt: r.FindingsAt, EnrolledAt: r.EnrolledAt}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[id]; e != nil {
		d.View = e.view()
		d.Boot = e.boot
	} else { // enrolled, and never connected since the server started
		d.View = View{ID: r.ID, Name: r.Name, Site: r.Site, OS: r.OS, Platform: r.Platform, State: r.State, Presence: Awaited, Since: r.EnrolledAt, SeenAt: r.SeenAt, Score: -1, Agent: r.Agent, Expected: -1}
	}
	d.State = r.State
	return d, nil
}

// SiteOf returns the id of the site that an endpoint is at; "" when it is not known.
func (f *Fleet) SiteOf(id string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[id]; e != nil {
		return e.site.ID
	}
	return ""
}

// Machines tells of every endpoint that may connect, in no order.
func (f *Fleet) Machines(tell func(id, name, site string, online bool)) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, e := range f.endpoints {
		if e.state == enrol.Active {
			tell(e.id, e.name, e.site.ID, e.session != "")
		}
	}
}

// OS returns an endpoint's operating system; "" when it is not known.
func (f *Fleet) OS(id string) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[id]; e != nil {
		return e.os
	}
	return ""
}

// Present reports an endpoint's presence and since when, for whoever is about to
// ask it something.
func (f *Fleet) Present(id string) (Presence, time.Time) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if e := f.endpoints[id]; e != nil {
		return e.presence, e.since
	}
	return Awaited, time.Time{}
}

// Change is one endpoint's news for the wall: what a cell needs, and no more.
type Change struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Site     string      `json:"site"`
	Presence Presence    `json:"presence"`
	State    enrol.State `json:"state"`
	Score    int         `json:"score"`
	CPU      *float64    `json:"cpu,omitempty"`
	Memory   *float64    `json:"memory,omitempty"`
	Disk     *float64    `json:"disk,omitempty"`
	Received *float64    `json:"received,omitempty"`
	Sent     *float64    `json:"sent,omitempty"`
}

func (e *endpoint) change() Change {
	c := Change{ID: e.id, Name: e.name, Site: e.site.ID, Presence: e.presence, State: e.state, Score: int(e.score)}
	if e.presence != Online {
		c.Score = -1
		return c
	}
	get := func(m diagnostics.Metric) *float64 {
		if v, ok := e.sample.Get(m); ok {
			return &v
		}
		return nil
	}
	c.CPU, c.Memory, c.Disk = get(diagnostics.CPUBusy), get(diagnostics.MemoryUsed), get(diagnostics.DiskUsed)
	c.Received, c.Sent = get(diagnostics.NetReceived), get(diagnostics.NetSent)
	return c
}

// maxChanges is how many endpoints one event tells of.
const maxChanges = 500

// publish tells whoever watches what has changed since the last time.
func (f *Fleet) publish() {
	wanted := f.live.Wanted(live.Endpoints, "")
	f.mu.Lock()
	var changes []Change
	if wanted {
		for e := range f.dirty {
			changes = append(changes, e.change())
		}
	}
	clear(f.dirty)
	f.mu.Unlock()
	for part := range slices.Chunk(changes, maxChanges) {
		data, err := json.Marshal(part)
		if err != nil {
			f.log.Error("the fleet's changes were not published", "err", err)
			return
		}
		f.live.Publish(live.Event{Topic: live.Endpoints, Data: data})
	}
}

// Reading is one sample for a browser.
type Reading struct {
	At     time.Time          `json:"at"`
	Values map[string]float64 `json:"values"` // by the metric's wire name
	Score  *int               `json:"score,omitempty"`
}

// ReadingOf translates a sample.
func ReadingOf(s *diagnostics.Sample) Reading {
	r := Reading{At: s.At.UTC(), Values: map[string]float64{}}
	for _, m := range diagnostics.Metrics() {
		if v, ok := s.Get(m); ok {
			r.Values[m.Info().Name] = v
		}
	}
	return r
}

func (f *Fleet) publishSamples(endpoint string, h *wire.Health, score int) {
	readings := make([]Reading, len(h.Samples))
	for i := range h.Samples {
		readings[i] = ReadingOf(&h.Samples[i])
	}
	if score >= 0 {
		readings[len(readings)-1].Score = &score
	}
	data, err := json.Marshal(readings)
	if err != nil {
		f.log.Error("live readings were not published", "err", err)
		return
	}
	f.live.Publish(live.Event{Topic: live.Samples, Key: endpoint, Data: data})
}
