package alert

import "time"

// Outage is something that was lost, and the endpoints that are held by it: each until
// it was looked at again.
type Outage struct {
	Parent Parent            `json:"parent"`
	Began  time.Time         `json:"began"`
	Ended  time.Time         `json:"ended,omitzero"` // more than half of what hangs on it is back
	Below  map[string]*Child `json:"below"`
	Back   int               `json:"back,omitempty"` // those that are back and were let go
}

// Child is an endpoint that was lost with what it hangs on.
type Child struct {
	Back time.Time `json:"back,omitzero"` // since when it is there again; zero: it is not
}

// Recheck is for how long an endpoint has to be there again, or an outage to be over,
// before the endpoint's own alerts count: what they ask is written down once a minute,
// and asked every quarter of one.
const Recheck = 2 * time.Minute

// Join adds endpoints that were lost with it.
func (o *Outage) Join(ids []string) {
	for _, id := range ids {
		if o.Below[id] == nil {
			o.Below[id], o.Back = &Child{}, 0
		}
	}
}

// Step brings an outage forward by what is known of its endpoints now, and lets go
// those that were looked at again, and those that are no more. It is over when more of
// them are back than lost; of what nothing is known nothing is concluded. lost and back
// are how many are known to be so.
func (o *Outage) Step(reach func(id string) (r Reach, there bool), now time.Time) (lost, back int) {
	for id, c := range o.Below {
		switch r, there := reach(id); {
		case !there:
			delete(o.Below, id)
		case r == Up:
			back++
			if c.Back.IsZero() {
				c.Back = now
			}
		case r == Lost:
			lost++
			c.Back = time.Time{}
		}
	}
	back += o.Back
	if o.Ended.IsZero() && (back > lost || len(o.Below) == 0) {
		o.Ended = now
	}
	for id, c := range o.Below {
		r, _ := reach(id)
		if r == Up && now.Sub(c.Back) >= Recheck {
			delete(o.Below, id)
			o.Back++
		}
		if r == Lost && !o.Ended.IsZero() && now.Sub(o.Ended) >= Recheck {
			delete(o.Below, id)
		}
	}
	return lost, back
}
