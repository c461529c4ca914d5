package model

import (
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The words of a fix.
func WordsMend() string      { return tongue.Say("common.mend") }
func WordsMendDo() string    { return tongue.Say("mend.do") }
func WordsMendLeave() string { return tongue.Say("mend.leave") }
func WordsMendYes() string   { return tongue.Say("mend.yes") }
func WordsMendNo() string    { return tongue.Say("mend.no") }
func WordsMendUndo() string  { return tongue.Say("mend.undo") }
func WordsMendBack() string  { return tongue.Say("mend.back") }

// WordsMendCut says that a fix's end was not heard of.
func WordsMendCut() string { return tongue.Say("mend.cut") }

func wordsMendLooking() string  { return tongue.Say("mend.looking") }
func wordsMendRunning() string  { return tongue.Say("mend.running") }
func wordsMendNoUndo() string   { return tongue.Say("mend.no_undo") }
func wordsMendQuestion() string { return tongue.Say("mend.question") }

func wordsMendResult(o local.FixOutcome) string {
	switch o {
	case local.FixHelped:
		return tongue.Say("mend.helped")
	case local.FixNoHelp:
		return tongue.Say("mend.no_help")
	case local.FixCouldNot:
		return tongue.Say("mend.could_not")
	}
	return tongue.Say("mend.uncertain")
}

func wordsMendSeverity(o local.FixOutcome) diagnostics.Severity {
	if o == local.FixHelped {
		return ""
	}
	return diagnostics.Warning
}

func wordsMendThanks(helped bool) string {
	if helped {
		return tongue.Say("mend.thanks_helped")
	}
	return tongue.Say("mend.thanks")
}

// wordsMendChange writes one reading before and after.
func wordsMendChange(what, before, after string) string {
	switch {
	case after == "":
		return tongue.Say("mend.change_unread", tongue.Name("what", what), tongue.Name("before", before))
	case before == "":
		return tongue.Say("mend.change_new", tongue.Name("what", what), tongue.Name("after", after))
	}
	return tongue.Say("mend.change", tongue.Name("what", what), tongue.Name("before", before), tongue.Name("after", after))
}
