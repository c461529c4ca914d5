package diagnostics

import (
	"cmp"
	"slices"

	"github.com/deskbell/deskbell/internal/tongue"
)

// Severity says how much a finding matters. It is written out on the wire.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical" // work is not possible, or data is at risk
	Warning  Severity = "warning"  // it will be, or it hampers
	Info     Severity = "info"     // worth knowing when looking for a cause
)

// Rank orders severities: the worse, the higher; an unknown one is 0.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 3
	case Warning:
		return 2
	case Info:
		return 1
	}
	return 0
}

// Code names a kind of finding, "area.what". It is stable: tickets, rules and
// statistics refer to it.
type Code string

// Finding is one thing that is wrong with an endpoint.
type Finding struct {
	Code     Code       `json:"code"`
	Severity Severity   `json:"severity"`
	Sentence string     `json:"sentence"` // for the employee: plain, whole, no jargon
	Detail   string     `json:"detail"`   // for the technician: exact
	Evidence []Evidence `json:"evidence,omitempty"`
	// Said holds the sentence and the advice for readers of other languages; whoever
	// judged with an older program has not filled it in.
	Said     Said   `json:"said,omitzero"`
	Advice   string `json:"advice,omitempty"`    // for the employee: what to do
	CausedBy Code   `json:"caused_by,omitempty"` // the finding that explains this one
	// Explains lists the findings here that follow from this one, near and far: who
	// mends this need not look at them.
	Explains []Code `json:"explains,omitempty"`
	Fix      *Fix   `json:"fix,omitempty"` // what may mend it; nil when nothing on this machine does
}

// Fix names the recipe that may mend a finding, and what it is for: the service,
// the process, the interface.
type Fix struct {
	Recipe Recipe `json:"recipe"`
	Target string `json:"target,omitempty"`
}

// Recipe names a fix, "area.what". It is stable, like a Code.
type Recipe string

// The recipes.
const (
	FreeSpace      Recipe = "space.free"       // clear caches and temporary files
	FlushNames     Recipe = "names.flush"      // forget what the name service said
	RenewAddress   Recipe = "address.renew"    // ask the network for an address again
	RestartLink    Recipe = "link.restart"     // switch an interface off and on
	RestartService Recipe = "service.restart"  // start a failed service again
	ClearPrinting  Recipe = "printing.restart" // restart printing and clear its queue
	EndProcess     Recipe = "process.end"      // end a program that runs away
	SetClock       Recipe = "clock.set"        // set the clock by the network's time
)

// Evidence is one reading that a finding rests on.
type Evidence struct {
	Section SectionName `json:"section"`
	What    string      `json:"what"`  // "free on /"
	Value   string      `json:"value"` // "0.3 GB of 256 GB"

	// What and Value for readers of other languages; nil where there is nothing to
	// translate.
	SaidWhat  *tongue.Text `json:"said_what,omitempty"`
	SaidValue *tongue.Text `json:"said_value,omitempty"`
}

// SortFindings orders findings for reading: causes before what they cause, however
// long the chain, then the worse first, then by code, so that the same snapshot
// always reads the same.
func SortFindings(f []Finding) {
	by := make(map[Code]Code, len(f))
	for i := range f {
		by[f[i].Code] = f[i].CausedBy
	}
	depth := make(map[Code]int, len(f))
	for code := range by {
		depth[code] = chain(by, code)
	}
	slices.SortStableFunc(f, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(depth[a.Code], depth[b.Code]),
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(a.Code, b.Code),
		)
	})
}

// chain counts the causes behind a code. Findings also come from elsewhere, so a
// circle among them must end.
func chain(by map[Code]Code, code Code) int {
	n := 0
	for n < len(by) {
		if code = by[code]; code == "" {
			break
		}
		n++
	}
	return n
}
