package console_test

import (
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestOnCall: an operator makes a rota in the console, with a mistake that is named; the
// page says who is on call, and that nobody is when the hours leave a gap; a technician
// hands their own shift to somebody else, and nobody else's.
func TestOnCall(t *testing.T) {
	s := servertest.Start(t)
	mia, jo := s.Person(auth.Technician), s.AddPerson("jo@example.com", auth.Technician)
	p := open(t, s, auth.Operator)
	p.Go("/noc/alerts")
	p.Click("a[href='/noc/oncall']")
	p.Shows("main", "Nobody is on call yet")
	p.Accessible("no rotas")
	p.Click("a[href='/noc/oncall/new']")
	p.Shows("h1", "New rota")
	p.Accessible("a new rota")
	p.Fill("[name=name]", "Nights <b>of the NOC</b>")
	p.Fill("[name=zone]", "Europe/Berlin")
	p.Fill("[name='layers.0.people']", mia.Email+"\nnobody@example.com")
	browsertest.Eval[string](p, "document.querySelector('[name=\"layers.0.first\"]').value = '2026-01-05'")
	p.Click("form .primary")
	p.Shows("form", "“nobody@example.com” is nobody of the staff.")
	p.Accessible("a rota that is refused")
	p.Fill("[name='layers.0.people']", mia.Email)
	p.Click("form .primary")
	p.Shows("main", mia.Name+" is on call")
	p.Fits("a rota")
	p.Accessible("a rota")
	p.Picture("oncall")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('main b').length"); n > 0 {
		t.Error("a name is markup")
	}
	technician := open(t, s, auth.Technician)
	technician.Go("/noc/oncall")
	technician.Click("details summary")
	if words := browsertest.Eval[string](technician, "[...document.querySelectorAll('[name=instead] option')].map(o => o.innerText).join()"); words != mia.Name {
		t.Errorf("a technician can have somebody stand in for %q", words)
	}
	browsertest.Eval[string](technician, "document.querySelector('[name=person]').value = '"+jo.ID+"'")
	browsertest.Eval[string](technician, "document.querySelector('[name=to]').value = '2020-01-01T08:00'")
	technician.Click("details .primary")
	technician.Shows("details", "The end has to come after the beginning.")
	browsertest.Eval[string](technician, "document.querySelector('[name=to]').value = '2099-01-01T08:00'")
	technician.Click("details .primary")
	technician.Shows("details", "Somebody stands in for a year at most.")
	browsertest.Eval[string](technician, "{ const f = document.querySelector('[name=from]'), t = document.querySelector('[name=to]'); const d = new Date(f.value + 'Z'); d.setUTCDate(d.getUTCDate() + 2); t.value = d.toISOString().slice(0, 16) }")
	technician.Click("details .primary")
	technician.Shows("main", jo.Name+" is on call until")
	technician.Shows("main", "Who stands in")
	technician.Accessible("a rota with somebody who stands in")
	technician.Picture("oncall-override")
	technician.Click("form[action$='/end'] button")
	technician.Shows("main", mia.Name+" is on call")
	p.Go("/noc/oncall")
	p.Click("a.small")
	p.Shows("h1", "Nights <b>of the NOC</b>")
	p.Fits("the form of a rota")
	p.Picture("rota")
	p.Click("[aria-labelledby='layers.0.title'] summary")
	browsertest.Eval[string](p, "{ for (const d of document.querySelectorAll('[name=\"layers.0.hours\"]')) d.checked = d.value === String((new Date().getUTCDay() + 3) % 7); document.querySelector('[name=\"layers.0.from\"]').value = '10:00'; document.querySelector('[name=\"layers.0.to\"]').value = '12:00'; '' }")
	p.Click("form .primary")
	p.Shows("main", "Nobody is on call now.")
	p.Accessible("a rota with a gap")
	p.Picture("oncall-gap")
	// Who is told when nobody answers.
	p.Shows("#escalations", "Nobody is called yet.")
	p.Click("a[href='/noc/new-escalation']")
	p.Shows("h1", "New escalation")
	p.Accessible("a new escalation")
	p.Fill("[name=name]", "Nights")
	p.Click("form .primary")
	p.Shows("form", "Say who is told.")
	browsertest.Eval[string](p, "{ const s = document.querySelector('[name=\"steps.0.target\"]'); s.value = [...s.options].find(o => o.value.startsWith('rota:')).value }")
	browsertest.Eval[string](p, "document.querySelector('[name=\"steps.1.target\"]').value = 'person:"+jo.ID+"'")
	p.Fits("an escalation")
	p.Picture("escalation")
	p.Click("form .primary")
	p.Shows("#escalations", "After 15 min: who is on call by “Nights <b>of the NOC</b>”")
	p.Shows("#escalations", "After 15 min: "+jo.Name)
	p.Accessible("an escalation")
	p.Picture("oncall-escalation")
	p.Allow("422")
	technician.Allow("422")
	p.Clean()
	technician.Clean()
}
