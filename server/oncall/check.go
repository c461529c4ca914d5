package oncall

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// Bounds.
const (
	maxRotas     = 100
	maxLayers    = 8
	maxPeople    = 50
	maxDays      = 90
	maxOverrides = 500
	longestStand = 366 * day
	maxWhy       = 300
)

func named(s string, most int) bool {
	return s != "" && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// check brings a rota into its form, or says what is wrong with it.
func (r *Rota) check() error {
	r.Name, r.Zone = strings.TrimSpace(r.Name), strings.TrimSpace(r.Zone)
	if !named(r.Name, 80) {
		return fault.Field("name", "A rota needs a name of at most 80 characters.")
	}
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "" || r.Zone == "Local" {
		return fault.Field("zone", "Give a time zone, as in Europe/Berlin.")
	}
	if len(r.Layers) == 0 || len(r.Layers) > maxLayers {
		return fault.Field("layers", fmt.Sprintf("A rota has 1 to %d layers. Say who is on call.", maxLayers))
	}
	for n := range r.Layers {
		if field, sentence := r.Layers[n].wrong(); field != "" {
			return fault.Field(fmt.Sprintf("layers.%d.%s", n, field), sentence)
		}
	}
	return nil
}

// wrong says what is wrong with a layer.
func (l *Layer) wrong() (field, sentence string) {
	l.Name, l.First = strings.TrimSpace(l.Name), strings.TrimSpace(l.First)
	if l.Name == "" {
		l.Name = "On call"
	}
	first, err := time.Parse(time.DateOnly, l.First)
	switch {
	case !named(l.Name, 80):
		return "name", "A layer's name has at most 80 characters."
	case len(l.People) == 0 || len(l.People) > maxPeople:
		return "people", fmt.Sprintf("A layer has 1 to %d people.", maxPeople)
	case err != nil || first.Year() < 2000 || first.Year() > 2100:
		return "first", "Give the day on which the first person begins, as in 2026-11-23."
	case l.Minute < 0 || l.Minute >= 24*60:
		return "minute", "Give the time of day of the hand-over, as in 09:00."
	case l.Days < 1 || l.Days > maxDays:
		return "days", fmt.Sprintf("A shift goes on for 1 to %d days.", maxDays)
	}
	h := l.Hours
	if h == nil {
		return "", ""
	}
	if len(h.Days) == 0 {
		return "hours", "Choose at least one day of the week, or have the layer be on at all times."
	}
	for _, d := range h.Days {
		if d < time.Sunday || d > time.Saturday {
			return "hours", "That is no day of the week."
		}
	}
	if h.From < 0 || h.From >= 24*60 || h.To < 0 || h.To >= 24*60 {
		return "hours", "Give times of day from 00:00 to 23:59. The same twice is a whole day."
	}
	return "", ""
}

// check brings an override into its form, or says what is wrong with it.
func (o *Override) check(now time.Time) error {
	o.Why = strings.Join(strings.Fields(o.Why), " ")
	switch {
	case o.From.IsZero():
		return fault.Field("from", "Say from when somebody stands in.")
	case !o.To.After(o.From):
		return fault.Field("to", "The end has to come after the beginning.")
	case !o.To.After(now):
		return fault.Field("to", "That is over already.")
	case o.To.Sub(o.From) > longestStand:
		return fault.Field("to", "Somebody stands in for a year at most. Change the rota instead.")
	case o.Person.ID == o.Instead.ID:
		return fault.Field("person", "Nobody stands in for themselves. Choose two people.")
	case utf8.RuneCountInString(o.Why) > maxWhy || strings.ContainsFunc(o.Why, unicode.IsControl):
		return fault.Field("why", fmt.Sprintf("The reason has at most %d characters.", maxWhy))
	}
	return nil
}
