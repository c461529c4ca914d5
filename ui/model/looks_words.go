package model

import (
	"strings"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The fixed words of the window.
func WordsLooksTitle() string { return tongue.Say("looks.title") }
func WordsLooksAbout() string { return tongue.Say("looks.about") }

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
func wordsLookResult(r string) string {
	switch r {
	case "":
		return ""
	case "answered":
		return tongue.Say("looks.shown")
	case "refused":
		return tongue.Say("looks.refused")
	case "expired":
		return tongue.Say("looks.expired")
	}
	return Line(strings.ReplaceAll(r, "_", " "))
}

// LookFoot is the last line of a look: how it ended, and why it was.
func LookFoot(r LookRow) string {
	switch {
	case r.Why == "":
		return r.Result
	case r.Result == "":
		return r.Why
	}
	return tongue.Say("looks.foot", tongue.Name("result", r.Result), tongue.Name("why", r.Why))
}
