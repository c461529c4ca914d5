package console_test

import (
	"net/url"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// scheduled has an administrator go from a report to sending it each month: what is wrong
// is said beside what was typed, and what is right is listed, changed, sent as a trial and
// deleted. Nobody hears of it by mail: the channel's server is not there.
func scheduled(t *testing.T, s *servertest.Server, p *browsertest.Page) {
	t.Helper()
	post(t, s, servertest.Cookie(auth.Staff, s.Session(auth.Admin)), "/noc/new-channel/smtp", url.Values{
		"name": {"Mail"}, "host": {"127.0.0.1"}, "port": {"1"}, "security": {"none"}, "from": {"bell@example.com"}, "to": {"all@example.com"}, "match": {`{alertname="Nothing"}`}, "least": {"critical"}, "wait": {"0"}, "interval": {"0"}, "repeat": {"0"},
	})
	const form = "[aria-labelledby=schedule-form] "
	p.Go("/reports/availability?kind=check")
	p.Click("a[href^='/reports/new-schedule?']")
	p.Shows("h1", "New scheduled report")
	p.Until("it is about what the report was about", `document.querySelector('[name=about]').value === 'check:'`)
	p.Fill("[name=name]", "Services <b>of the house</b>")
	p.Fill("[name=zone]", "Mars/Olympus")
	p.Choose("[name=when]", "month2")
	p.Click(form + ".primary")
	p.Shows(form, "Give a time zone, as in Europe/Berlin.")
	p.Until("what was typed is still there", `document.querySelector('[name=when]').value === 'month2' && document.querySelector('[name=name]').value === 'Services <b>of the house</b>'`)
	p.Accessible("a scheduled report that is refused")
	p.Fill("[name=zone]", "Asia/Tokyo")
	p.Click(form + ".primary")
	p.Shows("h1", "Services <b>of the house</b>")
	p.Shows("[aria-labelledby=schedule-now]", "Not sent yet")
	p.Shows("[aria-labelledby=schedule-now]", "All checks")
	p.Shows("[aria-labelledby=schedule-now]", "(Asia/Tokyo)")

	p.Click(".page-head a[href='/reports/schedules']")
	p.Shows("tbody tr", "Services <b>of the house</b>")
	p.Shows("tbody tr", "2nd")
	p.Click("tbody a")
	p.Fill("[name=name]", "Services")
	p.Choose("[name=when]", "week3")
	p.Click(form + ".primary")
	p.Shows("[aria-labelledby=schedule-now]", "Each Wednesday")
	p.Click(form + "[value=try]")
	p.Shows(".notice", "A trial is on its way to "+s.Person(auth.Admin).Email+" and to nobody else.")
	p.Accessible("a scheduled report that is tried")
	p.Fits("a scheduled report that is tried")

	p.Go("/reports/schedules")
	p.Shows("tbody tr", "Each Wednesday")
	p.Click("tbody a")
	p.Click(form + "[value=delete]")
	p.At("/reports/schedules")
	p.Shows("main", "No report is sent yet")
}
