package find

import (
	"context"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// KeepBulks is how long a change can be undone.
const KeepBulks = 24 * time.Hour

// Bulk is a change to many tickets, with what takes it back.
type Bulk struct {
	ID       string    `json:"id"`
	Person   string    `json:"person"`
	At       time.Time `json:"at"`
	Action   Action    `json:"action"`
	Steps    []Step    `json:"steps"`
	UndoneAt time.Time `json:"-"`
}

// Step is what was done to one ticket.
type Step struct {
	ID      string `json:"id"`
	Number  int64  `json:"number"`
	Title   string `json:"title"`
	Version int64  `json:"version"` // after it
	Inverse Action `json:"inverse"`
	// Then is what follows the inverse where one step does not lead back.
	Then []Action `json:"then,omitempty"`
}

// BulkStore keeps changes, to undo them.
type BulkStore interface {
	SaveBulk(ctx context.Context, b Bulk) error
	Bulk(ctx context.Context, id string) (Bulk, error)
	// UndoBulk marks a change as undone: fault.Used when it is.
	UndoBulk(ctx context.Context, id string, now time.Time) error
}

// inverse returns what takes the action back from a ticket that was so before, one
// after the other; false when nothing does.
func (a Action) inverse(before ticket.Ticket) ([]Action, bool) {
	one := func(a Action) ([]Action, bool) { return []Action{a}, true }
	solved := Action{Do: Resolve, Text: before.Solution, Code: before.Code}
	switch a.Do {
	case Assign:
		return one(Action{Do: Assign, Person: before.Assignee.ID})
	case GiveTeam:
		return []Action{{Do: GiveTeam, Team: before.Team, Person: before.Assignee.ID}}, before.Team != ""
	case Prioritise:
		return one(Action{Do: Prioritise, Priority: before.Priority, Text: undone})
	case Categorise:
		return one(Action{Do: Categorise, Category: before.Category})
	case Tag:
		has := func(tag string) bool { return slices.Contains(before.Tags, tag) }
		lacks := func(tag string) bool { return !has(tag) }
		return one(Action{Do: Tag, Add: slices.DeleteFunc(slices.Clone(a.Remove), lacks), Remove: slices.DeleteFunc(slices.Clone(a.Add), has)})
	case Resolve:
		return one(Action{Do: takeBack, State: before.State, Waiting: before.Waiting, Until: before.WaitUntil, Person: before.Assignee.ID})
	case Close:
		return []Action{{Do: takeBack, State: ticket.Resolved}}, before.State == ticket.Resolved
	case Reopen:
		switch before.State {
		case ticket.Resolved:
			return one(solved)
		case ticket.Closed:
			return []Action{solved, {Do: Close}}, true
		}
	}
	return nil, false // what was rejected stays with who decided; merging ends a ticket
}

const undone = "Undone"

// Undo takes a change back from each ticket that nobody has touched since.
func (f *Finder) Undo(ctx context.Context, actor auth.Actor, id string) (Outcome, error) {
	var out Outcome
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return out, err
	}
	b, err := f.store.Bulk(ctx, id)
	if err != nil {
		return out, err
	}
	if b.Person != actor.Person {
		return out, fault.New(fault.NotFound, "There is no such change among yours.")
	}
	if f.now().Sub(b.At) > KeepBulks {
		return out, fault.New(fault.Expired, "This change is older than a day and is not undone as a whole any more.")
	}
	if err := f.store.UndoBulk(ctx, id, f.now()); err != nil {
		return out, err
	}
	errs := f.each(ctx, len(b.Steps), func(i int) error {
		s := b.Steps[i]
		version, err := f.do(ctx, actor, s.ID, s.Version, s.Inverse, ticket.Reference{})
		if fault.Is(err, fault.Stale) {
			return fault.New(fault.Stale, "It has changed since. It stays as it is.")
		}
		for _, then := range s.Then {
			if err != nil {
				return err
			}
			version, err = f.do(context.WithoutCancel(ctx), actor, s.ID, version, then, ticket.Reference{})
			if fault.Is(err, fault.Stale) {
				return fault.New(fault.Stale, "Somebody went on with it while it was taken back. Look at the ticket.")
			}
		}
		return err
	})
	for i, err := range errs {
		s := b.Steps[i]
		if err != nil {
			out.Refused = append(out.Refused, Refusal{s.Number, s.Title, fault.CodeOf(err), fault.Sentence(err)})
		} else {
			out.Changed = append(out.Changed, s.Number)
		}
	}
	return out, nil
}
