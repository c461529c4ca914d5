package watch

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

// SilenceDraft is what somebody asks for.
type SilenceDraft struct {
	Match  string
	Times  alert.Times // a beginning that is not there is now
	Stable time.Duration
	Why    string
}

// draft is a silence as it was asked for, or what is wrong with it.
func draft(d SilenceDraft, actor auth.Actor, now time.Time) (alert.Silence, error) {
	s := alert.Silence{
		ID: strings.ToLower(rand.Text()), Times: d.Times, Stable: d.Stable, Who: actor.Person, Name: actor.Name,
		Why: strings.Join(strings.Fields(d.Why), " "), MadeAt: now,
	}
	var err error
	if s.Match, err = readMatch(d.Match); err != nil {
		return s, err
	}
	if s.Times.From.Before(now) {
		s.Times.From = now
	}
	switch {
	case s.Why == "":
		return s, fault.Field("why", "Say why, so that others know.")
	case len(s.Why) > maxWhy:
		return s, fault.Field("why", fmt.Sprintf("A reason has %d characters at most.", maxWhy))
	case s.Stable < 0 || s.Stable > longestCalm || s.Stable > 0 && s.Stable < time.Minute:
		return s, fault.Field("stable", "Stable is what was calm for 1 minute to 7 days.")
	case s.Times.To.IsZero() && s.Stable == 0 && s.Times.Weekly == nil:
		return s, fault.Field("until", "Say when it ends, or that it ends when all is stable.")
	case !s.Times.To.IsZero() && s.Times.To.Sub(now) > longestHold:
		return s, fault.Field("until", "A silence lasts a year at most.")
	case s.Times.Listed != nil:
		return s, fault.Field("until", "A silence recurs by days of the week.")
	}
	if err := s.Times.Check(); err != nil {
		words := err.Error()
		field := "weekly"
		if s.Times.Weekly == nil {
			field = "until"
		}
		return s, fault.Field(field, strings.ToUpper(words[:1])+words[1:]+".")
	}
	return s, nil
}

func readMatch(text string) (alert.Matchers, error) {
	m, err := alert.ParseMatchers(text)
	if err != nil {
		return m, fault.Field("match", fmt.Sprintf("The labels cannot be read: %s. They are written as in site=\"Berlin\", alertname=~\"Disk.*\".", strings.TrimSuffix(err.Error(), ".")))
	}
	return m, nil
}
