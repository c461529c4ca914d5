package alert

import "time"

// Observation is what was seen of a condition at one moment.
type Observation struct {
	Holds Reading
	// Clear says of rules with a condition of their own for the end whether that holds.
	// HasClear reports that there is one.
	Clear    Reading
	HasClear bool
	Value    float64
}

// reading is what an observation means to an alert: one that fires ends by its
// condition for the end, where there is one.
func (o Observation) reading(counts State) Reading {
	if counts != Firing || !o.HasClear || o.Holds != No {
		return o.Holds
	}
	switch o.Clear {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Absent
}

// Step says what an alert has become by an observation at now. Observations come in
// the order of time; with data at each of them the states are those of Prometheus 3
// (rules/alerting.go), but for alerts that flap.
func Step(a Alert, o Observation, t Timing, now time.Time) Alert {
	if a.State == "" {
		a.State, a.Since = Inactive, now
	}
	if a.State == Resolved && now.Sub(a.ResolvedAt) > Keep {
		a = Alert{State: Inactive, Since: now, Changes: a.Changes}
	}
	r := o.reading(a.Counts())
	if r == Absent {
		return a.absent(now)
	}
	a = a.heard(now)
	a.Changes = a.Changes.Saw(r == Yes)
	if r == Yes {
		a.Value = o.Value
		return a.holds(t, now)
	}
	return a.misses(t, now)
}

// absent is an alert of which nothing is known at now.
func (a Alert) absent(now time.Time) Alert {
	if a.State == Pending || a.State == Firing {
		a.Was, a.AbsentAt = a.State, now
		a.enter(Unknown, now)
	}
	return a
}

// heard is an alert of which something is known again. The time without data
// counts neither for the condition nor against it.
func (a Alert) heard(now time.Time) Alert {
	if a.State != Unknown {
		return a
	}
	gap := now.Sub(a.AbsentAt)
	a.Unheard += gap
	if a.Was == Pending {
		a.ActiveAt = a.ActiveAt.Add(gap)
	}
	if !a.MissedAt.IsZero() {
		a.MissedAt = a.MissedAt.Add(gap)
	}
	a.enter(a.Was, now)
	a.Was, a.AbsentAt = "", time.Time{}
	return a
}

func (a Alert) holds(t Timing, now time.Time) Alert {
	a.MissedAt = time.Time{}
	if a.State == Inactive || a.State == Resolved {
		a = Alert{Value: a.Value, Changes: a.Changes, ActiveAt: now}
		a.enter(Pending, now)
	}
	switch held := now.Sub(a.ActiveAt); {
	case a.State == Pending && held >= t.For:
		a.FiredAt = now
		a.enter(Firing, now)
	case a.State == Firing && held < t.For: // the rule was made stricter meanwhile
		a.FiredAt = time.Time{}
		a.enter(Pending, now)
	}
	return a
}

func (a Alert) misses(t Timing, now time.Time) Alert {
	switch a.State {
	case Pending:
		return Alert{State: Inactive, Since: now, Changes: a.Changes}
	case Firing:
		if a.MissedAt.IsZero() {
			a.MissedAt = now
		}
		if now.Sub(a.MissedAt) < t.Keep || !t.Steady && a.Changes.Flapping() {
			return a
		}
		a.ResolvedAt, a.MissedAt = now, time.Time{}
		a.enter(Resolved, now)
	}
	return a
}

func (a *Alert) enter(s State, now time.Time) { a.State, a.Since = s, now }
