package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestScripts writes a script in the console, has another person approve it, runs it on
// a ticket's machine with a typed form, and reads what it said with the ticket.
func TestScripts(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The disk is full", "", nil, nil)
	inv := browsertest.Inventory("PC-17")
	inv.Hash, inv.Policy = "inventory-2", &wire.Policy{Allow: []wire.AskKind{wire.ActRunScript, wire.ActRunRootScript}}
	m.Call(wire.TypeInventory, inv)
	told := make(chan wire.Ask, 1)
	m.Answer(func(q wire.Ask) []any {
		told <- q
		return []any{wire.ScriptPart{Asked: true}, wire.ScriptPart{Out: "<b>92 %</b>\n\x1b[31m"}, wire.ScriptPart{Out: "done\n"}, wire.ScriptPart{Ended: true, Exit: 3}}
	})
	boss := open(t, s, auth.Manager)
	boss.Go("/admin/scripts")
	boss.Shows("main", "None yet.")
	boss.Accessible("no scripts")
	boss.Click("details.fold summary")
	boss.Fill("[name=name]", "Free <b>space</b>")
	boss.Fill("[name=about]", "Says what is free.")
	boss.Fill("[name=body]", "df \"$DESKBELL_WHERE\"\n")
	boss.Fill("[name=params]", "days number 1 30\nwhere choice /|/home\nname text [a-z]+")
	boss.Click("details.fold [type=submit]")
	boss.Shows("main", "waits for approval")
	boss.Shows("main", "somebody else approves it")
	boss.Accessible("a script that waits for approval")
	boss.Fits("a script that waits for approval")
	boss.Picture("script")
	path := browsertest.Eval[string](boss, "location.pathname")

	admin := open(t, s, auth.Admin)
	admin.Go(path)
	admin.Click("[name=approve]")
	admin.Shows("main", "approved")
	admin.Shows("main", "Approved by")

	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Click("a[href='" + ticketPath(n) + "/scripts']")
	p.Shows("h2", "Free <b>space</b>")
	p.Accessible("scripts for a machine")
	p.Fits("scripts for a machine")
	p.Picture("script-run")
	p.Fill("[name=p_days]", "7")
	p.Fill("[name=p_name]", "mara")
	p.Click("#main form [type=submit]")
	var q wire.Ask
	select {
	case q = <-told:
	case <-time.After(20 * time.Second):
		t.Fatal("the machine was told nothing")
	}
	if q.Kind != wire.ActRunScript || q.Ticket != n || !strings.Contains(string(q.Params), `{"name":"days","value":"7"}`) || !strings.Contains(string(q.Params), `"sha256"`) {
		t.Errorf("the machine was told %s %s", q.Kind, q.Params)
	}
	p.Shows(".ask-body", "<b>92 %</b>")
	p.Shows(".ask-body", "status 3")
	p.Accessible("what a script said")
	p.Picture("script-said")
	p.Clean()
	boss.Clean()
	admin.Clean()
}
