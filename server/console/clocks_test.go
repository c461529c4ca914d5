package console_test

import (
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestServiceLevels makes a calendar and a policy in the pages, and sees the clock of a
// ticket in the queue and explained beside it.
func TestServiceLevels(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Manager)
	p.Allow("422")
	p.Go("/admin/service-levels")
	p.Shows(".empty", "No policies yet")

	p.Go("/admin/calendars/new")
	p.Fill("[name=day1]", "17:00-09:00")
	p.Fill("[name=name]", "Always open")
	p.Click("button[value=save]")
	p.Shows("main [role=alert]", "do not go forward")
	for _, d := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		p.Fill("[name=day"+d+"]", "00:00-12:00 12:00-24:00")
	}
	p.Fill("[name=holidays]", "2031-12-25 Christmas")
	p.Click("button[value=preview]")
	p.Shows("main", "The next 14 days")
	p.Accessible("calendar")
	p.Picture("calendar-editor")
	p.Click("button[value=save]")
	p.Shows("main", "Always open")

	p.Go("/admin/policies/new")
	p.Accessible("policy")
	p.Picture("policy-editor")
	p.Fill("[name=name]", "Usual")
	p.Fill("[name=escalation-0-share]", "80")
	p.Click("button[value=save]")
	p.Shows("main", "all tickets")
	p.Accessible("service-levels")
	p.Picture("service-levels")

	// Open tickets get their clocks in the background.
	servertest.Wait(t, "the clock", func() bool {
		p.Go(ticketPath(n))
		return browsertest.Eval[bool](p, "document.querySelector('.clocks') !== null")
	})
	p.Shows(".clocks", "First response")
	p.Click("#clock-first_response-0 summary")
	p.Shows("#clock-first_response-0", "Always open")
	p.Shows("#clock-first_response-0 tbody", "Runs")
	p.Accessible("clocks")
	p.Picture("clocks-panel")
	p.Go("/")
	p.Picture("clocks-queue")
}
