package model

import (
	"fmt"
	"strings"
)

// The fixed words of the window.
const (
	WordsLooksTitle = "Who looked at this computer"
	WordsLooksAbout = "Kept by this computer. Nobody else can change it."

	wordsLooksEmpty = "Nobody has looked at this computer. When somebody does, it is written here: who, what and why."
	wordsLooksAway  = "The list is shown as soon as the Deskbell service on this computer answers."
	wordsLookNow    = "Looking now"
)

func wordsLooksAnswer(live int) string {
	if live == 0 {
		return "Nobody is looking at this computer now."
	}
	return plural(live, "Somebody is looking at this computer now.", "%d looks at this computer are going on now.")
}

func wordsLookWho(who, role string) string {
	if who == "" {
		who = "Somebody"
	}
	if role == "" || role == "you" {
		return who
	}
	return fmt.Sprintf("%s, %s", who, role)
}

func wordsLookWhy(ticket string) string { return fmt.Sprintf("For ticket %s", ticket) }

// wordsLookResult says how a look ended.
func wordsLookResult(r string) string {
	switch r {
	case "":
		return ""
	case "answered":
		return "Shown"
	case "refused":
		return "Refused"
	case "expired":
		return "Not shown: the time ran out"
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
	return fmt.Sprintf("%s. %s", r.Result, r.Why)
}
