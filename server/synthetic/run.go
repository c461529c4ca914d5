package synthetic

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// plan says when a check is done next: within so long, at a time of chance. The caller
// holds mu.
func (k *Keeper) plan(l *look, now time.Time, within time.Duration) {
	places := l.c.Places()
	for _, from := range places {
		if l.lives[from] == nil {
			l.lives[from] = &place{}
		}
	}
	for from, p := range l.lives {
		if !slices.Contains(places, from) {
			delete(l.lives, from) // nobody looks from there any more
			continue
		}
		p.next = now.Add(chance(within))
	}
}

// chance is a time of chance up to d.
func chance(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// nudge wakes the loop.
func (k *Keeper) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run carries checks out until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	var under sync.WaitGroup
	defer under.Wait()
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.wake:
		case <-t.C:
		}
		t.Reset(k.begin(ctx, &under))
	}
}

// begin starts what is due as far as there is room, and says in how long to come again.
func (k *Keeper) begin(ctx context.Context, under *sync.WaitGroup) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now()
	if now.Sub(k.told) >= tellEvery || now.Before(k.told) {
		k.told = now
		for _, l := range k.looks {
			k.tell(l, now)
		}
		k.o.Put("checks_blind", now, truth(k.blind))
	}
	again := tellEvery - now.Sub(k.told)
	for _, l := range k.looks {
		if l.c.Paused {
			continue
		}
		for from, p := range l.lives {
			if p.running {
				continue
			}
			if wait := p.next.Sub(now); wait > 0 {
				again = min(again, wait)
				continue
			}
			room := k.free
			if from != Server {
				room = k.far
			}
			select {
			case room <- struct{}{}:
				p.running = true
				c := l.c
				under.Go(func() {
					defer k.nudge()
					defer func() { <-room }()
					k.once(ctx, l, from, p, &c)
				})
			default: // whoever comes to an end nudges
			}
		}
	}
	return max(again, 10*time.Millisecond)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// once looks once, and takes in what came of it.
func (k *Keeper) once(ctx context.Context, l *look, from string, p *place, c *Check) {
	began := k.o.Now()
	r := k.lookFrom(ctx, c, from)
	k.mu.Lock()
	p.running = false
	if ctx.Err() != nil || l.gone || l.c.Version != c.Version {
		k.mu.Unlock() // it was broken off, or says something of what was asked before
		return
	}
	k.take(l, from, p, r)
	every := l.c.Every
	if p.Unsettled() {
		every = min(every, retry)
	}
	p.next = began.Add(every - every/20 + chance(every/10))
	dirty := l.dirty
	k.mu.Unlock()
	if dirty {
		k.keep(ctx, l)
	}
}

// lookFrom looks once from a place.
func (k *Keeper) lookFrom(ctx context.Context, c *Check, from string) check.Result {
	if from == Server {
		return k.o.Look(ctx, c.Spec)
	}
	return k.afar.look(ctx, c, from, k.name(from))
}

// take takes a result in. The caller holds mu.
func (k *Keeper) take(l *look, from string, p *place, r check.Result) {
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	was := p.Life
	blind := false
	if r.Outcome == check.Failed && from == Server { // who looks from elsewhere has a line of its own
		began := was.First
		if was.Fails == 0 {
			began = now
		}
		if blind = was.Fails+1 >= l.c.Failures && k.cutOff(l, began) || was.Blind && k.blind; !blind && was.Fails+2 >= l.c.Failures && !was.Down {
			k.ask(l, began, now)
		}
	}
	p.Life = was.Take(r, now, Limits{l.c.Failures, l.c.Successes}, blind)
	took := time.Duration(0)
	if r.Outcome == check.OK {
		took = r.Took
	}
	if p.times = append(p.times, took); len(p.times) > keepTimes {
		p.times = p.times[1:]
	}
	switch {
	case blind:
		k.blind = true
	case r.Outcome == check.OK && from == Server && k.blind && !Near(l.c.Spec.Target()):
		k.see()
	}
	if p.Down && !was.Down { // whether it does from elsewhere is known soon
		for other, o := range l.lives {
			if other != from && o.next.After(now) {
				o.next = now
			}
		}
	}
	if d := Happened(was, p.Life); d != "" {
		l.lines++
		says := r.Says
		if p.Blind {
			says = "Nothing that this server looks at answers. " + says
		}
		l.dirty = true
		if len(l.unsaved) < keepLines { // while the store is away
			l.unsaved = append(l.unsaved, Line{N: l.lines, At: now, From: from, Did: d, Says: says})
		}
	}
	if r.Outcome == check.OK {
		k.o.Put("check_seconds", now, r.Took.Seconds(), "check", l.c.ID, "from", from)
	}
	k.tell(l, now)
}

// tell writes how a check does into the time series. The caller holds mu.
func (k *Keeper) tell(l *look, now time.Time) {
	if l.c.Paused {
		return
	}
	var lives []Life
	for _, p := range l.lives {
		lives = append(lives, p.Life)
	}
	all := stateOf(&l.c, lives)
	for from, p := range l.lives {
		if s := p.State(); s == Up || s == Down {
			k.o.Put("check_up", now, truth(s == Up), "check", l.c.ID, "from", from)
			// What fails from everywhere is one thing, and told once.
			k.o.Put("check_fails_there", now, truth(s == Down && all == Partly), "check", l.c.ID, "from", from)
		}
		if e := p.Last.Expires; p.Heard && !e.IsZero() {
			days := e.Sub(now).Hours() / 24
			k.o.Put("check_certificate_days", now, float64(int64(days*100))/100, "check", l.c.ID, "from", from)
		}
	}
	if n := all.number(); n > 0 {
		k.o.Put("check_state", now, n, "check", l.c.ID)
	}
}

func stored(lives map[string]*place) map[string]Life {
	out := make(map[string]Life, len(lives))
	for from, p := range lives {
		out[from] = p.Life
	}
	return out
}

// keep stores what has changed of a check. What cannot be stored is with the next look.
func (k *Keeper) keep(ctx context.Context, l *look) {
	l.saving.Lock()
	defer l.saving.Unlock()
	k.mu.Lock()
	id, lines, lives, gone := l.c.ID, slices.Clone(l.unsaved), stored(l.lives), l.gone
	k.mu.Unlock()
	if gone {
		return
	}
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveLives(id, lives); err != nil {
			return err
		}
		for _, line := range lines {
			if err := tx.AddLine(id, line); err != nil {
				return err
			}
		}
		if n := len(lines); n > 0 {
			return tx.DropLines(id, lines[n-1].N-keepLines)
		}
		return nil
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			k.o.Log.Error("what became of a check was not stored; it is with the next look", "check", id, "err", err)
		}
		return
	}
	if l.unsaved = l.unsaved[len(lines):]; len(l.unsaved) == 0 {
		l.dirty = false
	}
}
