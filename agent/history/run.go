package history

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// When what is read. On battery all that is dear waits, but not for ever.
const (
	firstLook  = 90 * time.Second // after the start, and up to as much again
	cheapPause = time.Hour
	fullPause  = 22 * time.Hour // and up to four hours more, so that not all do it at once
	onBattery  = 3 * 24 * time.Hour
	oneReading = 2 * time.Minute
	believe    = 7 * 24 * time.Hour // that nothing changed because no file did
)

// Pauses are how long lies between two readings of the sections that Cheap names,
// and of all.
func Pauses() (cheap, full time.Duration) { return cheapPause, fullPause }

// Cheap are the sections that are read each hour; the others are read once a day.
func Cheap() []inventory.Name {
	return []inventory.Name{inventory.NameHardware, inventory.NameNetwork, inventory.NameDrivers, inventory.NameDisks, inventory.NameStartup}
}

// Kept are the sections that are read for the history.
func Kept() []inventory.Name {
	return append(Cheap(), inventory.NameSoftware, inventory.NameUpdates)
}

// Reader reads the inventory. *probe.Prober is one.
type Reader interface {
	TakeStock(ctx context.Context, names []inventory.Name, onSection func(inventory.Inventory)) inventory.Inventory
	// Stamp stays the same as long as nothing has changed that a section is read
	// from; "" when nobody can tell.
	Stamp(name inventory.Name) string
}

// Run keeps the history up to date until ctx ends. battery tells whether the machine
// runs on its battery now.
func (k *Keeper) Run(ctx context.Context, r Reader, battery func() bool) {
	wait := firstLook + rand.N(firstLook)
	day := fullPause + rand.N(4*time.Hour)
	started := true
	for {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		full := k.due(started, day, battery())
		started = started && !full
		names := Cheap()
		if full {
			names = Kept()
		}
		k.look(ctx, r, names, full)
		debug.FreeOSMemory()
		wait = cheapPause + rand.N(cheapPause/10)
	}
}

// due reports whether all is to be read now: after the start, and once a day; on
// battery only when it was not for days.
func (k *Keeper) due(started bool, day time.Duration, battery bool) bool {
	last := k.Full()
	age := k.now().Sub(last)
	switch {
	case last.IsZero(), age < 0: // never, or the clock was set back
		return true
	case battery:
		return age >= onBattery
	}
	return started || age >= day
}

func (k *Keeper) look(ctx context.Context, r Reader, names []inventory.Name, full bool) {
	ctx, cancel := context.WithTimeout(ctx, oneReading)
	defer cancel()
	stamps := map[inventory.Name]string{}
	if full {
		names, stamps = k.changed(r, names)
	}
	i := r.TakeStock(ctx, names, nil)
	if ctx.Err() != nil {
		return // half of it is no news
	}
	if err := k.note(i, full, stamps); err != nil {
		k.log.Warn("what has changed on this machine could not be written down", "error", err)
	}
}
