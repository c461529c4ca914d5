package ring_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/uitest"
)

// What guided help found stands in the window that is open already, goes along
// below the words, and not when it is taken out.
func TestGuidedHelpGoesAlong(t *testing.T) {
	for _, taken := range []bool{true, false} {
		w := open(t, uitest.Look{}, nil)
		w.drafts.SetRing(model.Draft{Question: "Cannot print", Guided: &model.Guided{
			Complaint: diagnostics.ComplaintPrinting, Lines: []string{"Complaint: Cannot print", "Restart printing: It was done, and did not help"},
		}})
		w.Shown("")
		w.said("What guided help found")
		if w.Question() != "Cannot print" {
			t.Errorf("the question is %q", w.Question())
		}
		test.Tap(w.GuidedOpen())
		w.said("did not help")
		w.Picture("ring-guided")
		if !taken {
			test.Tap(w.GuidedTick())
		}
		test.Tap(w.SendButton())
		w.said("Sent. Number 1042.")
		rings := w.rings()
		if len(rings) != 1 || rings[0].Title != "Cannot print" || strings.Contains(rings[0].Body, "did not help") != taken {
			t.Errorf("taken along: %v: it sent %+v", taken, rings)
		}
		for _, n := range rings[0].Without {
			if n == model.SectionGuided {
				t.Error("the agent is told of a section that no check-up has")
			}
		}
		// The next ring begins anew.
		w.Shown("")
		if w.Question() != "" || strings.Contains(w.Said(), "What guided help found") {
			t.Errorf("after sending it says\n%s", w.Said())
		}
		// And what guided help finds next is in it at once.
		w.drafts.SetRing(model.Draft{Question: "No internet", Guided: &model.Guided{Complaint: diagnostics.ComplaintInternet}})
		w.Shown("")
		if w.Question() != "No internet" {
			t.Errorf("the second time the question is %q", w.Question())
		}
	}
}
