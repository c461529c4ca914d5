package server

import (
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/synthetic"
)

// vantageFor is how long what is known of the fleet is good enough to choose by.
const vantageFor = 2 * time.Second

// vantage is the fleet as those that look at services for others.
type vantage struct {
	fleet *noc.Fleet

	mu    sync.Mutex
	at    time.Time
	sites []synthetic.Site
	here  map[string][]synthetic.Endpoint // by site
	there []synthetic.Endpoint
	named map[string][]synthetic.Endpoint // by id and name
}

func (v *vantage) refresh() {
	if age := time.Since(v.at); !v.at.IsZero() && age < vantageFor {
		return
	}
	v.at, v.sites, v.there, v.here, v.named = time.Now(), nil, nil, map[string][]synthetic.Endpoint{}, map[string][]synthetic.Endpoint{}
	seen := map[string]bool{}
	v.fleet.Vantages(func(id, name string, site enrol.Site, online, mobile, cut bool) {
		if !seen[site.ID] {
			seen[site.ID] = true
			v.sites = append(v.sites, synthetic.Site{ID: site.ID, Name: site.Name})
		}
		e := synthetic.Endpoint{ID: id, Name: name, Site: site.ID, Mobile: mobile}
		if online {
			v.there = append(v.there, e)
		}
		if online && !cut {
			v.here[site.ID] = append(v.here[site.ID], e)
		}
		v.named[id] = append(v.named[id], e)
		if name != id {
			v.named[name] = append(v.named[name], e)
		}
	})
}

// Sites implements synthetic.Fleet.
func (v *vantage) Sites() []synthetic.Site {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	return v.sites
}

// At implements synthetic.Fleet.
func (v *vantage) At(site string) []synthetic.Endpoint {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	return v.here[site]
}

// There implements synthetic.Fleet.
func (v *vantage) There() []synthetic.Endpoint {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	return v.there
}

// Named implements synthetic.Fleet. An id goes before a name: a machine may call itself
// as it likes.
func (v *vantage) Named(text string) []synthetic.Endpoint {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	for _, e := range v.named[text] {
		if e.ID == text {
			return []synthetic.Endpoint{e}
		}
	}
	return v.named[text]
}
