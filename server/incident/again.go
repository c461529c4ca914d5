package incident

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

const (
	// mostAgain is how many machines at once are asked whether it is over there.
	mostAgain = 16
	// restAgain is how long one is left alone that has not said so, and triesAgain how often
	// it is asked.
	restAgain  = time.Minute
	triesAgain = 3
	// goodAgain is for how long an answer is good.
	goodAgain = 10 * time.Minute
)

// again is what machines say that are asked to look once more, when an outage is said to be
// over: before a ticket is closed.
type again struct {
	mu      sync.Mutex
	running int
	of      map[string]*relook // by incident and machine
}

type relook struct {
	running, known, failed bool
	tried                  int
	at                     time.Time // of the newest
}

// lookAgain says what a machine's own look at an outage comes to, and begins one where
// there is none: of a service by its check, otherwise by the machine's line where that has
// shown the outage. fails is what does not work still, in words; wait says that the machine
// has not said so yet.
func (k *Keeper) lookAgain(ctx context.Context, now time.Time, i *Incident, endpoint string) (fails string, wait bool) {
	about, what, ok := k.looksAt(i)
	if !ok || endpoint == "" {
		return "", false
	}
	g := &k.again
	g.mu.Lock()
	defer g.mu.Unlock()
	key := i.ID + "/" + endpoint
	r := g.of[key]
	if r == nil {
		if g.of == nil {
			g.of = map[string]*relook{}
		}
		r = &relook{}
		g.of[key] = r
	}
	switch {
	case !r.known && !r.running && !slices.Contains(k.Prober.There(), endpoint):
		return "", false // it is away
	case r.running:
		return "", true
	case r.known && now.Sub(r.at) < goodAgain:
		if r.failed {
			return what, false
		}
		return "", false
	case !r.known && r.tried >= triesAgain:
		return "", false // nobody knows: what the machine shows counts alone
	case !r.known && r.tried > 0 && now.Sub(r.at) < restAgain, g.running >= mostAgain:
		return "", true
	}
	g.running++
	r.running, r.at, r.tried = true, now, r.tried+1
	k.probing.under.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, correlate.Patience)
		failed, known := k.Prober.Probe(ctx, endpoint, about)
		cancel()
		g.mu.Lock()
		g.running--
		r.running, r.known, r.failed = false, known, failed
		g.mu.Unlock()
		k.probing.tell()
	})
	return "", true
}

// looksAt is what machines look at when an incident is said to be over: the check of its
// service, or their own lines.
func (k *Keeper) looksAt(i *Incident) (about, what string, ok bool) {
	if k.Prober == nil {
		return "", "", false
	}
	abouts := []string{i.Cell.About}
	for _, p := range i.Probes {
		if p.Rang.Fail > 0 {
			abouts = append(abouts, p.About)
		}
	}
	for _, about := range abouts {
		if check, ok := k.Prober.About(about); ok && about != "" {
			return about, "“" + check + "”, which it was asked to look at, does not answer there", true
		}
	}
	for _, p := range i.Probes {
		if p.Check == "" && p.Rang.Fail > 0 {
			return "", "its own line, which it was asked to look at, fails", true
		}
	}
	return "", "", false
}

// forget takes away what machines have said of an incident that is done.
func (g *again) forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key := range g.of {
		if strings.HasPrefix(key, id+"/") {
			delete(g.of, key)
		}
	}
}

// tell has it looked anew.
func (p *probing) tell() {
	select {
	case p.news <- struct{}{}:
	default: // it is looked anew already
	}
}

// trouble says in words what a machine still shows, and what fails there.
func trouble(codes []string, fails string) string {
	var parts []string
	if len(codes) > 0 {
		parts = append(parts, "the computer still shows "+codeWords(codes))
	}
	if fails != "" {
		parts = append(parts, fails)
	}
	return strings.Join(parts, ", and ")
}
