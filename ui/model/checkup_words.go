package model

import "github.com/deskbell/deskbell/diagnostics"

// The fixed words of the window.
const (
	WordsCheckupTitle = "Check this computer"
	WordsCheckupAgain = "Check again"
	WordsCheckupRing  = "Get help with this"
	WordsCheckupRaw   = "Everything that was read"

	wordsCheckupRunning = "Looking at this computer"
	wordsCheckupFailed  = "The check-up could not be done"
	wordsCheckupNoAgent = "The Deskbell service on this computer does not answer."
)

// wordsCheckupAnswer is the answer before the data.
func wordsCheckupAnswer(worst diagnostics.Severity, n int) string {
	switch worst {
	case diagnostics.Critical:
		return plural(n, "One thing needs help", "%d things found, and at least one needs help")
	case diagnostics.Warning:
		return plural(n, "One thing to watch", "%d things to watch")
	case diagnostics.Info:
		return plural(n, "This computer looks well, with one remark", "This computer looks well, with %d remarks")
	}
	return "This computer looks well"
}

func wordsCheckupUnread(n int) string {
	if n == 0 {
		return ""
	}
	return plural(n, "One part could not be read; it is marked below.", "%d parts could not be read; they are marked below.")
}

// WordsCheckupCut says that a check-up ended early.
const WordsCheckupCut = "The check-up ended before it was done. Check again in a moment."
