package console_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestRuleIsTriedThenActs writes a rule in the browser, has it tried, lets it act,
// and sees it act; and writes two that go round in a ring, and sees which was
// switched off and why.
func TestRuleIsTriedThenActs(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Manager)
	p.Allow("422")

	p.Go("/admin/rules")
	p.Shows("main", "No rules yet")
	write := func(name, when, tags, do string) {
		p.Go("/admin/rules/new")
		p.Fill("input[name=name]", name)
		p.Fill("textarea[name=when]", when)
		p.Fill("input[name=tags]", tags)
		p.Click("button[value=" + do + "]")
	}
	write("Printers", "text.contains(", "printer", "try")
	p.Shows("[role=alert]", "The condition is not understood in line 1")
	if v := browsertest.Eval[string](p, "document.querySelector('input[name=name]').value"); v != "Printers" {
		t.Errorf("what was written is gone: %q", v)
	}
	p.Fill("textarea[name=when]", `text.contains("printer") && site == "Berlin"`)
	p.Click("button[value=try]")
	p.Shows("#trial-title", "Tried against past tickets")
	p.Shows("main", fmt.Sprint(n))
	p.Accessible("rule-tried")
	p.Fits("rule-tried")
	p.Keep("rule-tried")
	p.Click("button[value=live]")
	p.At("/admin/rules")
	p.Shows("tbody", "Acts")

	n = m.Ring(mara, "The printer does not print again", "", nil, nil)
	d := desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
	servertest.Wait(t, "the rule to act", func() bool {
		x, err := d.GetByNumber(t.Context(), s.Actor(auth.Admin), n)
		return err == nil && strings.Join(x.Tags, " ") == "printer"
	})

	// What has changed since it was tried does not act.
	p.Click("tbody a")
	p.Shows("h1", "Printers")
	p.Fill("textarea[name=when]", "true")
	p.Click("button[value=live]")
	p.Shows("[role=alert]", "has not been tried")

	// A rule that does not end: named, switched off, and the page says why.
	write("Runs on", `[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, [1,2,3,4,5,6,7,8,9,10].all(g, title != "x" + string(a)))))))) || site == "Berlin"`, "slow", "try")
	p.Shows("main", "The rule was stopped")
	p.Clean()
}

// TestSuggestionAndSimilar accepts what the desk has learned with one key, and binds a
// ticket to one of the same cause.
func TestSuggestionAndSimilar(t *testing.T) {
	s := servertest.Start(t)
	by := s.Actor(auth.Technician)
	rules := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
	for _, c := range []string{"Printing", "Remote access"} {
		id := strings.ReplaceAll(strings.ToLower(c), " ", "-")
		if _, err := rules.Save(t.Context(), s.Actor(auth.Admin), &rulebook.Category{Entry: rulebook.Entry{ID: id, Name: c}}); err != nil {
			t.Fatal(err)
		}
	}
	d := desk.New(s.DB.Desk(), rules.Book, time.Now)
	for i := range 80 {
		title, category := "The printer on floor %d has a paper jam", "printing"
		if i%2 == 1 {
			title, category = "VPN tunnel drops at home every %d minutes", "remote-access"
		}
		x, err := d.Open(t.Context(), by, desk.Draft{Title: fmt.Sprintf(title, i), Requester: by.Person})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []ticket.Command{ticket.Categorise{Category: category}, ticket.Take{}, ticket.Resolve{Solution: "Done.", Code: ticket.Fixed}} {
			if _, err := d.Do(t.Context(), by, x.ID, 0, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Stop() // it learns when it starts
	s.Restart()
	d = desk.New(s.DB.Desk(), rules.Book, time.Now)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	full := []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full.", Evidence: []diagnostics.Evidence{}}}
	first := m.Ring(mara, "Paper jam, and nothing prints", "", full, nil)
	second := m.Ring(browsertest.Account("1001", "jonas", "Jonas Weber"), "The printer has a paper jam", "", full, nil)

	p := open(t, s, auth.Technician)
	servertest.Wait(t, "something to be learned", func() bool {
		p.Go(ticketPath(second))
		return browsertest.Eval[bool](p, "document.querySelector('#act-suggestion') !== null && document.querySelector('.similar') !== null")
	})
	p.Live()
	p.Shows(".guess", "Looks like Printing")
	p.Shows(".guess", "% sure")
	p.Shows(".similar", fmt.Sprint(first))
	p.Shows(".similar", "same finding disk.full")
	p.Shows(".similar", "same endpoint")
	p.Accessible("triage-panels")
	p.Fits("triage-panels")
	p.Keep("triage-panels")
	p.Press("y")
	p.Gone(".guess")
	servertest.Wait(t, "the category", func() bool {
		x, err := d.GetByNumber(t.Context(), by, second)
		return err == nil && x.Category == "printing"
	})
	p.Click(".similar-do button[value=child]")
	p.Until("the first one is bound and gone from the list", fmt.Sprintf("!(document.querySelector('.similar')?.innerText ?? '').includes('%d')", first))
	if x, err := d.GetByNumber(t.Context(), by, second); err != nil || x.Parent.Number != first {
		t.Errorf("the parent is %+v, %v", x.Parent, err)
	}
	p.Clean()
}
