package ring_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/ui/uitest"
)

// TestArticles suggests while somebody types, opens one in its place, and sends
// nothing when it helps.
func TestArticles(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Offers = []local.Article{{ID: "A1", Title: "When the printer prints empty pages", Text: "Restart the spooler, then print again."}, {ID: "A2", Title: "Toner", Text: "In the cupboard."}}
	})
	test.Type(w.Window.Canvas().Focused(), "The printer prints empty pages")
	w.said("When the printer prints empty pages")
	w.said("Toner")
	if strings.Contains(w.Said(), "Restart the spooler") {
		t.Error("an article is open before it was chosen")
	}
	test.Tap(w.Articles()[0])
	w.said("Restart the spooler, then print again.")
	test.Tap(w.Articles()[1]) // “This helped” stands under the text
	w.said("Nothing was sent.")
	w.Until("it is counted", func() bool {
		counted := 0
		w.agent.Asked(func(a *localtest.Agent) { counted = len(a.Helps) })
		return counted == 1
	})
	if len(w.rings()) != 0 {
		t.Error("the ring was sent all the same")
	}
	if !w.drafts.Ring().Empty() {
		t.Error("the draft is kept though it is not needed any more")
	}
	w.Shown("")
	if strings.Contains(w.Said(), "Toner") || w.Question() != "" {
		t.Error("the next ring begins with the articles of the last one")
	}
}

// TestNoArticles is what somebody sees who is offline: no word of it.
func TestNoArticles(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	test.Type(w.Window.Canvas().Focused(), "The printer prints empty pages")
	w.said("Your disk is full")
	if strings.Contains(w.Said(), "may help") {
		t.Error("there is a heading without articles")
	}
}
