// Package synthetic looks at services again and again, and says which do not answer as
// is asked for: from this server, and from elsewhere.
package synthetic

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// Check is a service that is looked at.
type Check struct {
	ID        string         `json:"id"`
	Version   int            `json:"version"` // of the settings; a change names the one it has seen
	Name      string         `json:"name"`
	Note      string         `json:"note,omitempty"` // what to do when it fails
	Spec      check.Spec     `json:"spec"`
	Every     time.Duration  `json:"every"`
	Failures  int            `json:"failures"`  // in a row, until it is down
	Successes int            `json:"successes"` // in a row, until it is up again
	Severity  alert.Severity `json:"severity"`
	About     string         `json:"about,omitempty"` // the category of tickets about it; empty: nobody has said
	Guard     bool           `json:"guard,omitempty"` // it shows whether this server's own line works
	Paused    bool           `json:"paused,omitempty"`
	Sealed    []byte         `json:"sealed,omitempty"` // headers and body, as they are stored

	// From where it is looked at: from this server, unless Away, and from computers at sites.
	Away      bool     `json:"away,omitempty"`
	Sites     []string `json:"sites,omitempty"`     // ids
	Each      int      `json:"each,omitempty"`      // how many computers look at each
	Endpoints []string `json:"endpoints,omitempty"` // ids of those that look at their sites, in place of any
	By        Person   `json:"by,omitzero"`         // who has saved it
}

// Usual returns a check as it begins.
func Usual() Check {
	return Check{Spec: check.Spec{Kind: check.HTTP}, Every: time.Minute, Failures: 3, Successes: 2, Severity: alert.Warning, Each: usualEach}
}

const (
	shortest = 30 * time.Second
	longest  = 24 * time.Hour
	// retry is how soon at the latest what is in doubt is looked at again.
	retry = time.Minute
)

// check brings a check into its form, or says what is wrong with it.
func (c *Check) check() error {
	c.Name, c.Note = strings.TrimSpace(c.Name), strings.TrimSpace(c.Note)
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > 200 || strings.ContainsFunc(c.Name, unicode.IsControl):
		return fault.Field("name", "A check needs a name of at most 200 characters.")
	case utf8.RuneCountInString(c.Note) > 2000:
		return fault.Field("note", "A note has at most 2000 characters.")
	case len(c.About) > 64:
		return errAbout
	case c.Every < shortest || c.Every > longest:
		return fault.Field("every", "A service is looked at every 30 seconds at most, and once a day at least: 1m, for example.")
	case c.Failures < 1 || c.Failures > 10:
		return fault.Field("failures", "It is down after 1 to 10 failures in a row.")
	case c.Successes < 1 || c.Successes > 10:
		return fault.Field("successes", "It is up again after 1 to 10 successes in a row.")
	case !slices.Contains(alert.Severities(), c.Severity):
		return fault.Field("severity", "The severity is critical, warning or info.")
	}
	return c.Spec.Check()
}

// Server is from where a check is done when it is done by this server.
const Server = "server"

// Life is what is known of a service from one place.
type Life struct {
	Known bool      `json:"known,omitempty"` // it was up or down once
	Down  bool      `json:"down,omitempty"`
	Since time.Time `json:"since,omitzero"` // it is so

	Last   check.Result `json:"last,omitzero"`
	LastAt time.Time    `json:"last_at,omitzero"`

	// What a restart forgets, so that it makes nothing fail.
	Heard bool      `json:"-"` // there was a result since the start
	Blind bool      `json:"-"` // it failed while this server itself was cut off
	Fails int       `json:"-"` // in a row
	Goods int       `json:"-"`
	First time.Time `json:"-"` // of the failures in a row
}

// Limits are how many looks in a row decide.
type Limits struct{ Failures, Successes int }

// Take brings a life forward by a result. blind says that whoever looked is cut off
// itself, so that a failure says nothing.
func (l Life) Take(r check.Result, at time.Time, c Limits, blind bool) Life {
	l.Last, l.LastAt, l.Heard, l.Blind = r, at, true, false
	switch {
	case r.Outcome == check.OK:
		l.Fails, l.First, l.Goods = 0, time.Time{}, l.Goods+1
		if !l.Known || l.Down && l.Goods >= c.Successes {
			l.Known, l.Down, l.Since = true, false, at
		}
	case r.Outcome == check.Failed && !blind:
		if l.Goods, l.Fails = 0, l.Fails+1; l.Fails == 1 {
			l.First = at
		}
		if !l.Down && l.Fails >= c.Failures {
			l.Known, l.Down, l.Since = true, true, at
		}
	default:
		l.Blind = blind
		l.Fails, l.Goods, l.First = 0, 0, time.Time{}
	}
	return l
}

// Unsettled reports whether the next look decides something.
func (l Life) Unsettled() bool { return l.Fails > 0 && !l.Down || l.Goods > 0 && l.Down }

// State is how a service does.
type State string

// The states.
const (
	Awaited State = "new" // it was not looked at yet, or fails since it is looked at
	Up      State = "up"
	Partly  State = "partly" // it fails from some places
	Down    State = "down"
	Unknown State = "unknown" // nobody could look
	Paused  State = "paused"
)

// State is how the service does from this place.
func (l Life) State() State {
	switch {
	case l.LastAt.IsZero():
		return Awaited
	case !l.Heard || l.Blind || l.Last.Outcome == check.Unable:
		return Unknown
	case l.Down:
		return Down
	case !l.Known:
		return Awaited
	}
	return Up
}

// stateOf is how a service does from all places together.
func stateOf(c *Check, all []Life) State {
	if c.Paused {
		return Paused
	}
	n := map[State]int{}
	for _, l := range all {
		n[l.State()]++
	}
	switch {
	case n[Down] > 0 && n[Up] > 0:
		return Partly
	case n[Down] > 0:
		return Down
	case n[Up] > 0:
		return Up
	case n[Unknown] > 0:
		return Unknown
	}
	return Awaited
}

// number is a state in the time series; what has none is not in them.
func (s State) number() float64 {
	return float64(slices.Index([]State{Up, Partly, Down}, s) + 1)
}

// Down reports whether something has to be done about it.
func (s State) Down() bool { return s == Down || s == Partly }

// evidence is what is wrong, as the end of a sentence that begins with the name: from
// where it fails and works, and what came back.
func evidence(views []View) string {
	var fails, works, unknown []string
	says := ""
	for _, v := range views {
		switch v.Life.State() {
		case Down:
			fails = append(fails, v.Name)
			if says == "" {
				says = v.Life.Last.Says
				if v.Life.Last.Outcome == check.OK {
					says = "It answers again, and is waited for to stay."
				}
			}
		case Up:
			works = append(works, v.Name)
		case Unknown:
			unknown = append(unknown, v.Name)
		}
	}
	switch {
	case len(fails) == 0:
		return "works."
	case len(views) == 1 && views[0].From == Server:
		return "fails. " + says
	}
	out := "fails from " + and(fails)
	if len(works) > 0 {
		out += ", works from " + and(works)
	}
	if len(unknown) > 0 {
		out += ", not known from " + and(unknown)
	}
	return out + ". " + says
}

// and joins names as one says them; of many the first.
func and(list []string) string {
	const most = 6
	switch n := len(list); {
	case n == 1:
		return list[0]
	case n > most:
		return strings.Join(list[:most-1], ", ") + " and other places"
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Line is one line of what became of a check.
type Line struct {
	N    int64 // counts the lines of its check
	At   time.Time
	From string // Server, or a site
	Did  Did
	Says string
}

// Did is what a service did.
type Did string

// What it does.
const (
	WentDown Did = "down"
	WentUp   Did = "up"
	Failed   Did = "failed" // once; it counts towards down
	Worked   Did = "ok"
	Unable   Did = "unable"
)

// Happened is what a result has done; empty: nothing that is worth a line.
func Happened(was, is Life) Did {
	switch {
	case is.Down && !was.Down:
		return WentDown
	case is.Known && !is.Down && (was.Down || !was.Known):
		return WentUp
	case was.Heard && was.Last.Outcome == is.Last.Outcome && was.Blind == is.Blind:
		return ""
	case is.Blind || is.Last.Outcome == check.Unable:
		return Unable
	case is.Last.Outcome == check.Failed && !is.Down:
		return Failed
	case is.Last.Outcome == check.OK && was.Last.Outcome == check.Failed:
		return Worked
	}
	return ""
}
