package tray_test

import (
	"testing"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/traytest"
)

// TestAnApproverIsTold has somebody whose yes or no a request waits for.
func TestAnApproverIsTold(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	looks(t, tray, "bell")
	first := local.Approval{Number: 1043, Title: "A second <b>screen</b>", Requester: "Mia Muster"}
	r.agent.Set(func(s *local.Status) { s.Approvals = []local.Approval{first} })
	n := traytest.Receive(t, "the request", r.host.Notes)
	if n.Title != "Mia Muster asks for your approval" || n.Body != "A second &lt;b&gt;screen&lt;/b&gt;" {
		t.Errorf("the notification is %+v", n)
	}
	if err := r.host.Invoke(n.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "browser https://desk.example/portal/1approvals")

	r.agent.Set(func(s *local.Status) {
		s.Approvals = []local.Approval{first, {Number: 1044, Title: "A chair", Requester: "Jo"}}
	})
	both := traytest.Receive(t, "both", r.host.Notes)
	if both.Replaces != n.ID || both.Title != "2 requests wait for your decision." || both.Body != "Jo: “A chair”" {
		t.Errorf("the second notification is %+v", both)
	}
	r.agent.Set(func(s *local.Status) { s.Approvals = s.Approvals[:1] }) // one was decided: nothing new
	r.agent.Set(func(s *local.Status) { s.Approvals = nil })
	if id := traytest.Receive(t, "the end of the notification", r.host.Closed); id != both.ID {
		t.Errorf("%d was taken away, not %d", id, both.ID)
	}
	select {
	case n := <-r.host.Notes:
		t.Errorf("there is another notification: %+v", n)
	default:
	}
}
