package desk

import (
	"time"

	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// Stood is the standing of a ticket.
type Stood struct {
	Ticket string
	Standing
}

// Standing is what is stored of a ticket's clocks, in the transaction of the events
// that changed them.
type Standing struct {
	Version int64 // of the ticket
	Line    sla.Line
	Live    bool  // a change of the rules still matters
	Rules   int64 // the print of the rules it was derived by
	Alarm   time.Time
	Clocks  []sla.Clock
}

// Lined is a ticket's stored line.
type Lined struct {
	Ticket  string
	Version int64
	Line    sla.Line
	Rules   int64
}

// History is everything that happened to a ticket.
type History struct {
	Ticket  string
	Version int64
	Events  []ticket.Event
}

// ClockPlace is how far a walk over the open tickets has come.
type ClockPlace struct{ Priority, Number int64 }

// ClockTx is what clocks need of a write.
type ClockTx interface {
	// Line returns the stored line of a ticket; false when there is none.
	Line(id string) (Lined, bool, error)
	// Events returns the whole history.
	Events(id string) ([]ticket.Event, error)
	// Unclocked returns those of the tickets that have no line, with their histories,
	// locked until the end of the write.
	Unclocked(ids []string) ([]History, error)
	// PutClocks stores a standing; of the clocks only those that differ are written.
	PutClocks(id string, s Standing) error
	// PutAllClocks stores several at once.
	PutAllClocks(list []Stood) error
	// LineIs notes that an event changed nothing for the clocks.
	LineIs(id string, version int64) error
	// Behind returns live lines that were derived by other rules, by ticket id after
	// one, locked until the end of the write; those that somebody else holds are left
	// out.
	Behind(rules int64, after string, limit int) ([]Lined, error)
	// Alarmed returns the shares of a ticket's clocks that have had their effect.
	Alarmed(id string) ([]sla.Alarm, error)
	// AllAlarmed returns those of several tickets, by ticket.
	AllAlarmed(ids []string) (map[string][]sla.Alarm, error)
	// Alarm notes that one has it now; false when it had it before.
	Alarm(id string, a sla.Alarm, now time.Time) (bool, error)
	// DueAlarms returns the tickets whose next alarm is due, the oldest first.
	DueAlarms(now time.Time, limit int) ([]string, error)
	// Summed returns how much a summary has summed up, and takes it out; 0 when there
	// is none of its cause.
	Summed(person, cause string) (int, error)
	// AddNotice adds a notice, unless its person was told of its cause before.
	AddNotice(n notice.Notice, gather bool) (added bool, err error)
}
