package wire

import (
	"slices"
	"time"
)

// The kinds that act on the machine (tier T2). They travel as asks do, and are
// compiled into the agent as well; but no machine carries one out unless its own
// local policy names it. Each runs at most once.
const (
	ActEndProcess     AskKind = "process.end"     // EndProcessParams → ActPart
	ActStartService   AskKind = "service.start"   // ServiceParams → ActPart
	ActStopService    AskKind = "service.stop"    // ServiceParams → ActPart
	ActRestartService AskKind = "service.restart" // ServiceParams → ActPart
	ActTerminal       AskKind = "terminal"        // TerminalParams → TerminalPart, and frames both ways
	ActRootTerminal   AskKind = "terminal.root"   // the same with an administrator's rights
)

// ActKinds lists the kinds that act on a machine.
func ActKinds() []AskKind {
	return []AskKind{ActEndProcess, ActStartService, ActStopService, ActRestartService, ActListFiles, ActFetchFile, ActScreen, ActRunScript, ActRunRootScript, ActTerminal, ActRootTerminal}
}

// Acts reports whether a kind changes something on the machine.
func (k AskKind) Acts() bool { return slices.Contains(ActKinds(), k) }

// Terminal reports whether a kind opens a terminal: that lasts, and can be ended.
func (k AskKind) Terminal() bool { return k == ActTerminal || k == ActRootTerminal }

// EndProcessParams names a process for good: a number alone may be another
// process's by the time the message arrives.
type EndProcessParams struct {
	PID     int32     `json:"pid"`
	Started time.Time `json:"started"` // as the list of processes has it
	Name    string    `json:"name"`    // as the list has it
}

// ServiceParams names a service as the list of services does.
type ServiceParams struct {
	Name string `json:"name"`
}

// ActPart is what was done: one sentence.
type ActPart struct {
	Says  string `json:"says,omitempty"`
	Asked bool   `json:"asked,omitempty"` // not done yet: the employee is asked first
}

// Policy is what a machine's own settings say about what may be asked of it from
// afar. It is told so that nobody offers what the machine refuses; what holds is
// what the machine does.
type Policy struct {
	Allow  []AskKind `json:"allow,omitempty"`  // of those that act: only these
	Forbid []AskKind `json:"forbid,omitempty"` // of the others: not these
}
