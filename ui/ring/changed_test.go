package ring_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/ui/uitest"
)

// changed is what has changed on a machine: two changes lately, and an old one.
func changed() *inventory.Changes {
	now := time.Date(2026, 11, 21, 11, 42, 0, 0, time.UTC)
	return &inventory.Changes{
		Version: inventory.Version, MadeAt: now, Since: now.AddDate(0, -3, 0), Healthy: now.Add(-26 * time.Hour),
		Changes: []inventory.Change{
			{At: now.Add(-2 * time.Hour), Kind: inventory.KindSoftware, Did: "changed", What: "firefox-esr", From: "128.13", To: "128.14"},
			{At: now.Add(-50 * time.Hour), Kind: inventory.KindService, Did: "removed", What: "cups", From: "on"},
			{At: now.AddDate(0, -2, 0), Kind: inventory.KindDisk, Did: "added", What: "sda", To: "1.0 TB"},
		},
		Differs: []inventory.Difference{{What: "used on /", Then: "71.0 %", Now: "99.9 %"}},
	}
}

// The ticket carries what has changed lately: the employee can read it before, and
// exactly that is sent.
func TestSendsWhatHasChanged(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.SetChanges(changed()) })
	test.Type(w.Window.Canvas().Focused(), "The browser is slow")
	w.said("And what has changed on it lately.")
	test.Tap(w.ChangedOpen())
	for _, want := range []string{"firefox-esr: 128.13 → 128.14", "cups: on → –", "used on /: 71.0 % → 99.9 %"} {
		if !strings.Contains(w.ChangedLines(), want) {
			t.Errorf("%q is not to read in %q", want, w.ChangedLines())
		}
	}
	if strings.Contains(w.ChangedLines(), "sda") {
		t.Error("what is two months old is shown")
	}
	w.Laid(w.Content())
	w.Picture("ring-changed")
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	got := w.rings()
	if len(got) != 1 || len(got[0].Attachments) != 1 || got[0].Attachments[0].Name != inventory.ChangesName {
		t.Fatalf("the agent got %+v", got)
	}
	sent, err := inventory.ReadChanges(w.agent.File(got[0].Attachments[0].SHA256))
	if err != nil {
		t.Fatal(err)
	}
	want := *changed()
	want.Changes = want.Changes[:2]
	if d := cmp.Diff(want, *sent); d != "" {
		t.Error(d)
	}
}

// Who takes it out sends none, and a machine on which nothing has changed offers none.
func TestSendsNoChanges(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.SetChanges(changed()) })
	test.Type(w.Window.Canvas().Focused(), "The browser is slow")
	w.said("And what has changed on it lately.")
	test.Tap(w.ChangedTick())
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	if got := w.rings(); len(got) != 1 || len(got[0].Attachments) != 0 || len(got[0].Without) != 0 {
		t.Errorf("the agent got %+v", got)
	}
}
