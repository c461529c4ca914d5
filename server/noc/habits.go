package noc

import (
	"context"
	"hash/fnv"
	"maps"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/habit"
)

// SetZone says in which time zone the hours of the week are learned: at a site that has
// none of its own, for which site returns nil, in the desk's. It is called once, before Run.
func (f *Fleet) SetZone(desk func() *time.Location, site func(id string) *time.Location) {
	f.zone, f.siteZone = desk, site
}

// at is a moment by the clocks of an endpoint's site; desk is the same by the desk's.
func (f *Fleet) at(e *endpoint, desk time.Time) time.Time {
	if z := f.siteZone(e.site.ID); z != nil {
		return desk.In(z)
	}
	return desk
}

// expectation is what an endpoint's habit says at a moment.
type expectation struct {
	known            bool
	expected, missed float64
}

// teaches is what a presence says of an endpoint's habit. That its agent was stopped says
// nothing about the machine.
func (p Presence) teaches() habit.Presence {
	switch p {
	case Online, Stuck:
		return habit.There
	case Asleep, Off, Silent:
		return habit.Away
	}
	return habit.Unknown
}

// learn takes one look at an endpoint into its habit, and says what that means for now.
// The caller holds mu.
func (f *Fleet) learn(e *endpoint, now time.Time) (x expectation) {
	e.expected = -1
	if e.state != enrol.Active {
		return x
	}
	p := e.presence.teaches()
	if e.habit == nil {
		if p == habit.Unknown {
			return x
		}
		e.habit = &habit.Habit{}
	}
	e.habit.See(now, p)
	isServer := isServer(e.platform)
	switch {
	case p == habit.Away:
		x.missed = e.habit.Missed(e.since, now, isServer)
	case e.presence != Unknown:
		e.habit.Back()
	}
	if x.known = e.habit.Known(); x.known {
		x.expected = e.habit.Expected(now, isServer)
		e.expected = float32(x.expected)
	}
	return x
}

// isServer reports whether a machine is known to be a server by what it runs.
func isServer(platform string) bool { return strings.Contains(strings.ToLower(platform), "server") }

// gatherHabits has the habits of a sixtieth of the endpoints written down, in their own
// minute of the hour, so that all of them are within an hour and the disk hardly notices.
// The caller holds mu.
func (f *Fleet) gatherHabits(now time.Time) {
	minute := uint32(now.Minute())
	for _, e := range f.endpoints {
		if e.habit != nil && e.habit.Changed() && minuteOf(e.id) == minute {
			f.habits[e.id] = e.habit.Encode()
		}
	}
}

// minuteOf is the minute of the hour in which an endpoint's habit is written down.
func minuteOf(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id)) //nolint:errcheck // it never fails
	return h.Sum32() % 60
}

// gatherAllHabits has everything written down that has been learned.
func (f *Fleet) gatherAllHabits() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.endpoints {
		if e.habit != nil && e.habit.Changed() {
			f.habits[e.id] = e.habit.Encode()
		}
	}
}

// saveHabits writes down what was gathered. What was not stored is with the next, unless
// there is something newer.
func (f *Fleet) saveHabits(ctx context.Context) error {
	f.mu.Lock()
	list := f.habits
	f.habits = map[string][]byte{}
	f.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := f.store.SaveHabits(ctx, list)
	if err != nil {
		f.mu.Lock()
		maps.Copy(list, f.habits)
		f.habits = list
		f.mu.Unlock()
	}
	return err
}

// loadHabits reads what was learned. What cannot be read is learned anew: an alert that
// comes later is no reason not to start.
func (f *Fleet) loadHabits(ctx context.Context) (map[string]*habit.Habit, error) {
	list, err := f.store.Habits(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*habit.Habit, len(list))
	for id, doc := range list {
		h, err := habit.Decode(doc)
		if err != nil {
			f.log.Warn("the usual hours of an endpoint cannot be read, and are learned anew", "endpoint", id, "err", err)
			continue
		}
		out[id] = h
	}
	return out, nil
}
