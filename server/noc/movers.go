package noc

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
)

// How an hour's health is remembered: a mark every five minutes, and one more, so that
// the oldest is an hour old when the newest is made. A mark takes a byte of each
// endpoint, so that ten thousand take 130 kB. It is the present that counts here: after
// a restart an hour begins anew, and who asks is told since when.
const (
	trailEvery = 5 * time.Minute
	trailMarks = 13
)

// trail is an endpoint's score at each mark, plus one; 0: it was not there, or nobody knew.
type trail [trailMarks]uint8

// Falls are who lost the most health within the hour.
type Falls struct {
	Since     time.Time // how far back is known; zero: nothing is known yet
	Endpoints []Fall
	Sites     []SiteFall
}

// Fall is an endpoint whose health fell.
type Fall struct {
	View
	Was int // its score, at the time that is the furthest back within the hour
}

// By is how many points it lost.
func (f Fall) By() int { return f.Was - f.Score }

// SiteFall is a site where more suffer than before. Only the endpoints count that are
// here and were.
type SiteFall struct {
	Site   enrol.Site
	Of     int // endpoints
	IllWas int // with a score under IllBelow
	Ill    int
}

// fellLeast is a fall that is worth a look: less is the weather.
const fellLeast = 10

// Falls returns the worst movers, at most so many of each kind.
func (f *Fleet) Falls(actor auth.Actor, limit int) (Falls, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Falls{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out Falls
	order := f.marksSince(f.now().Add(-time.Hour - trailEvery))
	if len(order) == 0 {
		return out, nil
	}
	out.Since = f.trailAt[order[0]]
	sites := map[string]*SiteFall{}
	var worst []Fall
	for _, e := range f.inOrder() {
		was, ok := e.wasAt(order)
		if !ok || e.state != enrol.Active || e.presence != Online || e.score < 0 {
			continue
		}
		s := sites[e.site.ID]
		if s == nil {
			s = &SiteFall{Site: *e.site}
			sites[e.site.ID] = s
		}
		s.Of++
		if was < IllBelow {
			s.IllWas++
		}
		if e.score < IllBelow {
			s.Ill++
		}
		if was-int(e.score) >= fellLeast {
			worst = append(worst, Fall{View: View{ID: e.id, Name: e.name, Site: *e.site, Score: int(e.score), Reasons: e.reasons}, Was: was})
		}
	}
	slices.SortStableFunc(worst, func(a, b Fall) int { return b.By() - a.By() })
	out.Endpoints = worst[:min(limit, len(worst))]
	for _, s := range sites {
		if s.Ill > s.IllWas {
			out.Sites = append(out.Sites, *s)
		}
	}
	slices.SortFunc(out.Sites, func(a, b SiteFall) int {
		return cmp.Or(cmp.Compare((b.Ill-b.IllWas)*a.Of, (a.Ill-a.IllWas)*b.Of), cmp.Compare(b.Ill-b.IllWas, a.Ill-a.IllWas), cmp.Compare(a.Site.Name, b.Site.Name))
	})
	out.Sites = out.Sites[:min(limit, len(out.Sites))]
	return out, nil
}

// marksSince are the places of the marks since a moment, the oldest first. The caller
// holds mu.
func (f *Fleet) marksSince(from time.Time) []int {
	var order []int
	for i, at := range f.trailAt {
		if !at.IsZero() && !at.Before(from) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return f.trailAt[a].Compare(f.trailAt[b]) })
	return order
}

// wasAt is an endpoint's score at the oldest mark that has one.
func (e *endpoint) wasAt(order []int) (int, bool) {
	for _, i := range order {
		if e.trail[i] > 0 {
			return int(e.trail[i]) - 1, true
		}
	}
	return 0, false
}

// remember makes a mark of everybody's health, every five minutes. The caller holds mu.
func (f *Fleet) remember(now time.Time) {
	if !f.trailLast.IsZero() && now.Sub(f.trailLast) < trailEvery-lookEvery/2 {
		return
	}
	f.trailLast = now
	i := 0
	for n, at := range f.trailAt {
		if at.Before(f.trailAt[i]) {
			i = n
		}
	}
	f.trailAt[i] = now
	for _, e := range f.endpoints {
		e.trail[i] = 0
		if e.state == enrol.Active && e.presence == Online && e.score >= 0 {
			e.trail[i] = uint8(e.score) + 1
		}
	}
}
