package portal

import (
	"net/http"
	"strconv"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/ticket"
)

type ticketView struct {
	frame   frame
	Ticket  desk.Detail
	Fresh   bool   // it was sent a moment ago
	Text    string // of an answer that was not taken
	Kept    []ticket.Attachment
	Message string
	Problem string
	Sent    bool // the answer before was taken
}

// ticketPage shows a ticket to the person who rang. Showing it is reading it.
func (p *Portal) ticketPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	d, err := p.ticket(r, actor)
	if err != nil {
		return err
	}
	p.markRead(r, actor, d)
	v := ticketView{Ticket: d, Fresh: r.URL.Query().Get("sent") != "", Message: ulid.Make().String()}
	if err := p.frameTicket(r, actor, &v); err != nil {
		return err
	}
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, ticketAgain(v))
	}
	return p.out.Show(w, r, http.StatusOK, ticketWhole(v))
}

func (p *Portal) frameTicket(r *http.Request, actor auth.Actor, v *ticketView) (err error) {
	v.frame, err = p.frame(r, actor, atTickets, "Ticket "+strconv.FormatInt(v.Ticket.Number, 10))
	v.frame.refresh, v.frame.ticket = ticketPath(v.Ticket.Number), v.Ticket.ID
	return err
}

func (p *Portal) ticket(r *http.Request, actor auth.Actor) (desk.Detail, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return desk.Detail{}, fault.New(fault.NotFound, "There is no such ticket among yours.")
	}
	return p.Desk.GetByNumber(r.Context(), actor, n)
}

// markRead notes that the answers were seen. That it fails keeps nobody from
// reading.
func (p *Portal) markRead(r *http.Request, actor auth.Actor, d desk.Detail) {
	newest := ""
	for _, m := range desk.Conversation(d.History) {
		if m.Author.Side != ticket.Requester && m.ID > newest {
			newest = m.ID
		}
	}
	if newest == "" || newest <= d.LastRead {
		return
	}
	if _, err := p.Desk.Do(r.Context(), actor, d.ID, 0, ticket.Read{Message: newest}); err != nil {
		p.Log.Warn("it was not noted that an answer was read", "ticket", d.Number, "err", err)
	}
}

// attachment sends a file of one's own ticket.
func (p *Portal) attachment(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	d, err := p.ticket(r, actor)
	if err != nil {
		return err
	}
	a, body, err := p.Desk.Attachment(r.Context(), actor, d.ID, r.PathValue("sha"))
	if err != nil {
		return err
	}
	if err := kit.ServeAttachment(w, a, body); err != nil && r.Context().Err() == nil {
		p.Log.Error("an attachment was not sent whole", "ticket", d.Number, "sha256", a.SHA256, "err", err)
	}
	return nil
}

// reply takes an answer in.
func (p *Portal) reply(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	d, err := p.ticket(r, actor)
	if err != nil {
		return err
	}
	v := ticketView{Text: r.PostFormValue("text"), Message: r.PostFormValue("message"), Kept: kit.Kept(r)}
	if len(v.Message) != 26 {
		v.Message = ulid.Make().String()
	}
	files, err := kit.Uploads(r.Context(), p.Desk, actor, r)
	v.Kept = append(v.Kept, files...)
	if err == nil {
		once := desk.Once{Key: v.Message, Body: []byte(v.Text)}
		_, err = p.Desk.DoOnce(r.Context(), actor, once, d.ID, 0, ticket.Reply{Message: v.Message, Body: v.Text, Attachments: v.Kept})
	}
	return p.answered(w, r, actor, v, err, "Sent.")
}

// confirm is the requester's word that it works again.
func (p *Portal) confirm(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return p.act(w, r, actor, ticket.Confirm{}, "Thank you. The ticket is closed.")
}

// reopen says that it does not.
func (p *Portal) reopen(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return p.act(w, r, actor, ticket.Reopen{Message: ulid.Make().String(), Body: r.PostFormValue("text")}, "Your help desk goes on with it.")
}

// rate says how it went.
func (p *Portal) rate(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := strconv.Atoi(r.PostFormValue("rating"))
	if err != nil {
		n = 0
	}
	return p.act(w, r, actor, ticket.Rate{Rating: n, Comment: r.PostFormValue("text")}, "Thank you for telling.")
}

// cancel says that it is not needed any more.
func (p *Portal) cancel(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return p.act(w, r, actor, ticket.Cancel{Message: ulid.Make().String(), Reason: r.PostFormValue("text")}, "The ticket is cancelled.")
}

func (p *Portal) act(w http.ResponseWriter, r *http.Request, actor auth.Actor, c ticket.Command, done string) error {
	d, err := p.ticket(r, actor)
	if err != nil {
		return err
	}
	after, err := p.Desk.Do(r.Context(), actor, d.ID, 0, c)
	if err == nil && after.Number != d.Number { // it could not be reopened any more: a new one follows it
		to := ticketPath(after.Number) + "?sent=1"
		if kit.Partial(r) {
			w.Header().Set("HX-Redirect", to)
			w.WriteHeader(http.StatusOK)
			return nil
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	return p.answered(w, r, actor, ticketView{Message: ulid.Make().String()}, err, done)
}

// answered shows the ticket after something was sent or refused.
func (p *Portal) answered(w http.ResponseWriter, r *http.Request, actor auth.Actor, v ticketView, problem error, done string) error {
	status := http.StatusOK
	switch fault.CodeOf(problem) {
	case "":
		if !kit.Partial(r) {
			http.Redirect(w, r, ticketPath(numberOf(r)), http.StatusSeeOther)
			return nil
		}
		v = ticketView{Message: ulid.Make().String(), Sent: true}
	case fault.Invalid, fault.Conflict, fault.TooLarge, fault.Full, fault.Unavailable:
		v.Problem, status = fault.Sentence(problem), gate.Status(problem)
		if fault.FieldOf(problem) == "Idempotency-Key" {
			v.Problem, v.Message = "What you wrote first was sent already, as you see above. What stands here now was not; send it if it is still to be said.", ulid.Make().String()
		}
	default:
		return problem
	}
	d, err := p.ticket(r, actor)
	if err != nil {
		return err
	}
	v.Ticket = d
	if err := p.frameTicket(r, actor, &v); err != nil {
		return err
	}
	if !kit.Partial(r) {
		return p.out.Show(w, r, status, ticketWhole(v))
	}
	return p.out.Show(w, r, status, ticketAnswered(v, done))
}

func numberOf(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return 0 // p.ticket has refused it before
	}
	return n
}

// stateLong tells in a sentence how a ticket stands.
func stateLong(t ticket.Ticket) string {
	who := kit.Clip(t.Assignee.Name, 60)
	switch t.State {
	case ticket.New:
		return "Your help desk has it. Nobody has taken it yet."
	case ticket.Assigned:
		if who == "" {
			return "Your help desk has given it to a team."
		}
		return who + " will look at it."
	case ticket.InProgress:
		if who == "" {
			return "Somebody is working on it."
		}
		return who + " is working on it."
	case ticket.Pending:
		switch t.Waiting {
		case ticket.WaitRequester:
			return "It waits for your answer."
		case ticket.WaitVendor:
			return "It waits for a supplier."
		case ticket.WaitChange:
			return "It waits for a planned change."
		case ticket.WaitScheduled:
			return "It goes on at a time that was agreed."
		}
		return "It waits."
	case ticket.WaitingApproval:
		return "It waits for " + approver(t) + " to approve it."
	case ticket.Approved:
		return "It was approved. Nobody has taken it yet."
	case ticket.Rejected:
		return "It was not approved. Below you read why."
	case ticket.Resolved:
		return "Say below whether it works again."
	}
	return ""
}

func approver(t ticket.Ticket) string {
	if t.Approver.Name == "" {
		return "somebody"
	}
	return kit.Clip(t.Approver.Name, 60)
}

// ratings are the words for 1 to 5.
func ratings() []string { return []string{"Bad", "Poor", "Fair", "Good", "Very good"} }

// plainStep tells an employee in a line what happened; "" when it is nothing to
// tell.
func plainStep(e ticket.Event) string {
	switch e.Type {
	case ticket.Took:
		return "took your ticket"
	case ticket.AssignedTo:
		if e.Person == nil {
			return "gave your ticket back to the team"
		}
		return "gave your ticket to " + e.Person.Name
	case ticket.Waits:
		return "put it on hold"
	case ticket.Resumed:
		return "goes on with it"
	case ticket.Confirmed:
		return "said that it works again"
	case ticket.ReopenedBy:
		return "said that it does not work yet"
	case ticket.TakenBack:
		if e.State == ticket.Resolved {
			return "undid the closing of the ticket"
		}
		return "goes on with it"
	case ticket.Rated:
		return "rated the help: " + ratings()[min(max(e.Rating, 1), 5)-1]
	case ticket.ClosedBy:
		return "closed the ticket"
	case ticket.CancelledBy:
		return "cancelled the ticket"
	case ticket.Asked:
		return "looked at your computer"
	case ticket.ApprovalAsked:
		return "asked " + e.Person.Name + " to approve it"
	case ticket.ApprovedBy:
		return "approved it"
	case ticket.RejectedBy:
		return "did not approve it"
	case ticket.Followed:
		return followed(e)
	case ticket.Merged:
		return "joined it with another ticket about the same; answers come here as before"
	}
	return ""
}

// followed tells what became of a ticket because the one that it belongs to changed.
func followed(e ticket.Event) string {
	switch e.State {
	case ticket.Resolved:
		return "solved it"
	case ticket.Pending:
		return "put it on hold"
	}
	return "goes on with it"
}

// name is who on the other side did something.
func name(a ticket.Actor) string {
	if a.Name == "" {
		return "Your help desk"
	}
	return a.Name
}

// mine reports whether the person who reads did it. An approver may be another
// employee.
func mine(t ticket.Ticket, e ticket.Event) bool {
	return e.Actor.Side == ticket.Requester && e.Actor.ID == t.Requester.ID
}

// side is whose words they are, for the eye.
func side(t ticket.Ticket, e ticket.Event) string {
	if mine(t, e) {
		return string(ticket.Requester)
	}
	return string(ticket.Staff)
}
