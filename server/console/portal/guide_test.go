package portal_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestGuide says what the trouble is. Only what concerns it is read; what cannot be the
// reason is folded away; and what was found goes with the ticket, below the words.
func TestGuide(t *testing.T) {
	b := newBench(t)
	found := []diagnostics.Finding{
		{Code: diagnostics.DiskFull, Severity: diagnostics.Critical, Sentence: "Your disk is full.", Fix: &diagnostics.Fix{Recipe: diagnostics.FreeSpace}},
		{Code: diagnostics.PrintingStuck, Severity: diagnostics.Critical, Sentence: "The printer “Floor 2” is stopped."},
	}
	var sections []diagnostics.SectionName
	b.machine.Answer(func(a wire.Ask) []any {
		var p wire.SnapshotParams
		if err := json.Unmarshal(a.Params, &p); err != nil {
			t.Error(err)
		}
		sections = p.Sections
		return []any{wire.SnapshotPart{Snapshot: *browsertest.Snapshot("PC-17"), Findings: found}}
	})
	p := chromium.Open(t, b.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1000", "jonas"))})
	p.Allow("404", "422", "503")
	p.Go("/portal/")
	p.Click("a[href='/portal/guide'].portal-card")
	p.Shows("h1", "What is the trouble?")
	p.Click("a[href='/portal/guide/slow']")
	p.Shows("#checkup-title", "One thing was found that can be the reason")
	if want := diagnostics.ComplaintSlow.Sections(); !slices.Equal(sections, want) {
		t.Errorf("%v was read, want %v", sections, want)
	}
	p.Shows("#checkup-found .finding", "Your disk is full.")
	p.Shows("#checkup-found", "may be able to mend it")
	if seen := browsertest.Eval[bool](p, "document.querySelector('#checkup-found details .finding')?.checkVisibility() ?? true"); seen {
		t.Error("what is not the reason is not folded away")
	}
	p.Shows("#checkup-found summary", "1 thing was found that is not the reason")
	p.Click("#checkup-found a.primary")
	p.Shows("h1", "Get help")
	body := browsertest.Eval[string](p, "document.querySelector('[name=body]').value")
	if !strings.Contains(body, "Complaint: The computer is slow") || !strings.Contains(body, "Found: Your disk is full. (disk.full)") || strings.Contains(body, "Floor 2") {
		t.Errorf("what goes along is %q", body)
	}
	p.Click("#help .primary")
	p.Shows("[role=status]", "Sent. Number 1001.")
	d, err := b.desk.GetByNumber(t.Context(), b.mara, 1001)
	if err != nil {
		t.Fatal(err)
	}
	if d.Title != "The computer is slow" || len(d.Findings) != 2 || !strings.Contains(d.History[0].Body, "disk.full") {
		t.Errorf("the ticket is %q with %v: %q", d.Title, d.Findings, d.History[0].Body)
	}

	found = nil
	p.Go("/portal/guide/printing")
	p.Shows("#checkup-title", "Nothing wrong was found")
	p.Shows("#checkup-found", "does not mean that nothing is wrong")
	b.machine.Leave()
	p.Go("/portal/guide/internet")
	p.Shows("#checkup-title", "No check-up")
	p.Shows("#checkup-found a.primary", "Still need help")
	p.Go("/portal/guide/everything")
	p.Shows("main", "There is no such trouble")

	b.machine.Join()
	plain := chromium.Open(t, b.HTTP, browsertest.Options{NoScripts: true, Cookie: servertest.Cookie(auth.Requester, b.Portal(b.machine.ID, "1000", "jonas"))})
	plain.Go("/portal/guide/other")
	plain.Click("noscript button, form[action*='trouble=other'] button")
	plain.Shows("h1", "Something else")
	plain.Clean()
}
