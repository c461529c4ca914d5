package console_test

import (
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestAnnouncementsAreMade has an operator announce an outage: see first what it says and
// whom it reaches, make it, count whom it hits without a reload, say how it goes, end it.
func TestAnnouncementsAreMade(t *testing.T) {
	s := servertest.Start(t)
	berlin := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	berlin.Join()
	browsertest.NewMachine(t, s, "Paris", "PC-<b>99</b>").Join()
	p, other := open(t, s, auth.Operator), open(t, s, auth.Technician)
	other.Go("/noc/announcements")
	other.Live()
	other.Shows("#announcements-now", "Employees are told of no outage")
	p.Allow("422")
	p.Go("/noc")
	p.Click("a[href='/noc/announcements']")
	p.At("/noc/announcements")
	p.Fill("[name=title]", "E-mail is <b>slow</b>")
	p.Fill("[name=advice]", "Call where it is urgent.")
	p.Choose("[name=reach]", "sites")
	p.Click("button[value=announce]")
	p.Shows(".field-error", "Choose the sites")
	p.Shows("[role=alert]", "Choose the sites that it concerns.")
	p.Click("input[name=sites]")
	p.Click("button[value=preview]")
	p.Shows("#announce-preview", "E-mail is <b>slow</b>")
	p.Shows("#announce-preview", "1 computer, 1 of them online")
	p.Accessible("a preview")
	p.Click("button[value=announce]")
	p.Shows("h1", "E-mail is <b>slow</b>")
	p.Shows(".announce-hits", "Nobody has said yet")
	p.Shows(".announce-facts", "Berlin")
	p.Live()
	other.Shows("#announcements-now .row-title", "E-mail is <b>slow</b>")

	id := browsertest.Eval[string](p, "location.pathname.split('/').pop()")
	if a := berlin.Call(wire.TypeAnnouncementHit, wire.AnnouncementHit{Account: browsertest.Account("1000", "mia", "Mia"), Announcement: id}); !a.OK {
		t.Fatalf("%+v", a)
	}
	p.Shows(".announce-hits", "1 person has said that it hits them too, in place of a ticket.")
	// The portal counts her no second time, and shows it before she writes.
	portal := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, s.Portal(berlin.ID, "1000", "mia"))})
	portal.Go("/portal/help")
	portal.Shows(".outages", "E-mail is <b>slow</b>")
	portal.Shows(".outages", "You are counted.")
	jonas := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Requester, s.Portal(berlin.ID, "1001", "jonas"))})
	jonas.Go("/portal/status")
	jonas.Live()
	jonas.Click(".outage form button")
	jonas.Shows(".outage", "You are counted.")
	p.Shows(".announce-hits", "2 people have said")

	p.Fill("#f-say-text", "The provider looks for the reason.")
	p.Click("form[action$='/update'] button")
	p.Shows(".announce-updates", "The provider looks for the reason.")
	jonas.Shows(".outage", "The provider looks for the reason.")
	// What happens after a page was made and before it listens is shown too.
	jonas.Deaf(true)
	jonas.Allow("ERR_BLOCKED_BY_CLIENT")
	jonas.Go("/portal/status")
	p.Fill("#f-say-text", "They dig.")
	p.Click("form[action$='/update'] button")
	p.Shows(".announce-updates", "They dig.")
	jonas.Deaf(false)
	jonas.Live()
	jonas.Shows(".outage", "They dig.")
	// Somebody else was faster.
	other.Go("/noc/announcements/" + id)
	p.Fill("#f-say-text", "It is found.")
	p.Click("form[action$='/update'] button")
	p.Shows(".announce-updates", "It is found.")
	other.Allow("409")
	other.Fill("#f-over-closing", "It works again.")
	other.Click("form[action$='/end'] button")
	other.Shows("[role=alert]", "Somebody has changed the announcement since you opened it.")
	other.Click("form[action$='/end'] button")
	other.Shows(".announce-state", "Over")
	other.Shows(".announce-updates", "It works again.")
	other.Gone("form[action$='/update']")
	jonas.Shows("#status-over", "It works again.")
	jonas.Shows("#status-now", "No outage is known")
	p.Clean()
	other.Clean()
	jonas.Clean()
}
