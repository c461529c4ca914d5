// Package power hears that the machine is about to sleep or to be switched off, in
// time to say goodbye: a help desk that is told does not have to guess.
package power

import "log/slog"

// Event is what happens to the machine.
type Event int

// The events.
const (
	Sleep    Event = iota // it is about to sleep
	Wake                  // it is awake again, or did not sleep after all
	Shutdown              // it is about to be switched off or restarted
)

// Watcher hears of events.
type Watcher struct {
	// On is called for each event, one after the other. The machine waits for its
	// return, a few seconds at most.
	On  func(Event)
	Log *slog.Logger

	address string // of the system's bus; "": where it always is
}
