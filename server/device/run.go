package device

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/synthetic"
)

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

// Run looks at devices until ctx ends.
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
		k.o.Put("devices_blind", now, truth(k.blind))
	}
	again := tellEvery - now.Sub(k.told)
	for _, l := range k.looks {
		if l.d.Paused || l.running {
			continue
		}
		if wait := l.next.Sub(now); wait > 0 {
			again = min(again, wait)
			continue
		}
		select {
		case k.free <- struct{}{}:
			l.running = true
			to, version := l.d.target(), l.d.Version
			under.Go(func() {
				defer k.nudge()
				defer func() { <-k.free }()
				k.once(ctx, l, to, version)
			})
		default: // whoever comes to an end nudges
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

func (d *Device) target() Target { return Target{Host: d.Host, Port: d.Port, Access: d.Access} }

// once looks once, and takes in what came of it.
func (k *Keeper) once(ctx context.Context, l *look, to Target, version int) {
	start := k.o.Now()
	r := k.o.Read(ctx, to)
	k.mu.Lock()
	l.running = false
	if ctx.Err() != nil || l.gone || l.d.Version != version {
		k.mu.Unlock() // it was broken off, or says something of what was asked before
		return
	}
	k.take(l, &r)
	every := l.d.Every
	if l.m.Life.Unsettled() {
		every = min(every, retry)
	}
	l.next = start.Add(every - every/20 + chance(every/10))
	dirty := l.dirty
	k.mu.Unlock()
	if dirty {
		k.keep(ctx, l)
	}
}

// take takes a reading in. The caller holds mu.
func (k *Keeper) take(l *look, r *Reading) {
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	was, blind := l.m.Life, false
	if r.Result.Outcome == check.Failed {
		since := was.First
		if was.Fails == 0 {
			since = now
		}
		blind = was.Fails+1 >= l.d.Failures && k.cutOff(l, since) || was.Blind && k.blind
	}
	l.m.Life = was.Take(r.Result, now, synthetic.Limits{Failures: l.d.Failures, Successes: l.d.Successes}, blind)
	k.witness(l)
	switch {
	case blind:
		k.blind = true
	case r.Result.Outcome == check.OK && k.blind && !synthetic.Near(l.d.Host):
		k.see()
	}
	if d := synthetic.Happened(was, l.m.Life); d != "" {
		says := r.Result.Says
		if blind {
			says = "Nothing that this server looks at answers. " + says
		}
		l.line(now, "", d, says)
	}
	if r.Result.Outcome == check.OK {
		k.answered(l, r, now)
	}
	k.tell(l, now)
}

// line notes what happened; it is stored with the next look at the latest.
func (l *look) line(at time.Time, port string, did synthetic.Did, says string) {
	l.lines++
	l.dirty = true
	l.unsaved = append(l.unsaved, Line{N: l.lines, At: at, Port: port, Did: did, Says: says})
	if len(l.unsaved) > keepLines { // while the store is away, and of a device that says much at once
		l.unsaved = slices.Delete(l.unsaved, 0, len(l.unsaved)-keepLines)
	}
}

// answered takes in what a device has said. The caller holds mu.
func (k *Keeper) answered(l *look, r *Reading, now time.Time) {
	k.o.Put("device_seconds", now, r.Result.Took.Seconds(), "network_device", l.d.ID)
	anew := l.last != nil && began(l.last, r)
	if anew {
		l.m.Restarted = now
		l.line(now, "", Restarted, fmt.Sprintf("It runs for %s, and ran for longer before.", r.Uptime.Round(time.Second)))
	}
	if r.Timed {
		k.o.Put("device_uptime_seconds", now, math.Floor(r.Uptime.Seconds()), "network_device", l.d.ID)
		l.dirty = l.dirty || l.m.UptimeAt.IsZero()
		l.m.Uptime, l.m.Ticks, l.m.UptimeAt = r.Uptime, r.Ticks, r.At.UTC().Truncate(time.Millisecond)
	}
	if l.m.System != r.System {
		l.m.System, l.dirty = r.System, true
	}
	l.trouble = r.Trouble
	if r.Trouble != "" {
		// What is counted next is counted from the last look that read counters.
		if anew {
			l.last, l.ports = r, nil
		}
		return
	}
	k.ports(l, r, anew, now)
	l.last, l.readAt, l.more = r, now, r.More
}

// ports takes interfaces in. The caller holds mu.
func (k *Keeper) ports(l *look, r *Reading, anew bool, now time.Time) {
	before := map[int]*Interface{}
	if l.last != nil && !anew {
		for i := range l.last.Interfaces {
			before[l.last.Interfaces[i].Index] = &l.last.Interfaces[i]
		}
	}
	there := map[string]Port{}
	l.ports = make([]portNow, 0, len(r.Interfaces))
	for n := range r.Interfaces {
		i := &r.Interfaces[n]
		was := l.m.Ports[i.Name]
		is := was.take(i, l.d.Expected, now)
		there[i.Name] = is
		if is != was {
			l.dirty = true
		}
		l.happened(i, was, is, now)
		p := portNow{Interface: *i}
		if b := before[i.Index]; b != nil {
			p.Rates = ratesOf(b, i, r.At.Sub(l.last.At))
		}
		l.ports = append(l.ports, p)
		k.tellPort(l, &p, is, now)
	}
	for name, p := range l.m.Ports {
		if _, ok := there[name]; !ok {
			l.dirty = true
			if p.State == PortDown { // it is not there any more, so that nobody waits for it
				k.o.Put("device_interface_state", now, PortUnused.number(), "network_device", l.d.ID, "interface", name)
			}
		}
	}
	l.m.Ports = there
}

// happened notes what an interface did.
func (l *look) happened(i *Interface, was, is Port, now time.Time) {
	says := i.Alias
	switch {
	case was.State == is.State || was.State == "" && is.State != PortDown:
	case is.State == PortDown:
		l.line(now, i.Name, synthetic.WentDown, says)
	case is.State == PortOff && was.State != PortUnused:
		l.line(now, i.Name, WentOff, says)
	case is.State == PortUp && was.State == PortDown:
		l.line(now, i.Name, synthetic.WentUp, says)
	}
}

// keep stores what has changed of a device. What cannot be stored is with the next look.
func (k *Keeper) keep(ctx context.Context, l *look) {
	l.saving.Lock()
	defer l.saving.Unlock()
	k.mu.Lock()
	id, lines, memory, gone := l.d.ID, slices.Clone(l.unsaved), l.m, l.gone
	memory.Ports = maps.Clone(memory.Ports)
	k.mu.Unlock()
	if gone {
		return
	}
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveMemory(id, memory); err != nil {
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
			k.o.Log.Error("what became of a device was not stored; it is with the next look", "device", id, "err", err)
		}
		return
	}
	if n := len(lines); n > 0 {
		l.unsaved = slices.DeleteFunc(l.unsaved, func(u Line) bool { return u.N <= lines[n-1].N })
	}
	l.dirty = len(l.unsaved) > 0
}
