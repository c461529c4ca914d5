// Package correlate finds one outage behind many tickets: it counts what came lately
// in many fine cells, each against what is usual at this hour of a day like this one,
// joins that with what endpoints say themselves, and says by what those that suffer
// differ from the others. Pure: no clock, no storage.
package correlate

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// The kinds of parts that are no facts of a machine.
const (
	Site  stock.Kind = "site"
	About stock.Kind = "about" // the service that a ticket names, or else its category
)

// Part is one thing that people or machines have in common.
type Part = stock.Fact

// Cell is what tickets have in common: a site, a fact of the machines, what they are
// about, or one of the first two together with the last.
type Cell struct {
	Part  Part   // zero: wherever, whatever the machine
	About string // empty: whatever it is about
}

// Ticket is what counts of a ticket.
type Ticket struct {
	ID      string
	At      time.Time
	Person  string
	Machine string // empty: not known, as when somebody called by telephone
	Site    string
	About   string
	Known   bool // it belongs to an outage that is known already, and raises no other
}

// Failure is something that is wrong on an endpoint: a finding or an alert.
type Failure struct {
	Machine string
	Code    string
	Since   time.Time
}

// Fleet says what machines have in common.
type Fleet interface {
	// Size is how many machines there are.
	Size() int
	// Parts are a machine's site and those of its facts that cells are made of.
	Parts(machine string) []Part
	// Count is how many machines have a part.
	Count(Part) int
	// New reports whether a part came to most of those that have it within days.
	New(Part) bool
}

// Kinds are the kinds of facts that cells are made of.
func Kinds() []stock.Kind {
	return []stock.Kind{
		stock.Subnet, stock.AccessPoint, stock.Resolver, stock.Gateway, stock.Tunnel,
		stock.Software, stock.Driver, stock.System, stock.Hardware, stock.Graphics,
	}
}
