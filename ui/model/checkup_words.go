package model

import (
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The fixed words of the window.
func WordsCheckupTitle() string { return tongue.Say("checkup.title") }
func WordsCheckupAgain() string { return tongue.Say("checkup.again") }
func WordsCheckupRing() string  { return tongue.Say("checkup.ring") }
func WordsCheckupRaw() string   { return tongue.Say("checkup.raw") }

func wordsCheckupRunning() string { return tongue.Say("checkup.running") }
func wordsCheckupFailed() string  { return tongue.Say("checkup.failed") }
func wordsCheckupNoAgent() string { return tongue.Say("checkup.no_agent") }

// wordsCheckupAnswer is the answer before the data.
func wordsCheckupAnswer(worst diagnostics.Severity, n int) string {
	switch worst {
	case diagnostics.Critical:
		return tongue.Say("checkup.critical", tongue.Count("n", n))
	case diagnostics.Warning:
		return tongue.Say("checkup.warning", tongue.Count("n", n))
	case diagnostics.Info:
		return tongue.Say("checkup.info", tongue.Count("n", n))
	}
	return tongue.Say("checkup.well")
}

func wordsCheckupUnread(n int) string {
	if n == 0 {
		return ""
	}
	return tongue.Say("checkup.unread", tongue.Count("n", n))
}

// WordsCheckupCut says that a check-up ended early.
func WordsCheckupCut() string { return tongue.Say("checkup.cut") }
