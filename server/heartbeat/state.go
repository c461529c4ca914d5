// Package heartbeat is told by jobs that they have run: each has an address of its own
// that it calls, and when it does not, that is an alert.
package heartbeat

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// Heartbeat is a job that calls in.
type Heartbeat struct {
	ID       string         `json:"id"`
	Version  int            `json:"version"` // of the settings; a change names the one it has seen
	Name     string         `json:"name"`
	Note     string         `json:"note,omitempty"` // what to do when it does not
	Schedule Schedule       `json:"schedule"`
	Grace    time.Duration  `json:"grace"` // how late it may be, and how long it may run
	Severity alert.Severity `json:"severity"`
	Paused   bool           `json:"paused,omitempty"`
	Address  int            `json:"address"` // counts the addresses it has had
}

// Usual returns a heartbeat as it begins.
func Usual() Heartbeat {
	return Heartbeat{Schedule: Schedule{Every: 24 * time.Hour}, Grace: time.Hour, Severity: alert.Warning}
}

// check brings a heartbeat into its form, or says what is wrong with it.
func (h *Heartbeat) check() error {
	h.Name, h.Note = strings.TrimSpace(h.Name), strings.TrimSpace(h.Note)
	switch {
	case h.Name == "" || utf8.RuneCountInString(h.Name) > 200 || strings.ContainsFunc(h.Name, unicode.IsControl):
		return fault.Field("name", "A heartbeat needs a name of at most 200 characters.")
	case utf8.RuneCountInString(h.Note) > 2000:
		return fault.Field("note", "A note has at most 2000 characters.")
	case h.Grace < shortest || h.Grace > longestGrace:
		return fault.Field("grace", "It may be late by a minute at least and by 31 days at most, for example 1h.")
	case !slices.Contains(alert.Severities(), h.Severity):
		return fault.Field("severity", "The severity is critical, warning or info.")
	}
	return h.Schedule.check()
}

// Life is what is known of a heartbeat's calls.
type Life struct {
	LastAt    time.Time     `json:"last_at,omitzero"`    // when it last said that all is well
	StartedAt time.Time     `json:"started_at,omitzero"` // that it has begun, and nothing since
	Took      time.Duration `json:"took,omitempty"`      // its last run, when it said that it had begun
	FailedAt  time.Time     `json:"failed_at,omitzero"`  // that it has failed, and nothing better since
	Exit      int           `json:"exit,omitempty"`      // with which code
	DownAt    time.Time     `json:"down_at,omitzero"`    // since when it is known to be missed or stuck
	Calls     int64         `json:"calls,omitempty"`
}

// State is how a heartbeat does.
type State string

// The states.
const (
	Awaited State = "new" // it has not called in yet
	Up      State = "up"
	Late    State = "late"    // it is due, and its grace is not over
	Missed  State = "missed"  // its grace is over
	Failed  State = "failed"  // it said so
	Stuck   State = "stuck"   // it has begun, and not come to an end within its grace
	Unknown State = "unknown" // it was due while nobody could hear it
	Paused  State = "paused"
)

// Down reports whether something has to be done about it.
func (s State) Down() bool { return s == Missed || s == Failed || s == Stuck }

// number is a state in the time series; what has none is not in them.
func (s State) number() float64 {
	return float64(slices.Index([]State{Up, Late, Missed, Failed, Stuck}, s) + 1)
}

// DueAt is when it is due to call in; zero: nobody knows.
func (h *Heartbeat) DueAt(l Life) time.Time {
	if l.LastAt.IsZero() {
		return time.Time{}
	}
	return h.Schedule.next(l.LastAt)
}

// StateAt says how it does. back is since when this server hears without a gap: what
// was due before may have called meanwhile, so that it is not missed before its whole
// grace has passed once more.
func (h *Heartbeat) StateAt(l Life, now, back time.Time) State {
	due := h.DueAt(l)
	waits, runs := due, !l.StartedAt.IsZero()
	if runs {
		waits = l.StartedAt
	}
	end := waits.Add(h.Grace)
	if limit := later(due, back).Add(2 * h.Grace); runs && !due.IsZero() && limit.Before(end) {
		end = limit // what begins again and again does not put it off for ever
	}
	over := Missed
	if runs && !now.Before(l.StartedAt.Add(h.Grace)) {
		over = Stuck
	}
	switch {
	case h.Paused:
		return Paused
	case !l.FailedAt.IsZero():
		return Failed
	case !l.DownAt.IsZero():
		return over // until it says that all is well
	case waits.IsZero() && l.LastAt.IsZero():
		return Awaited
	case waits.IsZero() || now.Before(waits):
		return Up
	case waits.Before(back) && now.Before(back.Add(h.Grace)):
		if now.Before(due) {
			return Up // it runs, and is not due
		}
		return Unknown
	case !now.Before(end):
		return over
	case due.IsZero() || now.Before(due):
		return Up
	}
	return Late
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Kind is what a call says.
type Kind string

// The kinds.
const (
	Success Kind = "success"
	Start   Kind = "start"
	Failure Kind = "fail"
)

// Call is one call of a job.
type Call struct {
	N    int64 // counts the calls of its heartbeat
	At   time.Time
	Kind Kind
	Exit int           // of a failure: the code, when it said one
	Took time.Duration // since it said that it begins; 0: it did not
	From string        // the address it came from
	Body string        // the beginning of what came with it
}

// take brings a life forward by a call, and says in it how long the run took.
func (l Life) take(c *Call) Life {
	l.Calls++
	c.N = l.Calls
	if c.Kind != Start && !l.StartedAt.IsZero() {
		c.Took = max(0, c.At.Sub(l.StartedAt))
	}
	switch c.Kind {
	case Start:
		l.StartedAt = c.At
		return l
	case Success:
		l.LastAt, l.FailedAt, l.Exit, l.DownAt = c.At, time.Time{}, 0, time.Time{}
	case Failure:
		l.FailedAt, l.Exit = c.At, c.Exit
	}
	l.StartedAt, l.Took = time.Time{}, c.Took
	return l
}
