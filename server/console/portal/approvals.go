package portal

import (
	"net/http"
	"strconv"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
)

type approvalsView struct {
	frame   frame
	List    []desk.Approval
	Problem string
	Number  int64  // the one that was refused
	Reason  string // what was typed for it
}

// approvalsPage lists what waits for the reader's decision.
func (p *Portal) approvalsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return p.showApprovals(w, r, actor, http.StatusOK, approvalsView{})
}

func (p *Portal) showApprovals(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v approvalsView) error {
	var err error
	if v.List, err = p.Desk.Approvals(r.Context(), actor); err != nil {
		return err
	}
	if v.frame, err = p.frame(r, actor, atTickets, "Waiting for your decision"); err != nil {
		return err
	}
	return p.out.Show(w, r, status, approvals(v))
}

// decide is a yes or a no.
func (p *Portal) decide(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err == nil {
		_, err = p.Desk.Decide(r.Context(), actor, n, r.PostFormValue("decision") == "yes", ulid.Make().String(), r.PostFormValue("reason"))
	} else {
		err = fault.New(fault.NotFound, "There is no such request for you to decide.")
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/portal/approvals", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Forbidden, fault.NotFound:
		return p.showApprovals(w, r, actor, gate.Status(err), approvalsView{Problem: fault.Sentence(err), Number: n, Reason: r.PostFormValue("reason")})
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
