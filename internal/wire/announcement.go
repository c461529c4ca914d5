package wire

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
)

// Announcements are all announcements that concern this endpoint: those that are live,
// the newest first, and those that ended within a day. They come when the agent asks
// for them (announcements.get, which is acknowledged after them) and when they change.
// What is not among them concerns this machine no more. Nobody acknowledges them.
type Announcements struct {
	Items []Announcement `json:"items"`
	// Questions are what people of this machine are asked about outages that are said to
	// be over: all that nobody has answered yet.
	Questions []OutageQuestion `json:"questions,omitempty"`
}

// OutageQuestion asks an account of this machine whether it is fixed for them: somebody who
// has a ticket about the outage, or has said that it hits them too.
type OutageQuestion struct {
	ID      string    `json:"id"`
	UID     string    `json:"uid"`
	Title   string    `json:"title"`
	Closing string    `json:"closing,omitempty"` // how it ended
	AskedAt time.Time `json:"asked_at"`
}

// OutageFixed is the answer. The first of a person counts; the agent's outbox keeps it until
// it is acknowledged. Whoever was not asked cannot answer.
type OutageFixed struct {
	Account  Account      `json:"account"`
	Question string       `json:"question"` // its id
	Works    bool         `json:"works"`
	At       time.Time    `json:"at"`
	Language string       `json:"language,omitempty"` // that they read: en, de, fr, es
	Check    *OutageCheck `json:"check,omitempty"`    // what the machine found when it was answered
}

// OutageCheck is what a quick check-up found.
type OutageCheck struct {
	TakenAt  time.Time          `json:"taken_at"`
	Findings []diagnostics.Code `json:"findings,omitempty"`
}

// Announcement is a known outage, as employees are told of it.
type Announcement struct {
	ID string `json:"id"`
	// Revision rises with each change. Told is the revision that people were last to be
	// told of: it does not rise when only a word was put right.
	Revision int64     `json:"revision"`
	Told     int64     `json:"told"`
	Title    string    `json:"title"` // what
	Text     string    `json:"text,omitempty"`
	Advice   string    `json:"advice,omitempty"` // what to do meanwhile
	Since    time.Time `json:"since"`
	Next     time.Time `json:"next,omitzero"` // when there is word of it again
	// Complaints are what people say whom it hits; none: anything. Names are programs
	// and sites that it is about.
	Complaints []diagnostics.Complaint `json:"complaints,omitempty"`
	Names      []string                `json:"names,omitempty"`
	Updates    []AnnouncementUpdate    `json:"updates,omitempty"` // oldest first
	EndedAt    time.Time               `json:"ended_at,omitzero"`
	Closing    string                  `json:"closing,omitempty"` // what is said at its end
}

// AnnouncementUpdate is a word on how it goes.
type AnnouncementUpdate struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// AnnouncementHit says that an announced outage hits a person too. It stands in place
// of a ticket, and counts once a person; the agent's outbox keeps it until it is
// acknowledged.
type AnnouncementHit struct {
	Account      Account   `json:"account"`
	Announcement string    `json:"announcement"` // its id
	At           time.Time `json:"at"`
}

// Live reports whether it goes on.
func (a *Announcement) Live() bool { return a.EndedAt.IsZero() }

// Concerns reports whether it may be what somebody complains of. words are what they
// typed beside it: a site's address, a question; often empty.
func (a *Announcement) Concerns(c diagnostics.Complaint, words string) bool {
	if !a.Live() {
		return false
	}
	named := a.Named(words)
	switch {
	case named, len(a.Complaints) == 0 && len(a.Names) == 0:
		return true
	case !slices.Contains(a.Complaints, c):
		return len(a.Complaints) == 0 && words == "" && c == diagnostics.ComplaintSite
	}
	// Who says which site it is, and names another one, means another one.
	return c != diagnostics.ComplaintSite || words == "" || len(a.Names) == 0
}

// Named reports whether words name a program or a site that it is about, as a whole
// word in any case.
func (a *Announcement) Named(words string) bool {
	words = strings.ToLower(words)
	return slices.ContainsFunc(a.Names, func(name string) bool { return hasWord(words, strings.ToLower(strings.TrimSpace(name))) })
}

// hasWord reports whether a text has a word that is no part of a longer one.
func hasWord(text, word string) bool {
	if word == "" {
		return false
	}
	letter := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !letter(before) && !letter(after) {
			return true
		}
		from = i + len(word)
	}
}
