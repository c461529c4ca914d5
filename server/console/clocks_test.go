package console_test

import (
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/rulebook"
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
	// Beside the clock stands what holds the ticket up.
	p.Gone(".clock-incident")
	at := time.Now().UTC().Truncate(time.Millisecond)
	i := incident.Incident{ID: ulid.Make().String(), Version: 1, Edition: 1, State: incident.Open, Title: "Nothing prints", Since: at, CreatedAt: at, NewsAt: at}
	of, err := desk.New(s.DB.Desk(), rulebook.Empty, time.Now).GetByNumber(t.Context(), s.Actor(auth.Admin), n)
	if err == nil {
		err = s.DB.Incidents().Update(t.Context(), func(tx incident.Tx) error {
			if err := tx.Insert(&i); err != nil {
				return err
			}
			return tx.Put(incident.Member{Incident: i.ID, Ticket: of.ID, How: incident.ByHand, At: at, Labelled: true})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	p.Go(ticketPath(n))
	p.Shows(".clocks .clock-incident", "Part of major incident 1")
	p.Click(".clock-incident a")
	p.Shows("h1", "Nothing prints")
	p.Go("/")
	p.Picture("clocks-queue")
}
