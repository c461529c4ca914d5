package console_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestActsAreOfferedByTheMachinesOwnPolicy shows what a machine allows and names
// what it does not, and an order that the machine did, refused, or lost.
func TestActsAreOfferedByTheMachinesOwnPolicy(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Click(".refusals summary")
	p.Shows(".refusals", "11 things that this machine does not allow")
	p.Shows(".refusals", "End a process, Start a service, Stop a service, Restart a service, List files, Fetch a file, Look at the screen, Run a script, Run a script as administrator, Terminal, Terminal as administrator.")
	inv := browsertest.Inventory("PC-17")
	inv.Hash, inv.Policy = "inventory-2", &wire.Policy{Allow: []wire.AskKind{wire.ActRestartService}, Forbid: []wire.AskKind{wire.AskLog}}
	m.Call(wire.TypeInventory, inv)
	p.Go(ticketPath(n))
	p.Live()
	p.Gone("[data-tool=log]")
	p.Click(".refusals summary")
	p.Shows(".refusals", "Log, End a process, Start a service, Stop a service, List files, Fetch a file, Look at the screen, Run a script, Run a script as administrator, Terminal, Terminal as administrator.")
	p.Accessible("what a machine does not allow")

	told := make(chan wire.Ask, 1)
	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	for _, x := range []struct {
		answer []any
		shows  []string
	}{
		{[]any{wire.ActPart{Says: "The service “cups” is active now."}}, []string{"Done", "The service “cups” is active now."}},
		{[]any{fault.New(fault.Forbidden, "This machine's own settings do not allow this.")}, []string{"Not done", "own settings"}},
		{[]any{fault.New(fault.Unknown, "Nobody knows how far it came.")}, []string{"Not known", "Nobody knows how far"}},
	} {
		m.Answer(func(a wire.Ask) []any { told <- a; return x.answer })
		post(t, s, session, ticketPath(n)+"/acts", url.Values{"kind": {"service.restart"}, "name": {"cups"}})
		if a := <-told; a.Kind != wire.ActRestartService || string(a.Params) != `{"name":"cups"}` || a.Ticket != n || a.Who.Name == "" {
			t.Errorf("the machine was told %+v", a)
		}
		p.Go(ticketPath(n))
		p.Click(".ask:first-child summary")
		for _, want := range x.shows {
			p.Shows(".ask:first-child", want)
		}
	}
	p.Go(ticketPath(n) + "/history")
	p.Shows(".history", "had the machine told: restart a service")
	p.Shows(".history", "was answered by the machine: restart a service, done")
	p.Shows(".history", "restart a service, not done")
	p.Clean()

	for _, form := range []url.Values{
		{"kind": {"shell"}, "name": {"x"}}, {"kind": {"log"}, "name": {"x"}}, {"kind": {"service.stop"}}, {"kind": {"process.end"}, "pid": {"1"}, "name": {"x"}},
		{"kind": {"process.end"}, "pid": {"x"}, "name": {"x"}, "started": {"2026-01-01T00:00:00Z"}},
	} {
		if status, body := send(t, s, session, "POST", ticketPath(n)+"/acts", form, nil); status != 422 {
			t.Errorf("%v: %d %s", form, status, body)
		}
	}
	select {
	case a := <-told:
		t.Errorf("the machine was told %+v", a)
	default:
	}
}

// TestListsHaveTheirActs ends a process from the list of processes, and restarts a
// service from the list of services, by buttons that name the act.
func TestListsHaveTheirActs(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	inv := browsertest.Inventory("PC-17")
	inv.Hash, inv.Policy = "inventory-2", &wire.Policy{Allow: []wire.AskKind{wire.ActEndProcess, wire.ActRestartService}}
	m.Call(wire.TypeInventory, inv)
	n := m.Ring(mara, "It is slow", "", nil, nil)
	began := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	told := make(chan wire.Ask, 1)
	m.Answer(func(a wire.Ask) []any {
		switch a.Kind {
		case wire.AskProcesses:
			return []any{diagnostics.Processes{Total: 2, Top: []diagnostics.Process{{PID: 4312, Name: "indexer", CPUPct: 98, Started: began}, {PID: 9, Name: "no-start"}}}}
		case wire.AskServices:
			return []any{diagnostics.Services{Manager: "systemd", Total: 2, Running: 1, All: []diagnostics.Service{{Name: "cups.service", State: "running"}, {Name: "spooler.service", State: "failed"}}}}
		}
		told <- a
		return []any{wire.ActPart{Says: "It has closed."}}
	})
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Click("[data-tool=processes]")
	p.Shows("#asked-list", "indexer")
	p.Until("one process can be ended", "document.querySelectorAll('#asked-list details.act').length === 1")
	p.Click("#asked-list details.act summary")
	p.Shows("#asked-list details.act button", "End process 4312 on PC-17")
	p.Accessible("acts in a list")
	p.Picture("acts-processes")
	p.Click("#asked-list details.act button")
	if a := <-told; a.Kind != wire.ActEndProcess || string(a.Params) != `{"pid":4312,"started":"2026-11-21T09:30:00Z","name":"indexer"}` {
		t.Errorf("the machine was told %+v %s", a, a.Params)
	}
	p.Shows("#asked-list", "It has closed.")
	p.Click("[data-tool=services]")
	p.Shows("#asked-list", "cups.service")
	p.Until("the running service can be restarted, and nothing else", "[...document.querySelectorAll('#asked-list details.act button')].map(b => b.textContent.trim()).filter(s => !s.startsWith('End')).join() === 'Restart cups.service on PC-17'")
	p.Picture("acts-services")

	// Who may not act sees the lists without buttons; so does everybody where the
	// machine allows nothing.
	inv.Hash, inv.Policy = "inventory-3", &wire.Policy{}
	m.Call(wire.TypeInventory, inv)
	p.Go(ticketPath(n))
	p.Live()
	p.Click("[data-tool=processes]")
	p.Shows("#asked-list", "indexer")
	p.Until("the answer is whole", "!document.querySelector('#asked-list [data-ask]')")
	if browsertest.Eval[bool](p, "document.querySelector('#asked-list details.act') !== null") {
		t.Error("a machine that allows nothing has buttons")
	}
	p.Clean()
}
