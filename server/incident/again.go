package incident

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

const (
	// mostAgain is how many machines at once are asked whether it is over there.
	mostAgain = 16
	// goodAgain is for how long an answer is good.
	goodAgain = 10 * time.Minute
)

// restsAgain is how long a machine is left alone after each look that has shown nothing
// good. After the last of them it looks once more, and that counts: a service that comes up
// slowly has an hour for it.
var restsAgain = []time.Duration{10 * time.Minute, 20 * time.Minute, 30 * time.Minute}

// Seen is what a machine saw that was asked to look once more.
type Seen string

// What is seen.
const (
	SeenNothing Seen = "" // it could not look
	SeenFailing Seen = "fails"
	SeenWell    Seen = "well"
)

// Relook is what became of asking a machine to look once more at an outage that is said to
// be over.
type Relook struct {
	Incident, Endpoint string
	Tries              int
	At                 time.Time // of the newest
	Seen               Seen      // by the newest that could look
}

// ended reports whether it is not looked again because of what was seen.
func (r Relook) ended() bool { return r.Seen == SeenWell || r.Tries > len(restsAgain) }

// again is what machines say that are asked to look once more, when an outage is said to be
// over: before a ticket is closed. What they have said is taken in by the next look at the
// incident, and is kept from then on.
type again struct {
	mu      sync.Mutex
	running int
	of      map[string]*relook  // by incident and machine
	noted   map[string]struct{} // incidents and tickets that say already that it is looked again
}

type relook struct {
	running bool
	at      time.Time
	seen    Seen
}

// verdict is what a machine's own looks come to.
type verdict struct {
	wait  bool   // nothing is decided yet
	fails string // what does not work still, in words; while it waits: so far
	blind string // that it never could look, in words; while it waits: so far
}

// lookAgain says what a machine's own look at an outage comes to, and begins one where
// there is none: of a service by its check, otherwise by the machine's line where that has
// shown the outage. One that shows nothing good is repeated. looks is what is known already,
// by machine.
func (k *Keeper) lookAgain(ctx context.Context, now time.Time, i *Incident, endpoint string, looks map[string]Relook) (verdict, error) {
	about, what, ok := k.looksAt(i)
	if !ok || endpoint == "" {
		return verdict{}, nil
	}
	g := &k.again
	g.mu.Lock()
	defer g.mu.Unlock()
	key := i.ID + "/" + endpoint
	was, there := looks[endpoint], slices.Contains(k.Prober.There(), endpoint)
	if was.ended() && now.Sub(was.At) >= goodAgain {
		was = Relook{} // that was long ago
	}
	r := g.of[key]
	switch {
	case r != nil && r.running:
		return verdict{wait: true}, nil
	case r != nil: // it has looked
	case was.ended():
		return was.verdict(what), nil
	case was.Tries == 0 && !there:
		return verdict{}, nil // it is away, and what is known of it counts alone
	case was.Tries > 0 && now.Sub(was.At) < restsAgain[was.Tries-1]:
		return was.verdict(what), nil
	case !there:
		r = &relook{at: now} // it has gone meanwhile
	case g.running >= mostAgain:
		return verdict{wait: true}, nil
	default:
		g.begin(ctx, k, key, endpoint, about, now)
		return verdict{wait: true}, nil
	}
	delete(g.of, key)
	was.Incident, was.Endpoint, was.Tries, was.At = i.ID, endpoint, was.Tries+1, r.at
	if r.seen != SeenNothing {
		was.Seen = r.seen
	}
	looks[endpoint] = was
	return was.verdict(what), k.Store.Update(ctx, func(tx Tx) error { return tx.Looked(was) })
}

// begin has a machine look. What a server's end cuts off is not counted.
func (g *again) begin(ctx context.Context, k *Keeper, key, endpoint, about string, now time.Time) {
	if g.of == nil {
		g.of = map[string]*relook{}
	}
	r := &relook{running: true, at: now}
	g.of[key] = r
	g.running++
	k.probing.under.Go(func() {
		within, cancel := context.WithTimeout(ctx, correlate.Patience)
		failed, known := k.Prober.Probe(within, endpoint, about)
		cancel()
		g.mu.Lock()
		g.running--
		r.running = false
		switch {
		case ctx.Err() != nil:
			delete(g.of, key)
		case known && failed:
			r.seen = SeenFailing
		case known:
			r.seen = SeenWell
		}
		g.mu.Unlock()
		k.probing.tell()
	})
}

// verdict is what follows from what was seen until now.
func (r Relook) verdict(what string) verdict {
	v := verdict{wait: !r.ended()}
	many := ""
	if r.Tries > 1 {
		many = fmt.Sprintf(" %d times", r.Tries)
	}
	switch r.Seen {
	case SeenFailing:
		v.fails = what + ", which it was asked to look at" + many + ", " + failsThere(what)
	case SeenNothing:
		v.blind = "the computer, which was asked" + many + " to look at " + what + ", could not"
	}
	return v
}

// ownLine is what a machine looks at where there is no check.
const ownLine = "its own line"

func failsThere(what string) string {
	if what == ownLine {
		return "fails"
	}
	return "does not answer there"
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
			return about, "“" + check + "”", true
		}
	}
	for _, p := range i.Probes {
		if p.Check == "" && p.Rang.Fail > 0 {
			return "", ownLine, true
		}
	}
	return "", "", false
}

// forget takes away what machines have said of an incident that is done.
func (g *again) forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.of, func(key string, _ *relook) bool { return strings.HasPrefix(key, id+"/") })
	maps.DeleteFunc(g.noted, func(key string, _ struct{}) bool { return strings.HasPrefix(key, id+"/") })
}

// tell has it looked anew.
func (p *probing) tell() {
	select {
	case p.news <- struct{}{}:
	default: // it is looked anew already
	}
}
