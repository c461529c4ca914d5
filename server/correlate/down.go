package correlate

import "time"

// Down is a service that does not answer the server's own checks.
type Down struct {
	About string // what tickets call the service
	Check string // its name
	Since time.Time
	Fails int // looks in a row
}

func (x *Down) times() float64 {
	if x.Fails > 1 {
		return failsAgain
	}
	return failsOnce
}

// downOf is the check that speaks for a candidate: one of just that service, wherever its
// tickets come from. Narrower cells have no part in it, since it fails for the server too.
func downOf(now time.Time, c *Candidate, down []Down) (best *Down) {
	if c.Cell.About == "" || c.Cell.Part != (Part{}) {
		return nil
	}
	for i := range down {
		x := &down[i]
		if x.About == c.Cell.About && !x.Since.After(now) && now.Sub(x.Since) <= fresh && (best == nil || x.Fails > best.Fails || x.Fails == best.Fails && x.Check < best.Check) {
			best = x
		}
	}
	return best
}

// sitesAmong is at how many sites machines are.
func (d *Detector) sitesAmong(machines []string) int {
	sites := map[int32]bool{}
	for _, m := range machines {
		for _, p := range d.machineParts(m) {
			if d.part[p].Kind == Site {
				sites[p] = true
			}
		}
	}
	return len(sites)
}
