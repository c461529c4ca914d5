// Package assign chooses who of a team gets a ticket, and is pure: the same people
// in the same situation give the same choice. Who is away, how much somebody has
// and whose turn it was are the caller's to know.
package assign

import (
	"cmp"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/ticket"
)

// Mode is how a team gives out its tickets.
type Mode string

// The modes. Modes are stored, so they are never renamed.
const (
	ByHand      Mode = "by_hand"      // nobody gets one unless they take it or somebody gives it
	RoundRobin  Mode = "round_robin"  // whoever has waited longest for one
	LeastLoaded Mode = "least_loaded" // whoever has the fewest whose clock runs
	BySkill     Mode = "by_skill"     // whoever knows most of what it is about, then the least loaded
)

// Modes lists the modes.
func Modes() []Mode { return []Mode{ByHand, RoundRobin, LeastLoaded, BySkill} }

// Valid reports whether m is a mode; the empty one is ByHand.
func (m Mode) Valid() bool { return m == "" || slices.Contains(Modes(), m) }

// Automatic reports whether a team of this mode gives tickets out by itself.
func (m Mode) Automatic() bool { return m != "" && m != ByHand }

// Person is somebody who could get a ticket.
type Person struct {
	ID     string
	Skills []string
	Load   int   // tickets that Counts
	Turn   int64 // when they were last given one by itself; 0: never
	Away   bool
	Closed bool // outside their working hours
}

// Question is what has to be decided.
type Question struct {
	Mode  Mode
	Cap   int      // how many tickets one person has at most; 0: any number
	Wants []string // what the ticket is about, as skills
}

// Reason says why somebody, or nobody, was chosen.
type Reason string

// The reasons.
const (
	Chosen  Reason = "chosen"
	Manual  Reason = "by_hand" // the team gives out nothing by itself
	Nobody  Reason = "nobody"  // all are away or outside their hours, or the team is empty
	AllFull Reason = "full"    // whoever is there has as many as one may have
)

// Choose returns who gets the ticket. Nobody gets one who is away, outside their
// hours or full; a person who gives a ticket by hand is not asked to heed that.
//
// In turn means: whoever was given one longest ago. Who comes back from a holiday
// gets the next one and then their share, not all that they have missed.
func Choose(q Question, people []Person) (string, Reason) {
	if !q.Mode.Automatic() {
		return "", Manual
	}
	here := slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return p.Away || p.Closed })
	if len(here) == 0 {
		return "", Nobody
	}
	free := slices.DeleteFunc(here, func(p Person) bool { return q.Cap > 0 && p.Load >= q.Cap })
	if len(free) == 0 {
		return "", AllFull
	}
	return slices.MinFunc(free, func(a, b Person) int { return q.compare(a, b) }).ID, Chosen
}

// compare puts first who is to get the ticket. The id at the end makes the choice
// the same whatever the order of the people.
func (q Question) compare(a, b Person) int {
	turn := cmp.Or(cmp.Compare(a.Turn, b.Turn), cmp.Compare(a.ID, b.ID))
	switch q.Mode {
	case LeastLoaded:
		return cmp.Or(cmp.Compare(a.Load, b.Load), turn)
	case BySkill:
		return cmp.Or(cmp.Compare(matches(b.Skills, q.Wants), matches(a.Skills, q.Wants)), cmp.Compare(a.Load, b.Load), turn)
	}
	return turn
}

// matches counts what of the wanted somebody knows.
func matches(skills, wants []string) int {
	n := 0
	for _, w := range wants {
		if slices.ContainsFunc(skills, func(s string) bool { return strings.EqualFold(s, w) }) {
			n++
		}
	}
	return n
}

// Counts reports whether a ticket in this state weighs on whoever has it: whether
// its clock runs. What waits for somebody else, or is done, does not.
func Counts(s ticket.State) bool {
	return s == ticket.Assigned || s == ticket.InProgress || s == ticket.Approved
}
