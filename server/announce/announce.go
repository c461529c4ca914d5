// Package announce tells employees of known outages: what, since when, what to do, and
// when there is word of it again, on the screens of exactly those whom it concerns. Who
// is hit says so in place of a ticket, and counts once.
package announce

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Announcement is one known outage, as it is told.
type Announcement struct {
	ID      string `json:"id"`
	Version int64  `json:"version"` // rises with each change
	Told    int64  `json:"told"`    // the version that people were last to be told of
	Content
	Scope     Scope     `json:"scope"`
	Author    Person    `json:"author"`
	CreatedAt time.Time `json:"created_at"`
	ChangedAt time.Time `json:"changed_at"`
	Updates   []Update  `json:"updates,omitempty"` // oldest first
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Closing   string    `json:"closing,omitempty"`

	Hits int `json:"-"` // people who said that it hits them
}

// Content is what is written in an announcement.
type Content struct {
	Title      string                  `json:"title"`
	Text       string                  `json:"text,omitempty"`
	Advice     string                  `json:"advice,omitempty"`
	Since      time.Time               `json:"since"`
	Next       time.Time               `json:"next,omitzero"` // when there is word of it again
	Complaints []diagnostics.Complaint `json:"complaints,omitempty"`
	Names      []string                `json:"names,omitempty"` // programs and sites
	Incident   Incident                `json:"incident,omitzero"`
}

// Incident is the major incident that it tells of; often none.
type Incident struct {
	ID   string `json:"id,omitempty"`
	Text string `json:"text,omitempty"`
}

// Person is who wrote something.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Update is a word on how it goes.
type Update struct {
	At     time.Time `json:"at"`
	Author Person    `json:"author"`
	Text   string    `json:"text"`
}

// Reach says how a scope is drawn.
type Reach string

// The reaches.
const (
	Everywhere Reach = "all"
	AtSites    Reach = "sites"
	OnChosen   Reach = "endpoints"
)

// Scope says whom an announcement concerns.
type Scope struct {
	Reach     Reach   `json:"reach"`
	Sites     []Named `json:"sites,omitempty"`
	Endpoints []Named `json:"endpoints,omitempty"`
}

// Named is something by its id, with the name that it had then.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Live reports whether it goes on.
func (a *Announcement) Live() bool { return a.EndedAt.IsZero() }

// Holds reports whether a scope holds an endpoint that is at a site now.
func (s Scope) Holds(endpoint, site string) bool {
	has := func(list []Named, id string) bool {
		return slices.ContainsFunc(list, func(n Named) bool { return n.ID == id })
	}
	switch s.Reach {
	case Everywhere:
		return true
	case AtSites:
		return has(s.Sites, site) || has(s.Endpoints, endpoint) // who reported it from elsewhere
	case OnChosen:
		return has(s.Endpoints, endpoint)
	}
	return false
}

// Keep is how long trays and windows show what has ended.
const Keep = 24 * time.Hour

// shown reports whether machines are told of it still.
func (a *Announcement) shown(now time.Time) bool { return a.Live() || now.Sub(a.EndedAt) < Keep }

// Bounds.
const (
	MaxLive      = 20 // announcements at once: a list that is longer nobody reads
	MaxUpdates   = 50
	MaxEndpoints = 2000 // that are chosen
	maxTitle     = 120  // characters, here and below
	maxText      = 2000
	maxAdvice    = 1000
	maxUpdate    = 1000
	maxClosing   = 500
	maxNames     = 10
	maxName      = 60
	maxAhead     = 30 * 24 * time.Hour // of the next update
	maxPast      = 90 * 24 * time.Hour // of the beginning
	slack        = 5 * time.Minute     // clocks differ
)

// check puts what was written into its form and says what is wrong with it.
func (c *Content) check(now time.Time) error {
	c.Title, c.Text, c.Advice = oneLine(c.Title), plain(c.Text), plain(c.Advice)
	switch {
	case c.Title == "":
		return fault.Field("title", "Say in a few words what does not work.")
	case utf8.RuneCountInString(c.Title) > maxTitle:
		return fault.Field("title", "What does not work fits into 120 characters. Say the rest below it.")
	case utf8.RuneCountInString(c.Text) > maxText:
		return fault.Field("text", "The text has at most 2000 characters.")
	case utf8.RuneCountInString(c.Advice) > maxAdvice:
		return fault.Field("advice", "What to do meanwhile has at most 1000 characters.")
	case c.Since.IsZero():
		return fault.Field("since", "Say since when it does not work.")
	case c.Since.After(now.Add(slack)):
		return fault.Field("since", "It cannot have begun in the future.")
	case now.Sub(c.Since) > maxPast:
		return fault.Field("since", "It cannot have begun more than 90 days ago.")
	}
	if err := checkNext(c.Next, now); err != nil {
		return err
	}
	for _, one := range c.Complaints {
		if !slices.Contains(diagnostics.Complaints(), one) {
			return fault.Field("complaints", "There is no complaint of that name.")
		}
	}
	slices.SortFunc(c.Complaints, func(a, b diagnostics.Complaint) int {
		all := diagnostics.Complaints()
		return slices.Index(all, a) - slices.Index(all, b)
	})
	c.Complaints = slices.Compact(c.Complaints)
	var names []string
	for _, n := range c.Names {
		switch n = oneLine(n); {
		case n == "" || slices.Contains(names, n):
		case utf8.RuneCountInString(n) > maxName:
			return fault.Field("names", "The name of a program or a site has at most 60 characters.")
		default:
			names = append(names, n)
		}
	}
	if len(names) > maxNames {
		return fault.Field("names", "An announcement names at most ten programs and sites.")
	}
	c.Names = names
	c.Incident.ID, c.Incident.Text = oneLine(c.Incident.ID), oneLine(c.Incident.Text)
	if len(c.Incident.ID) > 64 || utf8.RuneCountInString(c.Incident.Text) > maxTitle {
		return fault.Field("incident", "An incident has an id of at most 64 and a text of at most 120 characters.")
	}
	return nil
}

func checkNext(next, now time.Time) error {
	switch {
	case next.IsZero():
		return nil
	case next.Before(now.Add(-slack)):
		return fault.Field("next", "The next word on it cannot come in the past.")
	case next.Sub(now) > maxAhead:
		return fault.Field("next", "The next word on it comes within 30 days.")
	}
	return nil
}

// oneLine makes one line of a text, without what is no letter.
func oneLine(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// plain leaves out control characters and what turns the direction of writing.
func plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s))
}

// told is the announcement as machines are told it.
func (a *Announcement) told() wire.Announcement {
	w := wire.Announcement{
		ID: a.ID, Revision: a.Version, Told: a.Told, Title: a.Title, Text: a.Text, Advice: a.Advice, Since: a.Since.UTC(), Next: utc(a.Next),
		Complaints: a.Complaints, Names: a.Names, EndedAt: utc(a.EndedAt), Closing: a.Closing,
	}
	for _, u := range a.Updates[max(0, len(a.Updates)-maxTold):] {
		w.Updates = append(w.Updates, wire.AnnouncementUpdate{At: u.At.UTC(), Text: u.Text})
	}
	return w
}

// maxTold is how many updates machines are told: the newest.
const maxTold = 10

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
