// Package fix mends what a check-up has found, when a person of this machine says
// yes. A fix is a recipe of typed steps, and never a line for a shell: each step
// says beforehand what it would do, does that and no more, and says what it did.
// Whether it helped, a check-up says afterwards, not the recipe.
//
// The engine orders; hands carry out. They are a process of their own, with the
// rights that the step needs and no others: a step for a person's own things is
// carried out as that person, so that the system itself keeps it to them.
package fix

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Recipe is how one finding may be mended.
type Recipe struct {
	Code    diagnostics.Recipe
	Target  string
	Title   string // three words or so: what it is called
	What    string // one sentence: what it will do
	Steps   []Step // the first is what mends; the others are left out where they cannot be taken
	Timeout time.Duration
	Undo    string        // one sentence: what taking it back does; "" when it cannot be taken back
	Said    []tongue.Text // the above for readers of other languages
}

// Rights say as whom a step is carried out.
type Rights string

// The rights.
const (
	Person  Rights = "person"  // who asked
	Machine Rights = "machine" // the administrator: it concerns everybody at this machine
	Agent   Rights = "agent"   // the agent itself, in its own process: it concerns a part of it
)

// Step is one thing that a recipe does. Its parameters are its fields; it is sent
// to hands as JSON.
type Step interface {
	Rights() Rights
}

// Doer is a step that can be taken on this system. One that cannot has no more than
// its parameters here, and whoever wants it taken is told so.
type Doer interface {
	Step
	// Plan looks what Do would do, and changes nothing. A fault says why it cannot
	// be done.
	Plan(context.Context) (Plan, error)
	// Do does what was planned. It stops as soon as it is safe when its context ends.
	Do(context.Context, Plan) (Done, error)
}

func errElsewhere() error { return fault.Say(fault.Unsupported, "error.fix_elsewhere") }

// Undoer is a step that can be taken back.
type Undoer interface {
	Undo(context.Context, Done) (Done, error)
}

// Plan is what a step would do.
type Plan struct {
	Says  string `json:"says"`            // one sentence, with the numbers
	Bytes uint64 `json:"bytes,omitempty"` // that would be freed
	Count int    `json:"count,omitempty"` // files, documents
	Mark  string `json:"mark,omitempty"`  // by which Do knows again what was meant

	Said tongue.Text `json:"said,omitzero"` // Says, for readers of other languages
}

// Done is what a step has done.
type Done struct {
	Says  string `json:"says"`
	Bytes uint64 `json:"bytes,omitempty"`
	Count int    `json:"count,omitempty"`
	Back  string `json:"back,omitempty"` // what Undo needs

	Said tongue.Text `json:"said,omitzero"` // Says, for readers of other languages
}

// plans and did begin a Plan and a Done with what they say.
func plans(id string, args ...tongue.Arg) Plan {
	t := tongue.Of(id, args...)
	return Plan{Says: t.English(), Said: t}
}

func did(id string, args ...tongue.Arg) Done {
	t := tongue.Of(id, args...)
	return Done{Says: t.English(), Said: t}
}

// and adds a sentence.
func (p Plan) and(id string, args ...tongue.Arg) Plan {
	p.Said = tongue.Of("fix.two", tongue.Sub("first", p.Said), tongue.Sub("second", tongue.Of(id, args...)))
	p.Says = p.Said.English()
	return p
}

func (d Done) and(id string, args ...tongue.Arg) Done {
	d.Said = tongue.Of("fix.two", tongue.Sub("first", d.Said), tongue.Sub("second", tongue.Of(id, args...)))
	d.Says = d.Said.English()
	return d
}

// of fills in how many, and what is to be known later.
func (p Plan) of(count int, mark string) Plan {
	p.Count, p.Mark = count, mark
	return p
}

func (d Done) of(count int, back string) Done {
	d.Count, d.Back = count, back
	return d
}

// Policy is what the machine's own settings allow. It can only forbid: there are
// no fixes besides the recipes.
type Policy struct {
	Forbid map[diagnostics.Recipe]bool
}

func (p Policy) check(r diagnostics.Recipe) error {
	if p.Forbid[r] {
		return fault.Say(fault.Forbidden, "error.fix_forbidden")
	}
	return nil
}

// Recipes lists the recipes that there are, for settings.
func Recipes() []diagnostics.Recipe {
	return []diagnostics.Recipe{
		diagnostics.FreeSpace, diagnostics.FlushNames, diagnostics.RenewAddress, diagnostics.RestartLink,
		diagnostics.RestartService, diagnostics.ClearPrinting, diagnostics.EndProcess, diagnostics.SetClock, local.RestartPart,
	}
}
