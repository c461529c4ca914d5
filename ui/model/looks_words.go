package model

import (
	"fmt"
	"strings"
)

// The fixed words of the window.
const (
	WordsLooksTitle = "Who looked at this computer"
	WordsLooksAbout = "This computer keeps this list itself. Nobody at the help desk can change it."

	wordsLooksEmpty = "Nobody has looked at this computer. When somebody does, it is written here: who, what and why."
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
