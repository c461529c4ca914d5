package console_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// quietPast has tickets have come for weeks, one here and one there, so that it is known
// what is usual.
func quietPast(t *testing.T, s *servertest.Server) {
	t.Helper()
	err := s.DB.Desk().Update(t.Context(), func(tx desk.Tx) error {
		for n := range 40 {
			at := time.Now().Add(-time.Duration(n+2) * 25 * time.Hour)
			who := ticket.Actor{Person: ticket.Person{ID: fmt.Sprint("past-", n), Name: "Somebody"}, Side: ticket.Requester}
			x, events, err := ticket.Apply(ticket.Ticket{ID: ulid.MustNewDefault(at).String()}, ticket.Open{Title: "Something small", Requester: who.Person}, who, at)
			if err == nil {
				err = tx.Insert(&x, events)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Restart()
}

// TestAnOutageIsProposed lets six people of one site ring: while they do, it stands on the
// wall and above the alerts that this looks like an outage. Somebody confirms it, the next
// who rings is part of it without a word, and it is resolved; another one is dismissed.
func TestAnOutageIsProposed(t *testing.T) {
	s := servertest.Start(t)
	berlin := browsertest.NewMachine(t, s, "Berlin", "PC-<b>17</b>")
	browsertest.NewMachine(t, s, "Paris", "PC-99")
	if _, err := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler)).PutBySystem(t.Context(), &rulebook.Category{Entry: rulebook.Entry{ID: "vpn", Name: "<b>VPN</b>"}}); err != nil {
		t.Fatal(err)
	}
	quietPast(t, s)
	d, rings := desk.New(s.DB.Desk(), rulebook.Empty, time.Now), 0
	ring := func() {
		t.Helper()
		rings++
		name := fmt.Sprint("mia", rings)
		_, err := d.Ring(t.Context(), desk.Message{Endpoint: berlin.ID, ID: ulid.Make().String(), Body: []byte(name), UID: fmt.Sprint(1000 + rings), Login: name}, desk.Draft{Title: "No <b>network</b> " + name})
		if err != nil {
			t.Fatal(err)
		}
	}
	wall, p, manager := open(t, s, auth.Operator), open(t, s, auth.Technician), open(t, s, auth.Manager)
	p.Allow("422")
	wall.Go("/noc")
	wall.Live()
	p.Go("/noc/alerts")
	p.Live()
	manager.Go("/noc/incidents")
	manager.Live()
	manager.Shows("#incidents-now", "Nothing looks like an outage")
	for range 6 {
		ring()
	}
	wall.Shows("#noc-lists .incident-line", "Looks like an outage: Trouble in Berlin,")
	p.Shows("#alerts-now .incident-line", "Looks like an outage: Trouble in Berlin,")
	manager.Shows("#incidents-now .row-title", "Trouble in Berlin")
	p.Shows("#alerts-now .incident-line", "6 tickets from 6 people")
	p.Click("#alerts-now .incident-line a")
	p.Shows("h1", "Trouble in Berlin")
	p.Shows("#incident-tickets", "No <b>network</b> mia3")
	p.Shows("#incident-timeline", "Looks like an outage")
	p.Live()
	p.Fill("#f-confirm-title", "No network in <b>Berlin</b>")
	p.Fill("#f-confirm-text", "The line is cut.")
	p.Click("form[action$='/confirm'] button")
	p.Shows("h1", "No network in <b>Berlin</b>")
	p.Shows(".announce-state", "Goes on")
	wall.Shows("#noc-lists .incident-line", "Major incident 1: No network in <b>Berlin</b>,")
	p.Live()
	ring()
	p.Shows("#incident-tickets", "mia7")
	p.Shows("#incident-timeline", "1 ticket joined")
	p.Fill("#f-note-note", "The provider was called.")
	p.Click("form[action$='/note'] button")
	p.Shows("#incident-timeline", "The provider was called.")
	// Its tickets say what they are part of; one that is not is taken out.
	p.Click("#incident-tickets tr:last-child form button")
	p.Shows("#incident-timeline", "1 ticket was taken out")
	p.Shows("#incident-tickets tr:last-child", "Put back")
	p.Fill("#f-put-in-ticket", "99999999")
	p.Click("form.incident-add button")
	p.Shows(".field-error", "There is no ticket of this number.")
	there := browsertest.Eval[string](p, "location.pathname.replace('/put-in', '')")
	wall.Go(browsertest.Eval[string](p, "new URL(document.querySelector('#incident-tickets a.row-title').href).pathname"))
	wall.Live()
	wall.Shows("#panel-incident", "Part of major incident 1: No network in <b>Berlin</b> (6 tickets). Its clocks run meanwhile.")
	wall.Shows("#talk", "Part of major incident 1: No network in <b>Berlin</b>")
	// Those whom it concerns are told, and no others.
	p.Go(there)
	p.Click("a[href*='announcements?incident=']")
	p.Click("button[value=announce]")
	p.Shows(".announce-facts", "Berlin")
	p.Shows("h1", "No network in <b>Berlin</b>")
	p.Shows(".announce-text", "The line is cut.")
	told := browsertest.Eval[string](p, "location.pathname")
	p.Go(there)
	p.Live()
	p.Shows("#incident-timeline", "Announced to employees")
	p.Shows(".incident-hits", "0 people, in place of a ticket")
	p.Fill("#f-resolve-closing", "A digger.")
	p.Until("they have an hour", `document.querySelector("#f-resolve-ask").value === "60"`)
	p.Click("form[action$='/resolve'] button")
	p.Shows(".announce-state", "Resolved")
	// Those whom it hit are asked whether it is fixed: one says yes at their
	// machine, one says no in the portal.
	p.Shows(".incident-fixed", "0 of 6 say fixed, 6 have not answered")
	p.Live()
	id := browsertest.Eval[string](p, "location.pathname.split('/').pop()")
	berlin.Join() // the server was started again
	if ack := berlin.Call(wire.TypeOutageFixed, wire.OutageFixed{Account: wire.Account{UID: "1001", Name: "mia1"}, Question: id, Works: true, At: time.Now()}); !ack.OK {
		t.Fatalf("the answer: %+v", ack)
	}
	p.Shows(".incident-fixed", "1 of 6 say fixed, 5 have not answered")
	mia := chromium.Open(t, s.HTTP, browsertest.Options{})
	mia.Go("/portal/enter#" + s.PortalLink(berlin.ID, "1002", "mia2"))
	mia.At("/portal/")
	mia.Go("/portal/status")
	mia.Shows("#status-asked", "Is it fixed for you?")
	mia.Shows("#status-asked", "A digger.")
	mia.Accessible("the question whether it is fixed")
	mia.Click("#status-asked button[value=no]")
	mia.Shows("#status-asked .outage-done", "The help desk knows that it still does not work for you.")
	mia.Gone("#status-asked form")
	mia.Clean()
	p.Shows(".incident-fixed", "1 of 6 say fixed, 1 not, 4 have not answered")
	p.Until("whose ticket is solved", `[...document.querySelectorAll("#incident-tickets tr")].some(r => r.textContent.includes("mia1") && r.textContent.includes("Closed") && r.textContent.includes("Fixed"))`)
	p.Until("whose ticket is taken out", `[...document.querySelectorAll("#incident-tickets tr.incident-out")].some(r => r.textContent.includes("mia2") && r.textContent.includes("Still not"))`)
	// What is known of it is a draft; what somebody makes of it stays.
	p.Click("a[href$='/post-mortem']")
	p.Until("the draft is there", `document.querySelector("#f-post-mortem-text").value.startsWith("# Major incident 1: No network in &lt;b&gt;Berlin")`)
	p.Fill("#f-post-mortem-text", "# A digger")
	p.Click("form[action$='/post-mortem'] button")
	p.Shows("#incident-timeline", "The post-mortem was written")
	p.Go(told)
	p.Shows(".announce-state", "Over")
	p.Shows(".announce-updates", "A digger.")
	wall.Go("/noc")
	wall.Gone("#noc-lists .incident-line")

	// Somebody writes one down, and what is wrong with it stands beside the field.
	manager.Allow("422")
	manager.Click("details.fold > summary")
	manager.Fill("#f-open-title", " ")
	manager.Click("form.announce-form button.primary")
	manager.Shows(".field-error", "Say in a few words what does not work.")
	manager.Fill("#f-open-title", "E-mail is slow")
	manager.Choose("#f-open-site", "Berlin")
	manager.Choose("#f-open-category", "vpn")
	manager.Click("form.announce-form button.primary")
	manager.Shows("h1", "E-mail is slow")
	manager.Shows(".announce-facts", "<b>VPN</b> in Berlin")
	// It is of a service: told are those there who use it, and who would rather tell all can.
	tells(t, berlin, nil, stock.Fact{Kind: stock.Read, Name: string(stock.Tunnel)})
	other := browsertest.NewMachine(t, s, "Berlin", "PC-18")
	other.Join()
	tells(t, other, nil, stock.Fact{Kind: stock.Tunnel, Name: "wg"})
	manager.Click("a[href*='announcements?incident=']")
	manager.Shows(".announce-for", "It is for 1 computer: 1 with a tunnel within the week. There are 2 in Berlin.")
	manager.Until("it is named", `document.querySelector("#f-announce-endpoints").value === "PC-18"`)
	manager.Accessible("whom an announcement is for")
	manager.Fits("whom an announcement is for")
	manager.Picture("announcement-for")
	manager.Click("button[value=widen]")
	manager.Shows("#announce-preview", "2 computers, 2 of them online")
	manager.Shows(".announce-for", "It is for 1 computer")
	manager.Click("button[value=announce]")
	manager.Shows(".announce-facts", "2 computers")
	p.Clean()
	wall.Clean()
	manager.Clean()
}
