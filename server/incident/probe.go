package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

// Prober asks endpoints to look at once at what tickets are about.
type Prober interface {
	// About names the check by which they can look at what tickets of a category are
	// about; ok is false where there is none.
	About(category string) (check string, ok bool)
	// There are the endpoints that are connected, in an order of chance.
	There() []string
	// Probe has one look: at what tickets of a category are about, or, without one, at its
	// own line. ok is false where it has not said whether that fails.
	Probe(ctx context.Context, endpoint, category string) (failed, ok bool)
}

const (
	// quiet is how long after a start nobody is asked: the endpoints come back, and what
	// was going on before is not known.
	quiet = 5 * time.Minute
	// keepAnswers is longer than correlate looks back.
	keepAnswers = time.Hour
)

// probing is what endpoints were asked, and what they said.
type probing struct {
	under sync.WaitGroup
	news  chan struct{}

	mu      sync.Mutex
	since   time.Time // of the first look
	pace    correlate.Pace
	answers []correlate.Answer
}

// said are the answers, the oldest first.
func (p *probing) said(now time.Time) []correlate.Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = slices.DeleteFunc(p.answers, func(a correlate.Answer) bool { return now.Sub(a.At) > keepAnswers })
	return slices.Clone(p.answers)
}

// holds reports whether it is waited for what endpoints say of a candidate.
func (p *probing) holds(now time.Time, c correlate.Candidate) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pace.Holds(now, c)
}

// wonder asks endpoints about what begins to look like an outage.
func (k *Keeper) wonder(ctx context.Context, now time.Time, tickets []correlate.Ticket) {
	if k.Prober == nil {
		return
	}
	p := &k.probing
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = now
	}
	if now.Sub(p.since) < k.quiet() {
		return
	}
	for _, x := range p.pace.Due(now, k.d.Doubts()) {
		check := ""
		about := correlate.AboutOf(x, tickets, func(about string) bool { _, ok := k.Prober.About(about); return ok })
		if about != "" {
			check, _ = k.Prober.About(about)
		}
		if about == "" && !x.Line() {
			continue // nothing that they could look at would show it
		}
		there := slices.DeleteFunc(k.Prober.There(), func(m string) bool { return !p.pace.Free(m) })
		whom := k.d.Whom(x, tickets, there)
		if len(whom) == 0 {
			continue // nobody is there yet
		}
		p.pace.Begin(now, x, about, whom)
		k.Log.Info("endpoints are asked about what may be an outage", "endpoints", len(whom), "what", k.Words(cellOf(x.Cell)), "check", check)
		p.under.Go(func() { k.round(ctx, now, x, whom, about, check) })
	}
}

func (k *Keeper) quiet() time.Duration {
	if k.Quiet != 0 {
		return max(k.Quiet, 0)
	}
	return quiet
}

// round asks them all, waits for who answers, and has it looked anew.
func (k *Keeper) round(ctx context.Context, at time.Time, x correlate.Doubt, whom []correlate.Asked, about, check string) {
	ctx, cancel := context.WithTimeout(ctx, correlate.Patience)
	defer cancel()
	p := &k.probing
	var all sync.WaitGroup
	ask := func(a correlate.Asked, about, check string) {
		all.Go(func() {
			if failed, ok := k.Prober.Probe(ctx, a.Machine, about); ok {
				p.mu.Lock()
				p.answers = append(p.answers, correlate.Answer{Machine: a.Machine, About: about, Check: check, Group: a.Group, Site: a.Site, At: at, Failed: failed})
				p.mu.Unlock()
			}
		})
	}
	for _, a := range whom {
		if about != "" {
			ask(a, about, check)
		}
		if x.Line() {
			ask(a, "", "")
		}
	}
	all.Wait()
	p.mu.Lock()
	// What was asked later may have been answered sooner.
	slices.SortStableFunc(p.answers, func(a, b correlate.Answer) int { return a.At.Compare(b.At) })
	p.pace.End(x)
	p.mu.Unlock()
	p.tell()
}

// Probe is what endpoints said of an incident that were asked, of one thing.
type Probe struct {
	At    time.Time `json:"at"`
	About string    `json:"about,omitempty"` // id of the category that the check is of
	Check string    `json:"check,omitempty"` // by which they looked; empty: at their own line
	Rang  Count     `json:"rang,omitzero"`   // those who reported
	Near  Count     `json:"near,omitzero"`   // their neighbours
	Far   Count     `json:"far,omitzero"`    // others
	FarAt string    `json:"far_at,omitempty"`
	Times float64   `json:"times"` // by which it makes an outage likelier; below 1: less likely
}

// Count is how many fail, of those that have answered.
type Count struct {
	Fail int `json:"fail"`
	Of   int `json:"of"`
}

func probesOf(list []correlate.Looks) (out []Probe) {
	for _, l := range list {
		p := Probe{At: l.At.UTC(), About: l.About, Check: l.Check, Rang: Count(l.Rang), Near: Count(l.Near), Far: Count(l.Far), Times: l.Times}
		if len(l.FarAt) == 1 {
			p.FarAt = l.FarAt[0]
		}
		out = append(out, p)
	}
	return out
}

// Words says in one sentence what came of asking.
func (p Probe) Words(zone *time.Location) string {
	what := "their own lines"
	if p.Check != "" {
		what = "“" + p.Check + "”"
	}
	var parts []string
	say := func(c Count, who, none string) {
		switch verb := "fail"; {
		case c.Of == 0:
		case c.Fail == 0:
			parts = append(parts, fmt.Sprintf("none of %d %s", c.Of, none))
		default:
			if c.Fail == 1 {
				verb = "fails"
			}
			parts = append(parts, fmt.Sprintf("%d of %d %s %s", c.Fail, c.Of, who, verb))
		}
	}
	where := "elsewhere"
	if p.FarAt != "" {
		where = "in " + p.FarAt
	}
	say(p.Rang, "who reported", "who reported")
	say(p.Near, "neighbours", "neighbours")
	say(p.Far, where, where)
	return "Probed at " + p.At.In(zone).Format("15:04") + ", " + what + ": " + strings.Join(parts, ", ") + "."
}

// probed adds what endpoints said newly to a timeline.
func (k *Keeper) probed(tx Tx, now time.Time, i *Incident, before []Probe) error {
	for n := range i.Probes {
		p := &i.Probes[n]
		if slices.ContainsFunc(before, func(b Probe) bool {
			return b.Check == p.Check && b.At.Equal(p.At) && b.Rang == p.Rang && b.Near == p.Near && b.Far == p.Far
		}) {
			continue
		}
		if err := tx.Add(i.ID, Line{At: now, Did: DidProbe, Text: p.Words(k.Judge.Location)}); err != nil {
			return err
		}
	}
	return nil
}

// newer reports whether endpoints have said something since.
func newer(list []correlate.Looks, than []Probe) bool {
	return slices.ContainsFunc(probesOf(list), func(p Probe) bool {
		return !slices.ContainsFunc(than, func(b Probe) bool {
			return b.Check == p.Check && !p.At.After(b.At) && p.Rang.Of <= b.Rang.Of && p.Near.Of <= b.Near.Of && p.Far.Of <= b.Far.Of
		})
	})
}
