package synthetic

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Hub reaches endpoints.
type Hub interface {
	Ask(endpoint, id string, q wire.Ask) error
	Cancel(endpoint, id string)
}

const (
	maxPart   = 16 << 10 // of an answer
	ownAtOnce = 4        // of one computer, which allows a few more
	ownMinute = 50
	refusedBy = time.Hour // so long nobody asks a computer again that does not know checks, or forbids them
	spare     = 3         // how many more are asked when some do not answer
	clockSlip = 2 * time.Minute
)

// afar asks computers to look, and takes in what they answer.
type afar struct {
	fleet Fleet
	line  Hub
	now   func() time.Time

	mu     sync.Mutex
	waits  map[string]*wait     // by the question's id
	rested map[string]time.Time // by the endpoint, and by endpoint and check
	rates  map[string]*rate
}

// wait is a question that is not answered yet.
type wait struct {
	endpoint string
	result   *check.Result
	end      chan error // of one
}

// rate is what one computer was asked.
type rate struct {
	running int
	starts  []time.Time // of the last minute
}

func newAfar(f Fleet, now func() time.Time) *afar {
	return &afar{fleet: f, now: now, waits: map[string]*wait{}, rested: map[string]time.Time{}, rates: map[string]*rate{}}
}

// SetLine says how endpoints are reached. It is called once, before anything is asked.
func (k *Keeper) SetLine(h Hub) { k.afar.line = h }

// Answer takes a part of an answer in, and reports whether it was one to a check.
func (k *Keeper) Answer(endpoint, id string, part wire.Answer) bool {
	return k.afar.take(endpoint, id, part)
}

// Disconnected ends what an endpoint was asked.
func (k *Keeper) Disconnected(endpoint string) { k.afar.lost(endpoint) }

// look has computers of a site look.
func (a *afar) look(ctx context.Context, c *Check, site, name string) check.Result {
	named := slices.ContainsFunc(c.Endpoints, func(id string) bool {
		return slices.ContainsFunc(a.fleet.Named(id), func(e Endpoint) bool { return e.ID == id && e.Site == site })
	})
	list := choose(c, a.fleet.At(site), named)
	most := min(len(list), c.Each+spare)
	var mu sync.Mutex
	var answers []answer
	next, asked := 0, 0
	begin := func() (Endpoint, bool) {
		mu.Lock()
		defer mu.Unlock()
		for next < len(list) && asked < most {
			e := list[next]
			next++
			if a.enter(e.ID, c.ID) {
				asked++
				return e, true
			}
		}
		return Endpoint{}, false
	}
	var wg sync.WaitGroup
	for range min(c.Each, len(list)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				e, ok := begin()
				if !ok {
					return
				}
				r, err := a.ask(ctx, e.ID, c)
				a.leave(e.ID, c.ID, err)
				if err != nil {
					continue
				}
				mu.Lock()
				answers = append(answers, answer{e.Name, r})
				mu.Unlock()
				if r.Outcome != check.Unable {
					return
				}
			}
		})
	}
	wg.Wait()
	return agree(name, len(list), answers)
}

// ask has one computer look.
func (a *afar) ask(ctx context.Context, endpoint string, c *Check) (check.Result, error) {
	params, err := json.Marshal(wire.CheckOf(c.Spec))
	if err != nil {
		return check.Result{}, err
	}
	id := ulid.MustNewDefault(a.now()).String()
	w := &wait{endpoint: endpoint, end: make(chan error, 1)}
	a.mu.Lock()
	a.waits[id] = w
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.waits, id)
		a.mu.Unlock()
	}()
	// Its clock may not be ours.
	expires := a.now().Add(c.Spec.Timeout + clockSlip)
	if err := a.line.Ask(endpoint, id, wire.Ask{Kind: wire.AskCheck, Params: params, Who: wire.Asker{ID: c.By.ID, Name: c.By.Name, Role: c.By.Role}, ExpiresAt: expires}); err != nil {
		return check.Result{}, err
	}
	late := time.NewTimer(c.Spec.Timeout + afarWait)
	defer late.Stop()
	select {
	case err := <-w.end:
		if err != nil {
			return check.Result{}, err
		}
		return *w.result, nil
	case <-late.C:
		err = errSilent
	case <-ctx.Done():
		err = ctx.Err()
	}
	a.line.Cancel(endpoint, id)
	return check.Result{}, err
}

var (
	errSilent = errors.New("no answer")
	errLost   = errors.New("it went away")
	errBad    = fault.New(fault.Invalid, "The answer has not the form of one.")
)

// take takes a part in. What comes of an endpoint that was not asked is nobody's.
func (a *afar) take(endpoint, id string, part wire.Answer) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.waits[id]
	if w == nil {
		return false
	}
	if w.endpoint != endpoint {
		return true
	}
	var p wire.CheckPart
	switch {
	case len(part.Data) == 0:
	case w.result != nil || len(part.Data) > maxPart || json.Unmarshal(part.Data, &p) != nil:
		w.finish(errBad)
	default:
		r := p.Clean()
		w.result = &r
	}
	switch {
	case !part.Done:
	case part.Code != "":
		w.finish(fault.New(part.Code, "It was refused."))
	case w.result == nil:
		w.finish(errBad)
	default:
		w.finish(nil)
	}
	return true
}

func (w *wait) finish(err error) {
	select {
	case w.end <- err:
	default: // it has ended already
	}
}

func (a *afar) lost(endpoint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.waits {
		if w.endpoint == endpoint {
			w.finish(errLost)
		}
	}
}

// enter takes a place among what a computer is asked; false: it is asked enough, or
// would refuse.
func (a *afar) enter(endpoint, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if now.Before(a.rested[endpoint]) || now.Before(a.rested[endpoint+"/"+id]) {
		return false
	}
	r := a.rates[endpoint]
	if r == nil {
		r = &rate{}
		a.rates[endpoint] = r
	}
	r.age(now)
	if r.running >= ownAtOnce || len(r.starts) >= ownMinute {
		return false
	}
	r.running++
	r.starts = append(r.starts, now)
	return true
}

// leave gives the place back, and leaves in peace whoever refuses.
func (a *afar) leave(endpoint, id string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.rates[endpoint].running--
	switch fault.CodeOf(err) {
	case fault.Unsupported, fault.Forbidden:
		a.rested[endpoint] = now.Add(refusedBy)
	case fault.Invalid: // it is this check alone that it cannot do
		if id != "" {
			a.rested[endpoint+"/"+id] = now.Add(refusedBy)
		}
	case fault.TooMany:
		a.rested[endpoint] = now.Add(time.Minute)
	}
	for id, r := range a.rates { // of those that are asked no more
		if r.age(now); r.running == 0 && len(r.starts) == 0 {
			delete(a.rates, id)
		}
	}
	for id, until := range a.rested {
		if !now.Before(until) {
			delete(a.rested, id)
		}
	}
}

func (r *rate) age(now time.Time) {
	n := 0
	for n < len(r.starts) && (now.Sub(r.starts[n]) >= time.Minute || r.starts[n].After(now)) {
		n++
	}
	r.starts = r.starts[n:]
}
