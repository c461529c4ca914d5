package console_test

import (
	"fmt"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestListsAreFilteredSortedAndCopied works with the list of services and with one of
// the inventory: what is typed leaves what has it, a heading sorts, and what is left
// is copied, with nothing in it that a spreadsheet would take for a formula.
func TestListsAreFilteredSortedAndCopied(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "It is slow", "", nil, nil)
	told := make(chan wire.Ask, 8)
	m.Answer(func(a wire.Ask) []any {
		told <- a
		if a.Kind == wire.AskServices {
			return []any{diagnostics.Services{
				Manager: "systemd", Total: 4, Running: 1, Failed: []diagnostics.Service{{Name: "spooler", State: "failed", Detail: "result exit-code, status 1", Start: "automatic"}},
				All: []diagnostics.Service{{Name: "zebra", State: "stopped", Start: "manual", Description: "=cmd|calc"}, {Name: "cups", State: "running", Start: "automatic", Description: "Print <b>scheduler</b>"}, {Name: "spooler", State: "failed"}},
			}}
		}
		return browsertest.Answers(a)
	})
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Click("[data-tool=services]")
	<-told
	p.Shows("#asked-list [data-list-count]", "3")
	names := "[...document.querySelectorAll('#asked-list tbody tr:not([hidden])')].map(r => r.cells[0].querySelector('[data-said]').textContent).join()"
	p.Until("what failed is first", names+" === 'spooler,zebra,cups'")
	p.Shows("#asked-list tbody tr:first-child .sev-critical", "failed")
	p.Shows("#asked-list tbody tr:nth-child(3) .sev-healthy", "running")
	p.Accessible("a list of services")
	p.Picture("live-services")

	// An answer is brought up to date once more after it has come.
	press := func(selector string) {
		t.Helper()
		browsertest.Eval[bool](p, fmt.Sprintf("(document.querySelector(%q).click(), true)", selector))
	}
	sort := "#asked-list thead th:first-child button"
	press(sort)
	p.Until("it is sorted", names+" === 'cups,spooler,zebra'")
	p.Until("it says so", "document.querySelector('#asked-list thead th').getAttribute('aria-sort') === 'ascending'")
	press(sort)
	p.Until("it is sorted the other way", names+" === 'zebra,spooler,cups'")
	press("#asked-list thead th:nth-child(2) button")
	p.Until("what needs a look is first", names+" === 'spooler,cups,zebra'")
	p.Fill("#asked-list [data-list-filter]", "MANUAL z")
	p.Until("it is filtered", names+" === 'zebra'")
	p.Shows("#asked-list [data-list-count]", "1 of 3")
	browsertest.Eval[bool](p, `(() => { Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (t) => { window.copied = t } } }); return true })()`)
	press("#asked-list [data-list-copy]")
	p.Shows("#asked-list [data-list-copy]", "Copied")
	// As when the answer is brought up to date in that moment.
	browsertest.Eval[bool](p, `(() => { const list = document.querySelector("#asked-list"); list.querySelector("[data-list-copy] span").textContent = "Copy"; list.dispatchEvent(new Event("htmx:after:process", { bubbles: true })); return true })()`)
	p.Shows("#asked-list [data-list-copy]", "Copied")
	if got := browsertest.Eval[string](p, "window.copied"); got != "Service\tState\tStarts\tDescription\nzebra\tstopped\tmanual\t'=cmd|calc" {
		t.Errorf("copied %q", got)
	}

	// Why one failed is one click away: its own last lines.
	p.Fill("#asked-list [data-list-filter]", "spooler")
	press("#asked-list tbody tr:not([hidden]) form button")
	if a := <-told; a.Kind != wire.AskLog || string(a.Params) != `{"lines":50,"unit":"spooler"}` || a.Ticket != n {
		t.Errorf("the machine was asked %+v %s", a, a.Params)
	}
	p.Shows("#asked-list .ask:first-child .ask-body", "No space left on device")

	p.Click("[data-tool=inventory]")
	p.Click("#tool-inventory [type=submit]")
	p.Shows(".ask:first-child .ask-state", "Answered")
	p.Click(".ask:first-child details.section summary")
	p.Fill(".ask:first-child [data-list-filter]", "firefox")
	p.Shows(".ask:first-child [data-list-count]", "1 of 2")
	p.Accessible("a list of software")
	p.Picture("live-software")
	p.Clean()
}
