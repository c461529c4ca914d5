package console_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestPolicyByName makes a policy with every condition there is, with the keyboard and
// by name. What is wrong stands beside its field; nothing that was chosen is lost, and
// saving the page again as it is changes nothing.
func TestPolicyByName(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	book := browsertest.Rulebook(t, s)
	browsertest.Save(t, book,
		&rulebook.Team{Entry: rulebook.Entry{ID: "first", Name: "First line"}}, &rulebook.Team{Entry: rulebook.Entry{ID: "second", Name: "Second line"}},
		&rulebook.Category{Entry: rulebook.Entry{ID: "hardware", Name: "Hardware"}}, &rulebook.Category{Entry: rulebook.Entry{ID: "printer", Name: "Printer"}, Parent: "hardware"},
	)
	browsertest.Known(t, s, "/rulebook/categories/printer")
	ole := s.AddPerson("ole@example.org", auth.Technician)
	p := open(t, s, auth.Manager)
	p.Allow("422")
	reach := func(what, is string) {
		t.Helper()
		for range 150 {
			p.Press(kb.Tab)
			if browsertest.Eval[bool](p, "Boolean((e => "+is+")(document.activeElement))") {
				return
			}
		}
		t.Fatalf("the tabulator does not reach %s", what)
	}
	button := func(word string) {
		t.Helper()
		reach(word, "e.innerText.trim() === '"+word+"'")
		p.Press(kb.Enter)
	}
	is := func(name string) {
		t.Helper()
		p.Until("the fresh row has the focus", "document.activeElement.name === '"+name+"'")
	}
	p.Go("/admin/policies/new")
	reach("the name", "e.name === 'name'")
	p.Press("Berlin prints")
	reach("requests", "e.name === 'kinds' && e.value === 'request'")
	p.Press(" ")
	reach("P2", "e.name === 'priorities' && e.value === '2'")
	p.Press(" ")
	button("Add a site")
	is("sites")
	p.Press("Berlin")
	button("Add a team")
	is("teams")
	p.Press("First")
	button("Add a team")
	is("teams")
	p.Press("Second")
	reach("taking out", "e.matches('[data-many-less]')")
	p.Press(kb.Enter)
	p.Until("one team is left, and the focus beside it", "document.querySelectorAll('[data-many-list] [name=teams]').length === 1 && document.activeElement.matches('[data-many-less]')")
	button("Add a category")
	is("categories")
	p.Press("Hardware › P")
	button("Add a requester")
	is("requesters")
	p.Press("Mara Lindt")
	reach("tags", "e.name === 'tags'")
	p.Press("toner, colour")
	reach("VIP", "e.name === 'vip'")
	p.Press(" ")
	button("Add an escalation")
	p.Until("the fresh row has the focus", "document.activeElement.name === 'escalation-' + document.activeElement.name.split('-')[1] + '-clock' && document.activeElement.name.includes('new')")
	reach("its share", "e.name.endsWith('-share')")
	browsertest.Eval[bool](p, "(document.activeElement.select(), true)")
	p.Press("120")
	reach("its people", "e.matches('summary')")
	p.Press(kb.Enter)
	reach("Ole", "e.name.endsWith('-people') && e.value === '"+ole.ID+"'")
	p.Press(" ")
	button("Save the policy")

	// Nobody is called so.
	p.Until("the error stands beside the field", `[...document.querySelectorAll('fieldset')].some(f => f.querySelector(':scope > legend')?.innerText === 'Requester' && document.getElementById(f.getAttribute('aria-describedby'))?.innerText.includes('Nobody is called “Mara Lindt” or has that address. There is “Mara Lind”.'))`)
	p.Accessible("policy-refused")
	p.Picture("policy-refused")
	p.Fits("policy-refused")
	p.Until("nothing is lost", `(f => f.has('vip') && f.getAll('teams').join() === 'first' && f.get('requesters') === 'Mara Lindt' && f.get('tags') === 'toner colour' && f.get('escalation-3-share') === '120')(new FormData(document.querySelector('main form.card')))`)
	p.Fill("[name=requesters]", "Mara Lind")
	p.Fill("[name=escalation-1-share]", "")
	browsertest.Eval[bool](p, "(document.querySelector('main form.card').noValidate = true)")
	p.Click("button[value=save]")
	p.Shows(".field-error", "Escalation 2: a share is from 1 to 1000 per cent")
	p.Fill("[name=escalation-1-share]", "75")
	p.Click("button[value=save]")
	p.Shows("main", "requests, P2, team First line, site Berlin, category Hardware › Printer, tag toner or colour, 1 requester, VIPs")

	have := func() rulebook.Policy {
		t.Helper()
		return *rulebook.All[*rulebook.Policy](browsertest.Rulebook(t, s).Book())[0]
	}
	saved := have()
	d, err := s.DB.Desk().TicketByNumber(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	want := sla.Condition{
		Kinds: []ticket.Kind{ticket.Request}, Priorities: []ticket.Priority{2}, Sites: []string{d.Site}, Categories: []string{"printer"},
		Teams: []string{"first"}, Requesters: []string{d.Requester.ID}, Tags: []string{"toner", "colour"}, VIP: true,
	}
	if diff := cmp.Diff(want, saved.When); diff != "" {
		t.Errorf("the condition is another (-want +got):\n%s", diff)
	}
	if e := saved.Escalations[3]; len(saved.Escalations) != 4 || e.Share != 120 || !cmp.Equal(e.People, []string{ole.ID}) {
		t.Errorf("the escalations are %+v", saved.Escalations)
	}
	p.Click("main tbody a")
	p.Shows("main", "1 person is told too")
	p.Click("button[value=save]")
	p.Shows("main", "1 requester, VIPs")
	if diff := cmp.Diff(saved, have(), cmpopts.IgnoreFields(rulebook.Entry{}, "Version", "UpdatedAt")); diff != "" {
		t.Errorf("saving the page as it is has changed the policy (-before +after):\n%s", diff)
	}
	if have().Version != saved.Version+1 {
		t.Error("the page was not saved again")
	}
	p.Clean()
}
