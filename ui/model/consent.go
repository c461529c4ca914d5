package model

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// ConsentView is the window in which somebody agrees to what is done on their
// computer from afar, and ends it.
type ConsentView struct {
	Asking   string // the id of what is asked; "" nothing is
	Live     string // the id of what goes on; "" nothing does
	Initials string
	Who      string
	What     string
	Why      string
	Long     string
	Until    string // how long there is to answer
	Once     bool   // a yes is not remembered beyond how long it lasts
	None     string // what is said when neither is
}

// ConsentOf returns what the window shows of a status.
func ConsentOf(s local.Status, now time.Time) ConsentView {
	if len(s.Consents) > 0 {
		c := s.Consents[0]
		name := clip(c.Who, 60)
		v := ConsentView{
			Once: c.Kind == wire.ActScreen, Asking: c.ID, Who: wordsLookWho(name, clip(c.Role, 30)), Initials: Initials(name), What: wordsConsent(c, name),
			Why:  tongue.Say("consent.why", tongue.Name("ticket", ticketNumber(c.Ticket)), tongue.Name("title", clip(c.Title, 160))),
			Long: tongue.Say("consent.once"), Until: tongue.Say("consent.until", tongue.Count("n", max(int(c.Until.Sub(now).Round(time.Second)/time.Second), 0))),
		}
		if c.For > 0 {
			v.Long = tongue.Say("consent.long", tongue.Length("time", c.For))
		}
		return v
	}
	if l, ok := Working(s); ok {
		name := clip(l.Who, 60)
		v := ConsentView{
			Live: l.ID, Who: wordsLookWho(name, clip(l.Role, 30)), Initials: Initials(name), What: tongue.Say("consent.live", tongue.Name("who", name)),
			Why: wordsLive(l),
		}
		if l.Kind == wire.ActScreen {
			v.What = tongue.Say("consent.live_screen", tongue.Name("who", name))
			v.Why = tongue.Say("consent.live_screen_why", tongue.Name("ticket", ticketNumber(l.Ticket)))
		}
		return v
	}
	return ConsentView{None: tongue.Say("consent.none")}
}

func wordsLive(l local.Look) string {
	if l.Kind.Script() {
		return tongue.Say("consent.live_script")
	}
	return tongue.Say("consent.live_why", tongue.Name("ticket", ticketNumber(l.Ticket)))
}

func ticketNumber(n int64) string { return strconv.FormatInt(n, 10) }

// Working returns who works on this computer now, in a terminal or with a script, or may look at its
// screen for a while.
func Working(s local.Status) (local.Look, bool) {
	for _, l := range s.Looking {
		if l.Kind.Terminal() || l.Kind.Script() || l.Kind == wire.ActScreen && !l.Until.IsZero() {
			return l, true
		}
	}
	return local.Look{}, false
}

// Initials are the first letters of the first and the last name.
func Initials(name string) string {
	var out []rune
	f := strings.Fields(name)
	for i, word := range f {
		if r, _ := utf8.DecodeRuneInString(word); i == 0 || i == len(f)-1 {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.ToUpper(string(out))
}

// Consents decides when the window is to be opened. Its zero value has shown
// nothing.
type Consents struct{ shown map[string]bool }

// Next takes a status in and reports whether there is something new to be seen: a
// question, or somebody who has begun to work here.
func (c *Consents) Next(s local.Status) bool {
	if s.Connection == local.NoAgent {
		return false
	}
	now := map[string]bool{}
	for _, q := range s.Consents {
		now[q.ID] = true
	}
	if l, ok := Working(s); ok {
		now[l.ID] = true
	}
	fresh := false
	for id := range now {
		fresh = fresh || !c.shown[id]
	}
	c.shown = now
	return fresh
}

// The fixed words of the window.
func WordsConsentTitle() string    { return tongue.Say("consent.title") }
func WordsConsentRemember() string { return tongue.Say("consent.remember") }
func WordsConsentYes() string      { return tongue.Say("consent.yes") }
func WordsConsentNo() string       { return tongue.Say("consent.no") }
func WordsConsentEnd() string      { return tongue.Say("consent.end") }

// wordsConsent says what exactly is asked. The agent's own words are of a program or
// a service, and stand as they are.
func wordsConsent(c local.Consent, who string) string {
	switch c.Kind {
	case wire.ActTerminal:
		return tongue.Say("consent.terminal", tongue.Name("who", who))
	case wire.ActRootTerminal:
		return tongue.Say("consent.root", tongue.Name("who", who))
	case wire.ActFetchFile:
		return tongue.Say("consent.fetch", tongue.Name("who", who), tongue.Name("what", clip(c.About, 200)))
	case wire.ActScreen:
		return tongue.Say("consent.screen", tongue.Name("who", who))
	case wire.ActRunScript:
		return tongue.Say("consent.script", tongue.Name("who", who), tongue.Name("what", clip(c.About, 200)))
	case wire.ActListFiles:
		return tongue.Say("consent.list", tongue.Name("who", who), tongue.Name("what", clip(c.About, 200)))
	}
	return tongue.Say("consent.act", tongue.Name("who", who), tongue.Name("what", clip(c.What, 200)))
}
