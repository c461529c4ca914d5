package heartbeat

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/deskbell/deskbell/internal/fault"
)

// Schedule is when a job calls in: by a cron expression in a time zone, or a while
// after it did so last.
type Schedule struct {
	Cron  string        `json:"cron,omitempty"`
	Zone  string        `json:"zone,omitempty"` // of Cron; empty: UTC
	Every time.Duration `json:"every,omitempty"`
}

// What an interval and a grace may be.
const (
	shortest      = time.Minute
	longestEvery  = 366 * 24 * time.Hour
	longestGrace  = 31 * 24 * time.Hour
	maxExpression = 120
)

var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// check brings a schedule into its form, or says what is wrong with it.
func (s *Schedule) check() error {
	if s.Cron = strings.Join(strings.Fields(s.Cron), " "); s.Cron == "" {
		s.Zone = ""
		if s.Every < shortest || s.Every > longestEvery {
			return fault.Field("every", "Say how often it calls in: once a minute at most, once a year at least, for example 1d.")
		}
		return nil
	}
	s.Every = 0
	if s.Zone = strings.TrimSpace(s.Zone); s.Zone == "" {
		s.Zone = "UTC"
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" {
		return fault.Field("zone", "There is no such time zone. Write one such as Europe/Berlin or UTC.")
	}
	if _, err := s.expression(); err != nil {
		return fault.Field("cron", "This is no cron expression. It has five fields, such as “30 2 * * 1-5”: minute, hour, day of the month, month, day of the week.")
	}
	if s.next(time.Unix(0, 0)).IsZero() {
		return fault.Field("cron", "No day fits this cron expression.")
	}
	return nil
}

func (s *Schedule) expression() (cron.Schedule, error) {
	// A zone stands beside the expression and not in it, and “@every” is Every.
	if len(s.Cron) > maxExpression || strings.ContainsRune(s.Cron, '=') || strings.HasPrefix(s.Cron, "@every") {
		return nil, fault.New(fault.Invalid, "It is no cron expression.")
	}
	return fields.Parse(s.Cron)
}

// next is when a job that has called in is due again; never is zero.
func (s *Schedule) next(after time.Time) time.Time {
	if s.Cron == "" {
		return after.Add(s.Every)
	}
	expr, err := s.expression()
	if err != nil {
		return time.Time{}
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.Time{}
	}
	t := expr.Next(after.In(zone))
	// Where the clocks are put back, an hour comes twice. A job of a time of day runs in
	// one of them, so that the second is not waited for.
	for range 120 {
		if t.IsZero() || !again(t) {
			break
		}
		t = expr.Next(t)
	}
	return t
}

// again reports whether a time of day comes for the second time.
func again(t time.Time) bool {
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute} { // Lord Howe puts its clocks back by half an hour
		if b := t.Add(-back); b.Format(wall) == t.Format(wall) {
			return true
		}
	}
	return false
}

const wall = "2006-01-02 15:04"

// Upcoming are the next times at which a schedule is due, for whoever writes one.
func (s Schedule) Upcoming(after time.Time, n int) []time.Time {
	var out []time.Time
	for t := s.next(after); len(out) < n && !t.IsZero(); t = s.next(t) {
		out = append(out, t)
	}
	return out
}
