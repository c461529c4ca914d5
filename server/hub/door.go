package hub

import (
	"container/list"
	"sync"
	"time"
)

// door bounds the handshakes that go on at once. A handshake costs whoever starts
// it nothing but silence, so a full door does not keep the next one out: the place
// of an address that holds more than others is given away, or of one that has been
// silent for long. So many silent strangers, from one place or from everywhere,
// cannot lock the endpoints out.
type door struct {
	places   int
	patience time.Duration
	now      func() time.Time

	mu     sync.Mutex
	inside *list.List            // of *visitor, the oldest first
	from   map[string]*list.List // the same by their address
	closed bool
}

// visitor is a handshake under way.
type visitor struct {
	address string
	since   time.Time
	end     func() // nil until the connection is there
	out     bool   // its place was given away
	all, by *list.Element
}

const (
	// maxEntering is how many handshakes go on at once. They are bound by the
	// processor; more of them would only all be slow.
	maxEntering = 1024
	// patience is how long a handshake may take when others wait: two round trips
	// over a satellite.
	patience = 2 * time.Second
)

func newDoor(places int, patience time.Duration, now func() time.Time) *door {
	return &door{places: places, patience: patience, now: now, inside: list.New(), from: map[string]*list.List{}}
}

// enter gives a place to somebody from an address; nil when there is none.
func (d *door) enter(address string) *visitor {
	d.mu.Lock()
	var end func()
	if d.inside.Len() >= d.places {
		if out := d.dispensable(address); out != nil {
			d.remove(out)
			out.out = true
			end = out.end // nil: attach will tell the visitor itself
		}
	}
	if d.closed || d.inside.Len() >= d.places {
		d.mu.Unlock()
		return nil
	}
	v := &visitor{address: address, since: d.now()}
	here := d.from[address]
	if here == nil {
		here = list.New()
		d.from[address] = here
	}
	v.all, v.by = d.inside.PushBack(v), here.PushBack(v)
	d.mu.Unlock()
	if end != nil {
		end()
	}
	return v
}

// dispensable returns whose place a newcomer gets: the oldest of the address that
// holds the most, if that is another, or the oldest of all that is too slow.
func (d *door) dispensable(address string) *visitor {
	most := d.from[address]
	for _, l := range d.from {
		if most == nil || l.Len() > most.Len() {
			most = l
		}
	}
	if most != d.from[address] && most.Len() > 1 {
		return most.Front().Value.(*visitor)
	}
	if oldest := d.inside.Front().Value.(*visitor); d.now().Sub(oldest.since) > d.patience {
		return oldest
	}
	return nil
}

func (d *door) remove(v *visitor) {
	if v.all == nil {
		return
	}
	d.inside.Remove(v.all)
	l := d.from[v.address]
	l.Remove(v.by)
	if l.Len() == 0 {
		delete(d.from, v.address)
	}
	v.all, v.by = nil, nil
}

// attach says how a visitor's connection is ended. It reports false when the
// place was given away meanwhile.
func (d *door) attach(v *visitor, end func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.end = end
	return !v.out
}

// leave gives the place back, and reports whether the visitor still had it.
func (d *door) leave(v *visitor) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(v)
	return !v.out
}

// close sends everybody away and lets nobody in any more.
func (d *door) close() {
	d.mu.Lock()
	d.closed = true
	var ends []func()
	for e := d.inside.Front(); e != nil; e = e.Next() {
		v := e.Value.(*visitor)
		v.out = true
		if v.end != nil {
			ends = append(ends, v.end)
		}
	}
	d.mu.Unlock()
	for _, end := range ends {
		end()
	}
}
