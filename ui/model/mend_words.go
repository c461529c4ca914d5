package model

import (
	"fmt"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// The words of a fix.
const (
	WordsMend      = "Mend it…"
	WordsMendDo    = "Do it"
	WordsMendLeave = "Leave it"
	WordsMendYes   = "Yes, it helped"
	WordsMendNo    = "No"
	WordsMendUndo  = "Take it back"
	WordsMendBack  = "Back to the check-up"
	// WordsMendCut says that a fix's end was not heard of.
	WordsMendCut = "The Deskbell service stopped answering while this was mended. Check this computer again to see whether it is done."

	wordsMendLooking  = "Looking what this would do"
	wordsMendRunning  = "Mending"
	wordsMendNoUndo   = "This cannot be taken back."
	wordsMendQuestion = "Did this help?"
)

func wordsMendResult(o local.FixOutcome) string {
	switch o {
	case local.FixHelped:
		return "Mended: what was found is gone"
	case local.FixNoHelp:
		return "It was done, and did not help"
	case local.FixCouldNot:
		return "It could not be done"
	}
	return "Nobody can say whether it was mended"
}

func wordsMendSeverity(o local.FixOutcome) diagnostics.Severity {
	if o == local.FixHelped {
		return ""
	}
	return diagnostics.Warning
}

func wordsMendThanks(helped bool) string {
	if helped {
		return "Good to hear."
	}
	return "Thank you for saying so. “Get help with this” sends it to your help desk."
}

// wordsMendChange writes one reading before and after.
func wordsMendChange(what, before, after string) string {
	switch {
	case after == "":
		return fmt.Sprintf("%s: %s → not read", what, before)
	case before == "":
		return fmt.Sprintf("%s: now %s", what, after)
	}
	return fmt.Sprintf("%s: %s → %s", what, before, after)
}
