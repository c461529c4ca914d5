package find

import (
	"context"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Action is what is done to many tickets. Which fields it uses is up to Do.
type Action struct {
	Do       Verb            `json:"do"`
	Person   string          `json:"person,omitempty"` // id; empty with assign: nobody
	Team     string          `json:"team,omitempty"`
	Priority ticket.Priority `json:"priority,omitempty"`
	Category string          `json:"category,omitempty"`
	Add      []string        `json:"add,omitempty"` // tags
	Remove   []string        `json:"remove,omitempty"`
	Code     ticket.Code     `json:"code,omitempty"`
	Text     string          `json:"text,omitempty"` // the solution, or the reason
	Into     int64           `json:"into,omitempty"` // the number of a ticket

	// To take an end back: how the ticket was before.
	State   ticket.State   `json:"state,omitempty"`
	Waiting ticket.Waiting `json:"waiting,omitempty"`
	Until   time.Time      `json:"until,omitzero"`
}

// Verb names an action.
type Verb string

// The actions.
const (
	Assign     Verb = "assign"
	GiveTeam   Verb = "team"
	Prioritise Verb = "priority"
	Categorise Verb = "category"
	Tag        Verb = "tag"
	Resolve    Verb = "resolve"
	Close      Verb = "close"
	Reopen     Verb = "reopen"
	Merge      Verb = "merge"

	takeBack Verb = "take_back" // only Undo's
)

// Verbs lists the actions.
func Verbs() []Verb {
	return []Verb{Assign, GiveTeam, Prioritise, Categorise, Tag, Resolve, Close, Reopen, Merge}
}

// Target is a ticket to change, as whoever chose it has seen it.
type Target struct {
	Number  int64 `json:"number"`
	Version int64 `json:"version,omitempty"` // 0: as it is now
}

// Refusal is a ticket that is not changed, and why.
type Refusal struct {
	Number   int64      `json:"number"`
	Title    string     `json:"title"`
	Code     fault.Code `json:"code"`
	Sentence string     `json:"reason"`
}

// Outcome is what a change to many tickets does, or would do.
type Outcome struct {
	ID       string    `json:"id,omitempty"` // to undo it; empty of a preview
	Changed  []int64   `json:"changed"`
	Refused  []Refusal `json:"refused"`
	Undoable bool      `json:"undoable"`
}

// MaxBulk is how many tickets are changed at once.
const MaxBulk = 1000

// atOnce is how many tickets are changed side by side: enough for one flush of the
// database to serve many, and few enough that everybody else's changes stay between.
const atOnce = 16

// lookAgain is how often a ticket that keeps changing is looked at before it is refused.
const lookAgain = 5

// command returns what the action does to one ticket.
func (a Action) command(message string) (ticket.Command, error) {
	switch a.Do {
	case Assign:
		return ticket.Assign{To: ticket.Person{ID: a.Person}}, nil
	case GiveTeam:
		if a.Team == "" {
			return nil, fault.Field("team", "Choose the team that gets the tickets.")
		}
		return ticket.Delegate{Team: a.Team, Message: message, Body: a.Text}, nil
	case Prioritise:
		return ticket.Override{Priority: a.Priority, Reason: a.Text}, nil
	case Categorise:
		return ticket.Categorise{Category: a.Category}, nil
	case Tag:
		if len(a.Add)+len(a.Remove) == 0 {
			return nil, fault.Field("add", "Say which tags come or go.")
		}
		return ticket.Tag{Add: a.Add, Remove: a.Remove}, nil
	case Resolve:
		return ticket.Resolve{Message: message, Solution: a.Text, Code: a.Code}, nil
	case Close:
		return ticket.Close{}, nil
	case Reopen:
		return ticket.Reopen{Message: message, Body: a.Text}, nil
	case Merge:
		return nil, nil
	case takeBack:
		return ticket.TakeBack{State: a.State, Waiting: a.Waiting, Until: a.Until, Assignee: ticket.Person{ID: a.Person}}, nil
	}
	return nil, errVerb
}

var errVerb = fault.Field("do", "What can be done to many tickets is assign, team, priority, category, tag, resolve, close, reopen and merge.")

// targets reads the tickets. One that there is not is refused.
func (f *Finder) targets(ctx context.Context, list []Target) (rows []desk.Row, seen map[int64]int64, refused []Refusal, err error) {
	if len(list) == 0 {
		return nil, nil, nil, fault.Field("tickets", "Choose at least one ticket.")
	}
	if len(list) > MaxBulk {
		return nil, nil, nil, fault.Field("tickets", "At most 1000 tickets are changed at once.")
	}
	seen = map[int64]int64{}
	var numbers []int64
	for _, t := range list {
		if _, twice := seen[t.Number]; !twice {
			numbers = append(numbers, t.Number)
		}
		seen[t.Number] = t.Version
	}
	if rows, err = f.store.Rows(ctx, numbers, true); err != nil {
		return nil, nil, nil, err
	}
	there := map[int64]bool{}
	for _, r := range rows {
		there[r.Number] = true
	}
	for _, n := range numbers {
		if !there[n] {
			refused = append(refused, Refusal{n, "", fault.NotFound, "There is no such ticket."})
		}
	}
	return rows, seen, refused, nil
}

// Preview says what an action would do to tickets, and does nothing. Somebody may be
// faster: what Bulk then says holds.
func (f *Finder) Preview(ctx context.Context, actor auth.Actor, list []Target, a Action) (Outcome, error) {
	var out Outcome
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return out, err
	}
	into, err := f.check(ctx, a)
	if err != nil {
		return out, err
	}
	rows, seen, refused, err := f.targets(ctx, list)
	if err != nil {
		return out, err
	}
	out.Refused, out.Undoable = refused, true
	by := ticket.Actor{Person: ticket.Person{ID: actor.Person, Name: actor.Name}, Side: ticket.Staff}
	for _, r := range rows {
		if err := f.would(r.Ticket, seen[r.Number], a, into, by); err != nil {
			out.Refused = append(out.Refused, refusalOf(r, err))
			continue
		}
		out.Changed = append(out.Changed, r.Number)
		if _, ok := a.inverse(r.Ticket); !ok {
			out.Undoable = false
		}
	}
	return out, nil
}

func refusalOf(r desk.Row, err error) Refusal {
	return Refusal{r.Number, r.Title, fault.CodeOf(err), fault.Sentence(err)}
}

// would asks the rules of a ticket's life.
func (f *Finder) would(t ticket.Ticket, seen int64, a Action, into ticket.Reference, by ticket.Actor) error {
	if seen != 0 && seen != t.Version {
		return fault.New(fault.Stale, "It has changed since you chose it. Look at it and choose it again.")
	}
	c, err := a.command("preview")
	if err != nil {
		return err
	}
	if a.Do == Merge {
		c = ticket.MergeInto{Into: into}
	}
	_, _, err = ticket.Apply(t, c, by, f.now())
	return err
}

// check refuses an action that could be done to no ticket, and finds the ticket to
// merge into.
func (f *Finder) check(ctx context.Context, a Action) (into ticket.Reference, err error) {
	if a.Do == takeBack {
		return into, errVerb
	}
	if _, err := a.command("check"); err != nil || a.Do != Merge {
		return into, err
	}
	rows, err := f.store.Rows(ctx, []int64{a.Into}, true)
	if err != nil {
		return into, err
	}
	if len(rows) == 0 {
		return into, fault.Field("into", "There is no ticket with the number to merge into.")
	}
	return ticket.Reference{ID: rows[0].ID, Number: rows[0].Number}, nil
}

// Bulk does something to many tickets. Each is changed or refused by itself, as if it
// were the only one.
func (f *Finder) Bulk(ctx context.Context, actor auth.Actor, list []Target, a Action) (Outcome, error) {
	var out Outcome
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return out, err
	}
	into, err := f.check(ctx, a)
	if err != nil {
		return out, err
	}
	rows, seen, refused, err := f.targets(ctx, list)
	if err != nil {
		return out, err
	}
	now := f.now()
	b := Bulk{ID: ulid.MustNewDefault(now).String(), Person: actor.Person, At: now, Action: a}
	steps := make([]*Step, len(rows))
	errs := f.each(ctx, len(rows), func(i int) error {
		r := rows[i]
		after, err := f.do(ctx, actor, r.ID, cmpOr(seen[r.Number], r.Version), a, into)
		for tries := 1; fault.Is(err, fault.Stale) && seen[r.Number] == 0 && tries < lookAgain; tries++ {
			// No version was named: the ticket is changed as it is, and it is another by
			// now. What takes the change back is made from what it is changed from.
			fresh, readErr := f.store.Rows(ctx, []int64{r.Number}, true)
			if readErr != nil || len(fresh) == 0 {
				break
			}
			r = fresh[0]
			after, err = f.do(ctx, actor, r.ID, r.Version, a, into)
		}
		if err != nil {
			return err
		}
		inverse, ok := a.inverse(r.Ticket)
		if ok {
			steps[i] = &Step{r.ID, r.Number, r.Title, after, inverse[0], inverse[1:]}
		}
		return nil
	})
	out.Refused, out.Undoable = refused, true
	for i, err := range errs {
		switch {
		case err != nil:
			out.Refused = append(out.Refused, refusalOf(rows[i], err))
			continue
		case steps[i] == nil:
			out.Undoable = false
		default:
			b.Steps = append(b.Steps, *steps[i])
		}
		out.Changed = append(out.Changed, rows[i].Number)
	}
	out.Undoable = out.Undoable && len(b.Steps) > 0
	if !out.Undoable {
		return out, nil
	}
	out.ID = b.ID
	return out, f.store.SaveBulk(context.WithoutCancel(ctx), b)
}

func cmpOr(seen, now int64) int64 {
	if seen != 0 {
		return seen
	}
	return now
}

// do changes one ticket and returns its version after it.
func (f *Finder) do(ctx context.Context, actor auth.Actor, id string, seen int64, a Action, into ticket.Reference) (int64, error) {
	if a.Do == Merge {
		return 0, f.desk.Merge(ctx, actor, id, seen, into.ID)
	}
	c, err := a.command(ulid.MustNewDefault(f.now()).String())
	if err != nil {
		return 0, err
	}
	if d, ok := c.(ticket.Delegate); ok && a.Person != "" {
		d.To.ID = a.Person
		c = d
	}
	after, err := f.desk.Do(ctx, actor, id, seen, c)
	return after.Version, err
}

// each calls f for 0 to n-1, some side by side, and returns their errors. Whoever asked
// may go away; what has begun is finished.
func (f *Finder) each(ctx context.Context, n int, do func(int) error) []error {
	errs := make([]error, n)
	next := make(chan int)
	var all sync.WaitGroup
	for range min(atOnce, n) {
		all.Go(func() {
			for i := range next {
				errs[i] = do(i)
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			errs[i] = fault.New(fault.Unavailable, "The connection was lost before this ticket's turn. It is unchanged.")
			continue
		}
		next <- i
	}
	close(next)
	all.Wait()
	return errs
}
