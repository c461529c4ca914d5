package ticket

import "github.com/deskbell/deskbell/internal/fault"

// AskApproval asks somebody to decide about a request before anybody works on it.
type AskApproval struct {
	Approver Person
	Message  string // the id of Body as a message
	Body     string // what is to be decided; the requester reads it too
}

func (c AskApproval) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.Kind != Request:
		return nil, fault.New(fault.Conflict, "Only a request is approved. This ticket is an incident.")
	case t.State == Approved:
		return nil, fault.Newf(fault.Conflict, "The request is approved already, by %s.", t.Approver.Name)
	case t.State == WaitingApproval && t.Approver.ID == c.Approver.ID:
		return nil, undecided(t)
	case !t.State.Open():
		return nil, ended(t)
	case c.Approver.ID == "":
		return nil, fault.Field("approver", "Say who decides.")
	case c.Approver.ID == t.Requester.ID:
		return nil, fault.Field("approver", "Nobody approves their own request. Choose somebody else.")
	}
	body, err := CleanText("body", c.Body)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: ApprovalAsked, Person: &c.Approver, Message: c.Message, Body: body}}, nil
}

// Decide is the approver's word, and nobody else's.
type Decide struct {
	Yes     bool
	Message string // the id of Body as a message
	Body    string // needed for a no
}

func (c Decide) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case t.State != WaitingApproval:
		return nil, fault.New(fault.Conflict, "The ticket does not wait for an approval.")
	case by.ID == "" || by.ID != t.Approver.ID:
		return nil, fault.Newf(fault.Forbidden, "Only %s can decide about this request.", t.Approver.Name)
	}
	body, err := CleanText("body", c.Body)
	if err != nil {
		return nil, err
	}
	if c.Yes {
		return []Event{{Type: ApprovedBy, Message: c.Message, Body: body}}, nil
	}
	if body == "" {
		return nil, fault.Field("body", "Say why, so that the requester knows what to do instead.")
	}
	return []Event{{Type: RejectedBy, Message: c.Message, Body: body}}, nil
}
