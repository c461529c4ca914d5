package guide_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/uitest"
)

// TestKnownOutageFirst: whoever complains of what is known is told so before anything
// else, says that it hits them too, and can ask for help all the same.
func TestKnownOutageFirst(t *testing.T) {
	known := func(a *localtest.Agent) {
		a.Set(func(s *local.Status) {
			s.Announcements = []local.Announcement{{Announcement: wire.Announcement{
				ID: "P", Revision: 1, Told: 1, Title: "The print server is down", Advice: "Print on paper of your own, at floor 2.", Since: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC),
				Complaints: []diagnostics.Complaint{diagnostics.ComplaintPrinting},
			}}}
		})
	}
	w := open(t, uitest.Look{}, known)
	w.press("Cannot print")
	w.said("Is it this? It is known already.")
	w.said("The print server is down")
	w.Picture("guide-known")
	w.press("It hits me too")
	w.said("You are counted.")
	w.agent.Asked(func(a *localtest.Agent) {
		if len(a.Hits) != 1 {
			t.Errorf("the agent heard %q", a.Hits)
		}
	})
	w.press("Still need help")
	if len(w.Asked) != 1 {
		t.Errorf("it leads to %v", w.Asked)
	}
	if d := w.drafts.Ring(); d.Guided == nil {
		t.Error("what was found does not go along")
	}
	w = open(t, uitest.Look{}, known)
	w.press("The computer is slow")
	w.said("Still need help")
	w.silent("The print server is down")
}
