package desk

import (
	"context"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Approval is a request that waits for somebody's decision, with what they need to
// know for it: an employee who decides sees nothing else of the ticket.
type Approval struct {
	Ticket    string // its id
	Number    int64
	Version   int64
	State     ticket.State // waiting_for_approval, until it was decided
	Title     string
	Body      string
	Requester ticket.Person
	Site      string
	Approver  ticket.Person
	CreatedAt time.Time
	AskedAt   time.Time
	AskedBy   ticket.Person
	Words     string // of whoever asked
}

// maxApprovals is how many one list shows; the oldest come first.
const maxApprovals = 200

// Approvals lists what waits for the actor's decision, the oldest first.
func (d *Desk) Approvals(ctx context.Context, actor auth.Actor) ([]Approval, error) {
	if err := auth.Authorise(actor, auth.ApprovalsDecide, auth.Object{Requester: actor.Person}); err != nil {
		return nil, err
	}
	rows, err := d.store.Approvals(ctx, actor.Person, maxApprovals)
	if err != nil {
		return nil, err
	}
	var out []Approval
	for _, row := range rows {
		a, err := d.approval(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// ApprovalsWaiting returns how many decisions wait for the actor.
func (d *Desk) ApprovalsWaiting(ctx context.Context, actor auth.Actor) (int, error) {
	if auth.Authorise(actor, auth.ApprovalsDecide, auth.Object{Requester: actor.Person}) != nil {
		return 0, nil //nolint:nilerr // who decides nothing has nothing waiting
	}
	rows, err := d.store.Approvals(ctx, actor.Person, maxApprovals)
	return len(rows), err
}

// Approvers returns everybody who was ever asked to decide about a ticket.
func (d *Desk) Approvers(ctx context.Context, id string) ([]string, error) {
	var list []string
	history, err := d.store.History(ctx, id)
	for _, e := range history {
		if e.Type == ticket.ApprovalAsked && e.Person != nil && !slices.Contains(list, e.Person.ID) {
			list = append(list, e.Person.ID)
		}
	}
	return list, err
}

// ApprovalByNumber returns a request to whoever decides, or has decided, about it.
func (d *Desk) ApprovalByNumber(ctx context.Context, actor auth.Actor, number int64) (Approval, error) {
	row, err := d.store.TicketByNumber(ctx, number)
	if err == nil && row.Approver.ID == "" || fault.Is(err, fault.NotFound) {
		return Approval{}, fault.New(fault.NotFound, "There is no such request for you to decide.")
	}
	if err != nil {
		return Approval{}, err
	}
	if err := auth.Authorise(actor, auth.ApprovalsDecide, auth.Object{Requester: row.Approver.ID}); err != nil {
		return Approval{}, err
	}
	return d.approval(ctx, row)
}

func (d *Desk) approval(ctx context.Context, row Row) (Approval, error) {
	a := Approval{
		Ticket: row.ID, Number: row.Number, Version: row.Version, State: row.State, Title: row.Title, Body: row.Body,
		Requester: row.Requester, Site: row.SiteName, Approver: row.Approver, CreatedAt: row.CreatedAt,
	}
	history, err := d.store.History(ctx, row.ID)
	for _, e := range history {
		if e.Type == ticket.ApprovalAsked {
			a.AskedAt, a.AskedBy, a.Words = e.At, e.Actor.Person, e.Body
		}
	}
	return a, err
}

// Decide is the approver's yes or no.
func (d *Desk) Decide(ctx context.Context, actor auth.Actor, number int64, yes bool, message, words string) (Approval, error) {
	a, err := d.ApprovalByNumber(ctx, actor, number)
	if err != nil {
		return a, err
	}
	if message == "" {
		message = d.newID()
	}
	if _, err := d.Do(ctx, actor, a.Ticket, 0, ticket.Decide{Yes: yes, Message: message, Body: words}); err != nil {
		return a, err
	}
	return d.ApprovalByNumber(ctx, actor, number)
}
