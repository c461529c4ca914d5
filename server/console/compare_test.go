package console_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestCompare asks a machine, its neighbour and one of another site the same with one
// click: what differs stands first, and the ticket holds the look into its own machine only.
func TestCompare(t *testing.T) {
	s := servertest.Start(t)
	machine := func(site, name string, part wire.TCPPart) *browsertest.Machine {
		m := browsertest.NewMachine(t, s, site, name)
		m.Join()
		m.Answer(func(wire.Ask) []any { return []any{part} })
		return m
	}
	open1 := wire.TCPPart{Address: "203.0.113.7:445", Open: true, Lookup: 2 * time.Millisecond, Connect: 9 * time.Millisecond}
	m := machine("Berlin", "PC-17", wire.TCPPart{Address: "203.0.113.7:445", Lookup: 3 * time.Millisecond, Problem: "<b>refused</b>"})
	n := m.Ring(mara, "The files are gone", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	ask1 := func() {
		p.Click("[data-tool=probe-tcp]")
		p.Fill("#tool-probe-tcp [name=host]", "files.example.com")
		p.Fill("#tool-probe-tcp [name=port]", "445")
		p.Click("#tool-probe-tcp [type=submit]")
		p.Shows(".ask:first-child .ask-state", "Answered")
	}
	ask1()
	p.Click(".ask:first-child .ask-compare button")
	p.Shows(".compare", "No other machine of this site is online.")
	p.Shows("#compare", "The machines say the same.")

	second, third := machine("Berlin", "PC-18", open1), machine("Hamburg", "HH-01", open1)
	p.Go(ticketPath(n))
	p.Live()
	p.Click(".ask:first-child summary")
	p.Click(".ask:first-child .ask-compare button")
	p.Live()
	p.Shows("#compare", "The machines differ in 1 thing.")
	if got := p.Text(".compare tbody tr:nth-child(2)"); got != "Result\ndiffers\tnot reached: <b>refused</b>\topen\topen" && got != "Result differs\tnot reached: <b>refused</b>\topen\topen" {
		t.Errorf("first stands %q", got)
	}
	p.Shows(".compare thead", "PC-18")
	p.Shows(".compare thead", "Hamburg")
	p.Accessible("machines side by side")
	p.Fits("machines side by side")
	p.Picture("compare")
	p.Clean()
	for _, x := range []struct {
		m      *browsertest.Machine
		ticket int64
	}{{m, n}, {second, 0}, {third, 0}} {
		list, err := s.DB.Asks().Asks(t.Context(), ask.Query{Endpoint: x.m.ID, Limit: 1})
		if err != nil || len(list) != 1 || list[0].Number != x.ticket {
			t.Errorf("%+v, %v", list, err)
		}
		log, err := s.DB.AuditLog(t.Context(), "endpoint:"+x.m.ID, 0, 1)
		if err != nil || len(log) != 1 || log[0].Action != audit.EndpointAsked {
			t.Errorf("%+v, %v", log, err)
		}
	}
}
