package model

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The fixed words of the window.
func WordsLooksTitle() string { return tongue.Say("looks.title") }

func wordsLooksEmpty() string { return tongue.Say("looks.empty") }
func wordsLooksAway() string  { return tongue.Say("looks.away") }
func wordsLookNow() string    { return tongue.Say("looks.now") }

func wordsLooksAnswer(live int) string {
	if live == 0 {
		return tongue.Say("looks.nobody")
	}
	return tongue.Say("looks.live", tongue.Count("n", live))
}

func wordsLookWho(who, role string) string {
	if who == "" {
		who = tongue.Say("common.somebody")
	}
	if role == "" || role == "you" {
		return who
	}
	return tongue.Say("looks.who", tongue.Name("who", who), tongue.Name("role", role))
}

func wordsLookWhy(ticket string) string {
	return tongue.Say("looks.why", tongue.Name("ticket", ticket))
}

// wordsLookResult says how a look ended.
func wordsLookResult(k local.Look, now time.Time) string {
	switch k.Result {
	case "":
		return ""
	case "answered":
		return tongue.Say("looks.shown")
	case "done":
		return tongue.Say("looks.done")
	case "ended":
		return tongue.Say("looks.ended", tongue.Name("at", clock(k.Ended, now)), tongue.Length("time", k.Ended.Sub(k.At)))
	case "refused":
		return tongue.Say("looks.refused")
	case "expired":
		return tongue.Say("looks.expired")
	case "cancelled":
		return tongue.Say("looks.cancelled")
	case "failed":
		return tongue.Say("looks.failed")
	}
	return tongue.Say("looks.unknown")
}

// wordsLookConsent says what came of asking for consent; "" nobody was asked.
func wordsLookConsent(c local.ConsentOutcome) string {
	id := map[local.ConsentOutcome]string{
		local.ConsentAsked: "looks.consent_asked", local.ConsentGiven: "looks.consent_given", local.ConsentBefore: "looks.consent_before",
		local.ConsentRefused: "looks.consent_refused", local.ConsentUnanswered: "looks.consent_unanswered", local.ConsentImpossible: "looks.consent_impossible",
	}[c]
	if id == "" {
		return ""
	}
	return tongue.Say(id)
}

// wordsLooksAbout says who keeps the list, and since when.
func wordsLooksAbout(since time.Time) string {
	if since.IsZero() {
		return tongue.Say("looks.about")
	}
	return tongue.Say("looks.since", tongue.Name("date", tongue.Current().Date(since)))
}

// wordsLooksBroken says that the list is not as it was written.
func wordsLooksBroken(k local.Ledger) string {
	if k.Whole() {
		return ""
	}
	var said []string
	if k.Removed > 0 {
		said = append(said, tongue.Say("looks.removed", tongue.Count("n", k.Removed)))
	}
	if k.Changed > 0 {
		said = append(said, tongue.Say("looks.changed"))
	}
	return strings.Join(append(said, tongue.Say("looks.tell")), " ")
}

// LookFoot is the last line of a look: how it ended, what was said to it, and why
// it was.
func LookFoot(r LookRow) string {
	said := slices.DeleteFunc([]string{r.Result, r.Consent, r.Why}, func(s string) bool { return s == "" })
	return strings.Join(said, ". ")
}
