package fix

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

const (
	smallSkew = time.Second     // not worth setting
	sameSkew  = 2 * time.Second // of two answers of one server
	maxSkew   = 20 * 365 * 24 * time.Hour
)

// moveClock moves the clock by an amount; tests must not.
var moveClock = func(by time.Duration) error {
	t, err := unix.TimeToTimespec(time.Now().Add(by))
	if err != nil {
		return err
	}
	return unix.ClockSettime(unix.CLOCK_REALTIME, &t)
}

// skew asks the server three times; the middle answer counts, and the three must
// agree.
func (s SetClock) skew(ctx context.Context) (time.Duration, error) {
	var all []time.Duration
	for range 3 {
		skew, err := probe.AskTime(ctx, s.Source)
		if err != nil {
			return 0, cannot(err, "error.fix_time_silent", tongue.Name("source", line(s.Source, 80)))
		}
		all = append(all, skew)
	}
	slices.Sort(all)
	if all[2]-all[0] > sameSkew || all[1].Abs() > maxSkew {
		return 0, fault.Say(fault.Unavailable, "error.fix_time_unsure", tongue.Name("source", line(s.Source, 80)))
	}
	return all[1], nil
}

// Plan asks how far the clock is off.
func (s SetClock) Plan(ctx context.Context) (Plan, error) {
	skew, err := s.skew(ctx)
	if err != nil {
		return Plan{}, err
	}
	if skew.Abs() < smallSkew {
		return Plan{}, fault.Say(fault.Conflict, "error.fix_clock_right")
	}
	id := "fix.clock_forward"
	if skew > 0 {
		id = "fix.clock_back"
	}
	return plans(id, tongue.Duration("length", skew), tongue.Name("source", line(s.Source, 80))).of(1, skew.String()), nil
}

// Do sets it, if it is as far off as was planned.
func (s SetClock) Do(ctx context.Context, p Plan) (Done, error) {
	planned, err := time.ParseDuration(p.Mark)
	if err != nil {
		return Done{}, err
	}
	skew, err := s.skew(ctx)
	if err != nil {
		return Done{}, err
	}
	if (skew - planned).Abs() > sameSkew {
		return Done{}, fault.Say(fault.Stale, "error.fix_clock_changed")
	}
	if err := moveClock(-skew); err != nil {
		return Done{}, cannot(err, "error.fix_clock_refused")
	}
	id := "fix.clock_was_forward"
	if skew > 0 {
		id = "fix.clock_was_back"
	}
	return did(id, tongue.Duration("length", skew)).of(1, skew.String()), nil
}

// Undo puts the clock back to where it was.
func (SetClock) Undo(_ context.Context, d Done) (Done, error) {
	skew, err := time.ParseDuration(d.Back)
	if err != nil {
		return Done{}, err
	}
	if err := moveClock(skew); err != nil {
		return Done{}, cannot(err, "error.fix_clock_refused")
	}
	id := "fix.clock_undone_behind"
	if skew > 0 {
		id = "fix.clock_undone_ahead"
	}
	return did(id, tongue.Duration("length", skew)).of(1, ""), nil
}
