// Package alert is the life of an alert: what a rule is, what an observation of it
// says, and what follows. It is pure: no clock, no store, no query is in it.
//
// A rule is written in the form of Prometheus's rule files. Its life is theirs too, as
// long as there is data; where there is none, an alert is “unknown” and never resolved.
package alert

import "time"

// State is where an alert is in its life.
type State string

// The states.
const (
	Inactive State = "inactive" // nothing to see
	Pending  State = "pending"  // the condition holds, not yet for long enough
	Firing   State = "firing"
	Resolved State = "resolved" // it has fired, and its condition is over
	Unknown  State = "unknown"  // it was pending or firing, and nothing is heard any more
)

// Live reports whether somebody may have to do something about an alert.
func (s State) Live() bool { return s == Pending || s == Firing || s == Unknown }

// Reading is what one observation says of a condition.
type Reading int8

// The readings. The zero value is that nothing is known.
const (
	Absent Reading = iota // there is no data: nothing is said
	No
	Yes
)

// Timing is how a rule treats what it observes.
type Timing struct {
	For  time.Duration // the condition holds for so long before the alert fires
	Keep time.Duration // a firing alert goes on for so long after the condition was last seen
	// Steady alerts are not damped when they flap.
	Steady bool
}

// Alert is one alert: a rule, for one set of labels. Its zero value is inactive.
type Alert struct {
	State State
	Since time.Time // of the state

	ActiveAt   time.Time     // since when the condition holds, without the time in which nothing was known
	FiredAt    time.Time     // when it began to fire; zero: it has not
	ResolvedAt time.Time     // when it was resolved
	MissedAt   time.Time     // since when the condition does not hold any more, while it goes on firing
	AbsentAt   time.Time     // since when nothing is known
	Was        State         // before nothing was known: pending or firing
	Value      float64       // what was last measured
	Changes    Changes       // how restless its condition is
	Unheard    time.Duration // for how long nothing was known since the condition began to hold
}

// Keep is for how long a resolved alert is kept beside those that fire, as in
// Prometheus: a receiver that was away then still hears of its end.
const Keep = 15 * time.Minute

// Over reports whether nothing is left to keep of an alert.
func (a *Alert) Over(now time.Time) bool {
	return a.State == Inactive && (a.Changes == 0 || now.Sub(a.Since) > Keep) || a.State == Resolved && now.Sub(a.ResolvedAt) > Keep
}

// Counts returns the state by which an alert counts: an unknown one counts as what it
// was before.
func (a *Alert) Counts() State {
	if a.State == Unknown {
		return a.Was
	}
	return a.State
}
