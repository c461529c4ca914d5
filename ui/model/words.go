package model

import (
	"fmt"
	"strconv"

	"github.com/deskbell/deskbell/diagnostics"
)

// Sentences that more than one window uses.
const (
	wordsNow          = "just now"
	wordsNoAgent      = "The Deskbell service on this computer does not answer. What you type is kept here."
	wordsOffline      = "You are offline. What you send is saved and goes out when you are connected."
	wordsConnecting   = "Connecting to your help desk. What you send is saved and goes out when you are connected."
	wordsHeld         = "Your administrator has paused the connection of this computer. What you send is saved until it goes on; if it is urgent, call your help desk."
	wordsNotEnrolled  = "This computer is not connected to a help desk yet. Tell your help desk by phone; this is nothing you did."
	wordsUnknownError = "Something went wrong on our side. It has been written to the log; try again."
)

// Buttons with the same meaning everywhere.
const (
	WordsSend     = "Send"
	WordsClose    = "Close"
	WordsTryAgain = "Try again"
	WordsShow     = "Show"
	WordsHide     = "Hide"
	WordsCopy     = "Copy"
	WordsAttach   = "Attach a file"
	WordsGetHelp  = "Get help"
	WordsTickets  = "My tickets"
	WordsCheckup  = "Check this computer"
	WordsLooks    = "Who looked at this computer"
	WordsBrowser  = "Open in the browser"
	WordsLoading  = "Asking the Deskbell service on this computer"
	WordsSaveFile = "Save"
	WordsDetails  = "Details"
	WordsYou      = "You"
	WordsRemove   = "Remove"
	WordsQuit     = "Quit"
)

func wordsAgo(duration string) string { return duration + " ago" }

// plural chooses a whole sentence by number. English has two forms; a language
// with more replaces this function and its callers' sentences together.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// SeverityWord names a severity for an employee.
func SeverityWord(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical:
		return "Needs help"
	case diagnostics.Warning:
		return "Watch this"
	case diagnostics.Info:
		return "Good to know"
	}
	return "Unknown"
}

// SectionLabel names a section for an employee.
func SectionLabel(n diagnostics.SectionName) string {
	switch n {
	case diagnostics.SectionSystem:
		return "This computer"
	case diagnostics.SectionCPU:
		return "Processor"
	case diagnostics.SectionMemory:
		return "Memory"
	case diagnostics.SectionDisks:
		return "Disks"
	case diagnostics.SectionNetwork:
		return "Network"
	case diagnostics.SectionProcesses:
		return "Running programs"
	case diagnostics.SectionServices:
		return "Services"
	case diagnostics.SectionLog:
		return "System log"
	case SectionRecorder:
		return wordsRecorder
	}
	return string(n)
}

// Bytes writes a size with one decimal where it helps: "812 B", "1.4 MB", "256 GB".
func Bytes(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	v, i := float64(n), 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 || v >= 99.95 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " " + units[i]
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}
