package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// tells has a machine tell what it is made of.
func tells(t *testing.T, m *browsertest.Machine, changes []stock.Change, facts ...stock.Fact) {
	t.Helper()
	for _, k := range []stock.Kind{stock.System, stock.Hardware, stock.Software, stock.Service} {
		facts = append(facts, stock.Fact{Kind: stock.Read, Name: string(k)})
	}
	facts = append(facts, stock.Fact{Kind: stock.System, Name: "system", Value: "Debian GNU/Linux 12 (bookworm)"}, stock.Fact{Kind: stock.Hardware, Name: "model", Value: "Example Desk 3000"})
	clean, _ := stock.Clean(facts)
	m.Call(wire.TypeStock, wire.Stock{Hash: stock.Hash(clean), TakenAt: time.Now(), Facts: stock.Pack(clean), Changes: changes})
}

// TestPeers compares a machine with its peers: one that has not told, one with too few
// peers, and one with enough, on the page, beside the endpoint and beside the ticket.
func TestPeers(t *testing.T) {
	s := servertest.Start(t)
	machine := func(name string) *browsertest.Machine {
		m := browsertest.NewMachine(t, s, "Berlin", name)
		m.Join()
		return m
	}
	m := machine("PC-17")
	n := m.Ring(mara, "The browser shows nothing", "", nil, nil)
	p := open(t, s, auth.Technician)
	page := "/endpoints/" + m.ID + "/peers"
	p.Go(page)
	p.Shows("#peers-none", "has not told what it is made of")
	p.Accessible("nothing known")

	software := func(name, version string) stock.Fact {
		return stock.Fact{Kind: stock.Software, Name: name, Value: version}
	}
	long := "a-package-" + strings.Repeat("with-a-name-", 12)
	tells(t, m, []stock.Change{{At: time.Now().Add(-50 * time.Hour), After: time.Now().Add(-51 * time.Hour), Kind: stock.Software, Name: "<b>browser</b>", Did: stock.Changed, From: "3.0", To: "3.1"}},
		software("<b>browser</b>", "3.1"), software("only here", "1"), software(long, "1"), stock.Fact{Kind: stock.Service, Name: "cups", Value: "off"})
	for i := range 6 {
		facts := []stock.Fact{software("<b>browser</b>", "3.2"), software("vpn", "1.0"), software(long, "1"), {Kind: stock.Service, Name: "cups", Value: "on"}}
		if i == 4 {
			p.Go(page)
			p.Shows("#peers-few", "only 4 have the same system at this site")
			p.Shows("#peers-few", "At least 5 are needed.")
			p.Accessible("too few peers")
		}
		tells(t, machine(fmt.Sprint("PC-2", i)), nil, facts...)
	}
	for _, scheme := range []string{"light", "dark"} {
		cookie := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
		p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: cookie, Scheme: scheme})
		p.Go(page)
		p.Shows("#peers-who", "6 machines with the same system at this site, of the same model")
		p.Shows(".card:nth-of-type(1) .change", "<b>browser</b>")
		for i, want := range []string{"6 of 6 have 3.2, this one the older 3.1.", "6 of 6 have it, most of them 1.0, this one does not.", "6 of 6 have on, this one off.", "This one has it, 1; none of 6 others does."} {
			p.Shows(fmt.Sprintf(".card:nth-of-type(%d)", i+1), want)
		}
		p.Shows(".card:last-child", "3.0 → 3.1")
		p.Accessible("against its peers, " + scheme)
		p.Fits("against its peers, " + scheme)
		p.Picture("peers-" + scheme)
		p.Go("/endpoints/" + m.ID)
		p.Shows("#peers", "the older 3.1")
		p.Accessible("the endpoint with its peers, " + scheme)
		p.Click("#peers a")
		p.Shows("h1", "against its peers")
		p.Go(ticketPath(n))
		p.Shows("#peers", "the older 3.1")
		p.Accessible("the ticket with its machine's peers, " + scheme)
		p.Picture("peers-ticket-" + scheme)
		p.Clean()
	}
	p.Clean()
}
