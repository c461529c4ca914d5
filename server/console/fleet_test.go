package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestNOCLive sees an endpoint fall ill, go and come without a reload: in the
// figures, in the lists and on the wall.
func TestNOCLive(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Call(wire.TypeFindings, wire.Findings{At: time.Now()})
	m.Health(5, 40, 50)
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Live()
	unmoved := same(p)
	p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn === '1'")
	p.Shows(".figure-online", "1")
	p.Shows("#noc-lists", "Every endpoint that is here is well.")
	p.Shows("#noc-sites", "Berlin")
	picture := func() string { return browsertest.Eval[string](p, "document.querySelector('[data-wall]').toDataURL()") }
	well := picture()

	m.Call(wire.TypeFindings, wire.Findings{At: time.Now(), Findings: browsertest.Findings()})
	m.Health(38, 72, 99.9)
	p.Shows("#noc-lists .noc-why", "Your disk is full")
	p.Shows(".figure-ill", "1")
	p.Until("the wall has changed", "document.querySelector('[data-wall]').toDataURL() !== '"+well+"'")

	p.Click("#noc-lists [data-card]")
	p.Shows("#drawer", "PC-17")
	p.Shows("#drawer", "Your disk is full")
	p.Click("[data-drawer-close]")
	p.Gone("#drawer")
	p.Until("the focus is back", "document.activeElement.matches('[data-card]')")
	// The wall itself opens it too.
	browsertest.Eval[bool](p, `(() => { const c = document.querySelector('[data-wall]'); const r = c.getBoundingClientRect();
		c.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: r.left + 60, clientY: r.top + 60})); return true })()`)
	p.Shows("#drawer", "PC-17")

	m.Leave()
	p.Shows(".figure-offline", "1")
	second := browsertest.NewMachine(t, s, "Hamburg", "HH-01")
	second.Join()
	p.Until("the new one is on the wall", "document.querySelector('[data-wall]').dataset.drawn === '2'")
	p.Shows("#noc-sites", "Hamburg")
	unmoved()
	p.Clean()
}

// TestEndpointsLive sees the list and one endpoint's page change by themselves, and
// the charts go on every second while somebody looks.
func TestEndpointsLive(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Health(5, 40, 50)
	list := open(t, s, auth.Operator)
	list.Go("/endpoints")
	list.Live()
	row := "#e-" + m.ID
	list.Shows(row, "Online")
	list.Shows(row, "5 %")
	m.Health(64, 41, 50)
	list.Shows(row, "64 %")
	m.Ring(mara, "The printer does not print", "", nil, nil)
	list.Shows(row+" td:last-child", "1")

	p := open(t, s, auth.Operator)
	p.Go("/endpoints/" + m.ID)
	p.Live()
	p.Until("the charts are drawn", "document.querySelector('[data-charts]').dataset.drawn")
	// The stream has asked the endpoint for a sample a second.
	m.Asked(t, time.Second)
	m.Health(87, 41, 50)
	p.Shows("[data-metric=cpu_busy_percent] [data-value]", "87 %")
	m.Call(wire.TypeFindings, wire.Findings{At: time.Now(), Findings: browsertest.Findings()})
	p.Shows("#endpoint-findings", "Your disk is full")
	p.Shows("#tickets", "The printer does not print")
	// What happened is marked in each chart, said to who points at it, and in a list.
	p.Shows("#endpoint-events li", "The printer does not print")
	p.Until("each chart marks it", `document.querySelectorAll('.chart .uplot').length > 0 && [...document.querySelectorAll('.chart .uplot')].every(e => e.querySelectorAll('.chart-mark:not([hidden]) .icon').length === 1)`)
	if got := browsertest.Eval[string](p, `document.querySelector('.chart-mark').getAttribute('href')`); got != ticketPath(1001) {
		t.Errorf("the mark leads to %q", got)
	}
	browsertest.Eval[bool](p, `(document.querySelector('.chart-mark').dispatchEvent(new PointerEvent('pointerenter')), true)`)
	p.Shows(".chart [data-says]", "The printer does not print")
	p.Picture("endpoint-marks")
	p.Accessible("an endpoint with marks")
	m.Leave()
	p.Shows("#endpoint-head", "Asleep")
	list.Shows(row, "Asleep")

	p.Click(".segments a:nth-child(3)")
	p.Shows("#charts-title", "The last 24 hours")
	list.Clean()
	p.Clean()
}

// TestIdentity releases and withdraws an identity: what cannot be undone names
// what it does, and who may not does not see it.
func TestIdentity(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	if err := s.Beside.Registry.Hold(t.Context(), m.ID, "Two machines have used this identity."); err != nil {
		t.Fatal(err)
	}
	p := open(t, s, auth.Admin)
	p.Go("/endpoints/" + m.ID)
	p.Live()
	p.Shows("#endpoint-head .notice", "This identity is held.")
	operator := open(t, s, auth.Operator)
	operator.Go("/endpoints/" + m.ID)
	if browsertest.Eval[bool](operator, "document.querySelector('form[action$=\"/release\"], form[action$=\"/withdraw\"]') !== null") {
		t.Error("an operator is offered what only an administrator may do")
	}
	p.Click("form[action$='/release'] button")
	p.Until("it is released", "!document.querySelector('#endpoint-head .notice')")
	p.Click("#menu-withdraw summary")
	if got := strings.Join(strings.Fields(p.Text("#menu-withdraw .danger")), " "); got != "Withdraw the identity of PC-17" {
		t.Errorf("the button says %q", got)
	}
	p.Click("#menu-withdraw .danger")
	p.Shows("#endpoint-head .notice", "withdrawn")
	p.Clean()
	operator.Clean()
}

// TestSnapshotPage shows a snapshot that came with a ticket.
func TestSnapshotPage(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	snap := browsertest.Snapshot("PC-17")
	snap.Network = diagnostics.Section[diagnostics.Network]{State: diagnostics.StateRemoved}
	m.Ring(mara, "The printer does not print", "", browsertest.Findings(), snap)
	p := open(t, s, auth.Technician)
	p.Go("/endpoints/" + m.ID)
	p.Click(".endpoint-more a[href*='/snapshots/']")
	p.Shows("h1", "Snapshot of PC-17")
	p.Shows(".sections", "Taken out by the employee")
	p.Shows(".finding", "full")
	p.Click(".section:nth-child(4) summary")
	p.Shows(".section[open]", "/srv/projects")
	p.Accessible("snapshot")
	p.Clean()
}
