package browsertest

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// World is a server with a plausible day behind it.
type World struct {
	Server   *servertest.Server
	Desk     *desk.Desk
	Machines []*Machine
	Admin    auth.Actor
	Mara     auth.Actor // a technician
	Tickets  []int64    // the first is rung from the first machine, by Employee
	Employee wire.Account
	Book     *rulebook.Keeper
	IDs      map[string]string // of what further pages show, by what it is

	token string
}

// NewWorld fills a server. long gives everything names that are far too long.
func NewWorld(t testing.TB, s *servertest.Server, long bool) *World {
	t.Helper()
	w := &World{Server: s, Book: Rulebook(t, s), Admin: s.Actor(auth.Admin), Employee: Account("1000", "jonas", "Jonas Weber"), IDs: map[string]string{}}
	w.Desk = desk.New(s.DB.Desk(), w.Book.Book, time.Now)
	stretch := func(s string) string {
		if !long {
			return s
		}
		return s + "-" + strings.Repeat("undivided", 18)
	}
	words := func(s string, n int) string {
		if !long {
			return s
		}
		r := []rune(s + " " + strings.Repeat("and a word that goes on and on ", 12) + strings.Repeat("unbroken", 40))
		return string(r[:min(len(r), n)])
	}
	w.Mara = w.person("mara@example.com", words("Mara Lind", 90), auth.Technician)
	w.person("kofi@example.com", "Kofi Mensah", auth.Technician)
	w.person("ines@example.com", "Inês Duarte", auth.Manager)
	w.person("ops@example.com", "Night shift", auth.Operator)
	w.Employee.Full = words("Jonas Weber", 90)
	w.rules(t, words)

	for i, m := range []struct {
		site, name        string
		cpu, memory, disk float64
	}{
		{"Berlin", "PC-17", 38, 72, 99.9}, {"Berlin", "PC-18", 6, 41, 44}, {"Berlin", "NB-ACCOUNTING-02", 99, 96, 71}, {"Berlin", "PRINT-01", 2, 22, 30}, {"Berlin", "NB-ATTIC-11", 11, 52, 93},
		{"Hamburg", "HH-DESK-01", 14, 63, 58}, {"Hamburg", "HH-DESK-02", 0, 0, 0}, {"Hamburg", "HH-RECEPTION", 5, 35, 20}, {"Home offices", "NB-4410", 22, 48, 66},
	} {
		site := m.site
		if long && len(site) < 90 {
			site = words(site, 95)
		}
		x := NewMachine(t, s, site, stretch(m.name))
		w.Machines = append(w.Machines, x)
		if m.memory == 0 {
			continue // enrolled, and never there
		}
		x.Join()
		x.History(70*time.Minute, func(i int) (float64, float64, float64) {
			if i > 120 && i < 150 {
				return m.cpu/2 + 40 + 8*math.Sin(float64(i)/2), m.memory, m.disk
			}
			return max(1, m.cpu*0.8+5*math.Sin(float64(i)/7)), m.memory + 2*math.Sin(float64(i)/30), m.disk
		})
		inv := Inventory(stretch(m.name))
		inv.System.Platform = words(inv.System.Platform, 200)
		x.Call(wire.TypeInventory, inv)
		list := []diagnostics.Finding{}
		if i == 0 {
			list = Findings()
		}
		x.Call(wire.TypeFindings, wire.Findings{At: time.Now(), Findings: list})
		x.Health(m.cpu, m.memory, m.disk)
	}
	w.Machines[4].Leave()

	pc := w.Machines[0]
	found := Findings()
	if long {
		found[0].Sentence = words(found[0].Sentence, 400)
		found[0].Detail = words(found[0].Detail, 900)
	}
	for i, text := range []string{
		"I cannot save my work, it says no space", "The printer on floor 2 does not print", "Outlook asks for my password every few minutes", "VPN is slow since this morning",
		"New starter on Monday: needs a notebook", "Screen flickers when I plug in the dock", "Cannot open the shared folder “Projects”", "Telephone has no sound",
		"Access to the accounting system", "Update wants to restart while I work", "Camera is not found in meetings", "Keyboard types two letters",
	} {
		m := w.Machines[[]int{0, 1, 2, 5, 7, 0, 8, 3, 2, 5, 1, 7}[i]]
		who := Account(fmt.Sprint(1000+i%4), []string{"jonas", "aylin", "petra", "sam"}[i%4], []string{w.Employee.Full, "Aylin Kaya", "Petra Novák", "Sam O’Neill"}[i%4])
		var f []diagnostics.Finding
		var snap *diagnostics.Snapshot
		if i == 0 {
			f, snap = found, Snapshot(pc.Name)
		} else if i%3 == 0 {
			f = found[1:2]
		}
		w.Tickets = append(w.Tickets, m.Ring(who, words(text, 200), words("It began "+[]string{"this morning", "yesterday", "after the update"}[i%3]+". I have restarted the computer once.", 3000), f, snap))
	}
	w.do(t, 0, w.Mara, ticket.Take{})
	w.do(t, 0, w.Mara, ticket.Reply{Message: ulid.Make().String(), Body: words("Hello Jonas, your disk is full. I am looking for what fills it; please leave the computer on.", 2000)})
	w.do(t, 0, w.Mara, ticket.Note{Message: ulid.Make().String(), Body: "Looks like the same log growth as last month on NB-4410. Check rsyslog before deleting anything."})
	w.do(t, 1, w.Mara, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High, Reason: "whole floor"})
	w.do(t, 2, w.Mara, ticket.Take{})
	w.do(t, 3, w.Mara, ticket.Wait{For: ticket.WaitVendor, Body: ""})
	w.do(t, 4, w.Mara, ticket.Assign{To: ticket.Person{ID: w.Admin.Person}})
	w.do(t, 5, w.Mara, ticket.Resolve{Message: ulid.Make().String(), Solution: "A new cable for the dock.", Code: ticket.Fixed})
	w.do(t, 6, w.Mara, ticket.Cancel{Reason: "found it"})
	w.pages(t, words)
	w.availability(t)
	return w
}

func (w *World) person(email, name string, role auth.Role) auth.Actor {
	p, _, err := w.Server.Beside.Auth.AddPerson(context.Background(), w.Server.Beside.Actor(), email, name, role)
	if err != nil {
		panic(err) // of this test's own making
	}
	return auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
}

// Do carries a command out on a ticket, as somebody else's browser would.
func (w *World) Do(t testing.TB, number int64, actor auth.Actor, c ticket.Command) {
	t.Helper()
	d, err := w.Desk.GetByNumber(t.Context(), w.Admin, number)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Desk.Do(t.Context(), actor, d.ID, 0, c); err != nil {
		t.Fatal(err)
	}
}

func (w *World) do(t testing.TB, i int, actor auth.Actor, c ticket.Command) {
	t.Helper()
	w.Do(t, w.Tickets[i], actor, c)
}
