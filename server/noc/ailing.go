package noc

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/enrol"
)

// Ailing tells of every endpoint that may connect and is silent or has found something,
// in no order. It is asked again and again while tickets come: whoever is well, which is
// most, costs a glance. tell must not ask the fleet, and not change the findings.
func (f *Fleet) Ailing(tell func(id string, p Presence, since time.Time, findings []diagnostics.Finding)) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, e := range f.endpoints {
		if e.state == enrol.Active && (e.presence == Silent || len(e.findings) > 0) {
			tell(e.id, e.presence, e.since, e.findings)
		}
	}
}

// Places tells of every endpoint that may connect what it is called and where it is, by
// site and name. tell must not ask the fleet.
func (f *Fleet) Places(tell func(id, name string, site *enrol.Site)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.inOrder() {
		if e.state == enrol.Active {
			tell(e.id, e.name, e.site)
		}
	}
}

// Showing returns how many endpoints show a finding now, as far as it is known.
func (f *Fleet) Showing(code string) int {
	f.mu.RLock()
	shown := f.shown
	n := shown[code]
	f.mu.RUnlock()
	if shown != nil {
		return n
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shown == nil {
		f.shown = map[string]int{}
		for _, e := range f.endpoints {
			f.show(e, 1)
		}
	}
	return f.shown[code]
}

// show adds what an endpoint shows to what is counted, once for each code, or takes it
// away. The caller holds mu.
func (f *Fleet) show(e *endpoint, n int) {
	if f.shown == nil || e.state != enrol.Active {
		return
	}
	for i, x := range e.findings {
		if !shows(e.findings[:i], x.Code) {
			f.shown[string(x.Code)] += n
		}
	}
}

func shows(list []diagnostics.Finding, code diagnostics.Code) bool {
	for i := range list {
		if list[i].Code == code {
			return true
		}
	}
	return false
}
