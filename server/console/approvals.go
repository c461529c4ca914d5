package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
)

type approvalsView struct {
	Frame   frame
	List    []desk.Approval
	Problem string
	Number  int64  // the one that was refused
	Reason  string // what was typed for it
}

// approvalsPage lists what waits for the reader's decision.
func (c *Console) approvalsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showApprovals(w, r, actor, http.StatusOK, approvalsView{})
}

func (c *Console) showApprovals(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v approvalsView) error {
	var err error
	if v.List, err = c.Desk.Approvals(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atApprovals, "Approvals", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, approvals(v))
}

// decide is a yes or a no.
func (c *Console) decide(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	_, err = c.Desk.Decide(r.Context(), actor, n, r.PostFormValue("decision") == "yes", newMessageID(), r.PostFormValue("reason"))
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/approvals", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Forbidden, fault.NotFound:
		return c.showApprovals(w, r, actor, gate.Status(err), approvalsView{Problem: fault.Sentence(err), Number: n, Reason: r.PostFormValue("reason")})
	}
	return err
}

// typedReason is what was typed for a request that was refused.
func typedReason(v approvalsView, number int64) string {
	if v.Number == number {
		return v.Reason
	}
	return ""
}
