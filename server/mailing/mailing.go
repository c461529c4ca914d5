// Package mailing sends reports by mail, each week or each month, and each of them once.
package mailing

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/notify"
)

// Mailing is a report of availability that is sent again and again.
type Mailing struct {
	ID      string            `json:"id"`
	Version int               `json:"version"` // of the settings; a change names the one it has seen
	Name    string            `json:"name"`
	Kind    availability.Kind `json:"kind"`         // what the report is about
	Of      string            `json:"of,omitempty"` // one of it; empty: all
	When
	Channel string      `json:"channel"` // the channel for mail whose server sends it
	To      []Recipient `json:"to"`
	Paused  bool        `json:"paused,omitempty"`

	// Owner is who saved it last. The report is made by their right.
	Owner Person `json:"owner"`
	// Since is a moment before which nothing counts as due.
	Since time.Time `json:"since"`
	Run   Run       `json:"run"`
}

// Person is somebody, with the name that they had.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Recipient is to whom it goes: somebody of the staff, at the address of their account
// at that time, or an address.
type Recipient struct {
	Person  string `json:"person,omitempty"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

// Run is what became of it.
type Run struct {
	// Done is the first day of the last period that was dealt with, of weeks and of months.
	Done    map[Every]string `json:"done,omitempty"`
	Period  Period           `json:"period,omitzero"` // the last that was sent
	Sent    time.Time        `json:"sent,omitzero"`
	Letters []Letter         `json:"letters,omitempty"`
	Left    string           `json:"left,omitempty"`    // who was left out, and why
	Problem string           `json:"problem,omitempty"` // why it was not sent when it was due
	Stopped string           `json:"stopped,omitempty"` // why it is not sent any more, until it is saved anew
}

// Letter is one mail, and what became of it.
type Letter struct {
	ID      string       `json:"id"`
	To      string       `json:"to"` // the address
	State   notify.State `json:"state"`
	Problem string       `json:"problem,omitempty"`
}

const (
	maxMailings = 100
	maxTo       = 20
)

// Trouble is why it did not arrive everywhere, in a sentence; empty: nothing is known to
// be wrong.
func (m *Mailing) Trouble() string {
	switch r := &m.Run; {
	case r.Stopped != "":
		return r.Stopped
	case r.Problem != "":
		return r.Problem
	default:
		words := []string{}
		if r.Left != "" {
			words = append(words, r.Left)
		}
		for _, l := range r.Letters {
			if l.Problem != "" {
				words = append(words, l.To+": "+l.Problem)
			}
		}
		return strings.Join(words, " ")
	}
}

// Waiting is how many of its mails are on their way.
func (m *Mailing) Waiting() int { return m.in(notify.Waiting) }

// Arrived is how many of its mails were taken.
func (m *Mailing) Arrived() int { return m.in(notify.Sent) }

func (m *Mailing) in(s notify.State) (n int) {
	for _, l := range m.Run.Letters {
		if l.State == s {
			n++
		}
	}
	return n
}

// check brings what is written into its form, or says what is wrong with it.
func (m *Mailing) check() error {
	m.Name = strings.TrimSpace(m.Name)
	switch {
	case m.Name == "" || utf8.RuneCountInString(m.Name) > 80 || strings.ContainsFunc(m.Name, unicode.IsControl):
		return fault.Field("name", "Give it a name of at most 80 characters; it is the subject of the mail.")
	case m.Kind != availability.Site && m.Kind != availability.Group && m.Kind != availability.Check:
		return fault.Field("kind", "A report is about sites, groups or checks.")
	case len(m.Of) > 200 || strings.ContainsFunc(m.Of, unicode.IsControl):
		return fault.Field("of", "There is nothing of that name. Choose another, or all.")
	}
	return m.When.check()
}
