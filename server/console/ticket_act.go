package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/ticket"
)

// take makes a ticket the actor's. Who was second is told who was first.
func (c *Console) take(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.act(w, r, actor, ticket.Take{}, "You have it now.")
}

// assign gives a ticket to somebody, or back to the queue.
func (c *Console) assign(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	to := ticket.Person{ID: r.PostFormValue("to")}
	words := "Back in the queue."
	if to.ID == actor.Person {
		to.Name, words = actor.Name, "You have it now."
	} else if to.ID != "" {
		p, err := c.Auth.Person(r.Context(), actor, to.ID)
		if err != nil {
			return err
		}
		words = p.Name + " has it now."
	}
	return c.act(w, r, actor, ticket.Assign{To: to}, words)
}

// prioritise sets impact and urgency.
func (c *Console) prioritise(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	cmd := ticket.Prioritise{Impact: ticket.Level(small(r, "impact")), Urgency: ticket.Level(small(r, "urgency")), Reason: r.PostFormValue("reason")}
	return c.act(w, r, actor, cmd, "The priority is "+kit.PriorityWord(ticket.PriorityOf(cmd.Impact, cmd.Urgency))+" now.")
}

// resume ends the waiting.
func (c *Console) resume(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.act(w, r, actor, ticket.Resume{}, "It goes on.")
}

// close ends a resolved ticket without the requester's word.
func (c *Console) close(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.act(w, r, actor, ticket.Close{}, "Closed.")
}

// reopen says that it is not solved after all.
func (c *Console) reopen(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.act(w, r, actor, ticket.Reopen{}, "Open again.")
}

// cancel ends a ticket that is not wanted any more.
func (c *Console) cancel(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.act(w, r, actor, ticket.Cancel{Message: newMessageID(), Reason: r.PostFormValue("reason")}, "Cancelled.")
}

// act carries a command out and shows the ticket as it is then, whether it was
// done or somebody else was first.
func (c *Console) act(w http.ResponseWriter, r *http.Request, actor auth.Actor, cmd ticket.Command, done string) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	seen := version(r)
	if len(since(d, seen, actor)) == 0 {
		seen = d.Version // nothing has happened that would change somebody's mind
	}
	_, err = c.Desk.Do(r.Context(), actor, d.ID, seen, cmd)
	status, kind, words := http.StatusOK, "healthy", done
	switch fault.CodeOf(err) {
	case "":
	case fault.Conflict, fault.Stale, fault.Invalid:
		status, kind, words = gate.Status(err), "warning", fault.Sentence(err)
	default:
		return err
	}
	if !kit.Partial(r) {
		if err != nil {
			return err
		}
		http.Redirect(w, r, ticketPath(n), http.StatusSeeOther)
		return nil
	}
	if fault.Is(err, fault.Stale) && r.PostFormValue("from") != "queue" {
		return c.clash(w, r, actor, n, version(r), err)
	}
	if r.PostFormValue("from") == "queue" {
		return c.actedInQueue(w, r, actor, n, status, kind, words)
	}
	v, err := c.ticketView(r, actor, n)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, status, acted(v, kind, words))
}

// actedInQueue brings the row up to date that somebody acted on.
func (c *Console) actedInQueue(w http.ResponseWriter, r *http.Request, actor auth.Actor, n int64, status int, kind, words string) error {
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	list, err := c.views(r.Context(), actor)
	if err != nil {
		return err
	}
	shown := columnsOf(c.Rulebook(), list.of(r.PostFormValue("view")).Columns)
	return c.out.Show(w, r, status, queueActed(d.Row, shown, actor, kind, "Ticket "+ticketNumber(n)+": "+words))
}
