package console_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/device/snmptest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestDevices: an operator tries a switch before it is saved, and is told what is wrong;
// its interfaces stand on its page, its silence among the alerts with a link to it; no
// secret comes back to any page; a technician sees how it does and changes nothing.
func TestDevices(t *testing.T) {
	d := snmptest.Start(t)
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 200 * time.Millisecond })
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Click("a[href='/noc/devices']")
	p.Shows("main", "No device is looked at yet")
	p.Accessible("no devices")
	p.Click("a[href='/noc/new-device']")
	p.Fill("[name=name]", "Core <b>switch</b>")
	p.Fill("[name=host]", "127.0.0.1")
	p.Fill("[name=port]", strconv.Itoa(snmptest.FreePort(t)))
	p.Click("[value=try]")
	p.Shows("form", "SNMP v2c needs the community")
	p.Fill("[name=community]", snmptest.Community)
	p.Click("[value=try]")
	p.Shows("#device-tried", "Nothing was saved.")
	p.Shows("#device-tried", "Failed")
	if got := browsertest.Eval[string](p, "document.querySelector('[name=name]').value + document.querySelector('[name=community]').value"); got != "Core <b>switch</b>" {
		t.Errorf("in the form stands %q: what was typed, without its secret, is to", got)
	}
	p.Accessible("a device that was tried")
	p.Fill("[name=port]", strconv.Itoa(d.Port))
	p.Fill("[name=community]", snmptest.Community)
	p.Fill("[name=failures]", "1")
	p.Click("form .primary")
	p.Shows("[aria-labelledby=device-log]", "What became of it")
	servertest.Wait(t, "its interfaces", func() bool {
		p.Go("/noc/devices")
		p.Click("table a")
		p.Shows("[aria-labelledby=device-ports]", "Interfaces")
		return browsertest.Eval[bool](p, "[...document.querySelectorAll('[aria-labelledby=device-ports] tbody th')].some(x => x.innerText === 'lo')")
	})
	p.Shows("[aria-labelledby=device-now]", "core-1")
	p.Shows("[aria-labelledby=device-now]", "A switch <b>of a test</b>")
	p.Accessible("a device")
	p.Fits("a device")
	p.Picture("device")

	d.Stop()
	p.Fill("[name=note]", "Call the provider.") // a change has it looked at at once; its secret stays
	p.Click("form .primary")
	p.Shows("[aria-labelledby=device-now]", "Call the provider.")
	servertest.Wait(t, "the alert", func() bool {
		p.Go("/noc/alerts")
		return browsertest.Eval[bool](p, "!!document.querySelector(\"#alerts-now a[href^='/noc/devices/']\")")
	})
	p.Click("#alerts-now a[href^='/noc/devices/']")
	p.Shows("[aria-labelledby=device-now]", "Silent")
	p.Shows("[aria-labelledby=device-log]", "Down")
	technician := open(t, s, auth.Technician)
	technician.Go("/noc/devices")
	technician.Shows("table", "Silent")
	technician.Click("table a")
	technician.Shows("[aria-labelledby=device-now]", "Silent")
	for _, page := range []*browsertest.Page{p, technician} {
		if strings.Contains(browsertest.Eval[string](page, "document.documentElement.outerHTML"), snmptest.Community) {
			t.Error("a secret is on the page")
		}
		if n := browsertest.Eval[int](page, "document.querySelectorAll('main b').length"); n > 0 {
			t.Error("what a device says is markup")
		}
	}
	if browsertest.Eval[bool](technician, "!!document.querySelector('form.stack')") {
		t.Error("a technician is offered to change it")
	}
	p.Click("[value=delete]")
	p.Shows("main", "No device is looked at yet")
	p.Allow("422")
	p.Clean()
	technician.Clean()
}
