package model

import (
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Sentences that more than one window uses.
func wordsNow() string          { return tongue.Say("common.now") }
func wordsNoAgent() string      { return tongue.Say("common.no_agent") }
func wordsOffline() string      { return tongue.Say("common.offline") }
func wordsConnecting() string   { return tongue.Say("common.connecting") }
func wordsHeld() string         { return tongue.Say("common.held") }
func wordsNotEnrolled() string  { return tongue.Say("common.not_enrolled") }
func wordsUnknownError() string { return tongue.Say("common.unknown_error") }

// Buttons with the same meaning everywhere.
func WordsSend() string     { return tongue.Say("common.send") }
func WordsClose() string    { return tongue.Say("common.close") }
func WordsTryAgain() string { return tongue.Say("common.try_again") }
func WordsShow() string     { return tongue.Say("common.show") }
func WordsHide() string     { return tongue.Say("common.hide") }
func WordsCopy() string     { return tongue.Say("common.copy") }
func WordsAttach() string   { return tongue.Say("common.attach") }
func WordsGetHelp() string  { return tongue.Say("common.get_help") }
func WordsTickets() string  { return tongue.Say("common.tickets") }
func WordsCheckup() string  { return tongue.Say("common.checkup") }
func WordsLooks() string    { return tongue.Say("common.looks") }
func WordsBrowser() string  { return tongue.Say("common.browser") }
func WordsLoading() string  { return tongue.Say("common.loading") }
func WordsSaveFile() string { return tongue.Say("common.save_file") }
func WordsDetails() string  { return tongue.Say("common.details") }
func WordsYou() string      { return tongue.Say("common.you") }
func WordsRemove() string   { return tongue.Say("common.remove") }
func WordsQuit() string     { return tongue.Say("common.quit") }

func wordsAgo(length string) string { return tongue.Say("time.ago", tongue.Name("length", length)) }

// SeverityWord names a severity for an employee.
func SeverityWord(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical:
		return tongue.Say("severity.critical")
	case diagnostics.Warning:
		return tongue.Say("severity.warning")
	case diagnostics.Info:
		return tongue.Say("severity.info")
	}
	return tongue.Say("severity.unknown")
}

// SectionLabel names a section for an employee.
func SectionLabel(n diagnostics.SectionName) string {
	switch n {
	case diagnostics.SectionSystem:
		return tongue.Say("section.system")
	case diagnostics.SectionCPU:
		return tongue.Say("section.cpu")
	case diagnostics.SectionMemory:
		return tongue.Say("section.memory")
	case diagnostics.SectionDisks:
		return tongue.Say("section.disks")
	case diagnostics.SectionNetwork:
		return tongue.Say("section.network")
	case diagnostics.SectionProcesses:
		return tongue.Say("section.processes")
	case diagnostics.SectionServices:
		return tongue.Say("section.services")
	case diagnostics.SectionLog:
		return tongue.Say("section.log")
	case SectionRecorder:
		return wordsRecorder()
	case SectionChanges:
		return tongue.Say("common.changes")
	case SectionGuided:
		return WordsGuided()
	}
	return string(n)
}

// Bytes writes a size with one decimal where it helps: "812 B", "1.4 MB", "256 GB".
func Bytes(n uint64) string { return tongue.Current().Size(n) }
