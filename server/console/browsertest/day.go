package browsertest

import (
	"encoding/json"
	"fmt"
	"math"
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

// Day is a busy day: a fleet at five sites, and tickets of the last hours in every
// state. The pictures of the documentation show it.
type Day struct {
	Server  *servertest.Server
	PC      *Machine // whose disk is full
	Number  int64    // the ticket about that
	Solved  int64    // one of the same employee's, solved
	Session string   // of that employee's, in the portal
	Mara    string   // the session of a technician

	t    testing.TB
	now  time.Time
	desk *desk.Desk
	mara auth.Actor
	kofi auth.Actor
}

// NewDay fills a server.
func NewDay(t testing.TB, s *servertest.Server) *Day {
	t.Helper()
	d := &Day{Server: s, t: t}
	d.desk = desk.New(s.DB.Desk(), rulebook.Empty, func() time.Time { return d.now })
	d.mara, d.kofi = d.technician("mara.lind@example.com", "Mara Lind"), d.technician("kofi@example.com", "Kofi Mensah")
	machines := d.fleet()
	d.tickets(machines)
	return d
}

func (d *Day) technician(email, name string) auth.Actor {
	d.t.Helper()
	p, link, err := d.Server.Beside.Auth.AddPerson(d.t.Context(), d.Server.Beside.Actor(), email, name, auth.Technician)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.Mara == "" {
		if d.Mara, _, err = d.Server.Beside.Auth.EnterLink(d.t.Context(), auth.SignInLink, link, "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"); err != nil {
			d.t.Fatal(err)
		}
	}
	return auth.Actor{Kind: auth.Staff, Person: p.ID, Name: p.Name, Role: p.Role}
}

// fleet enrols machines, most of which are well.
func (d *Day) fleet() map[string]*Machine {
	d.t.Helper()
	all := map[string]*Machine{}
	low := diagnostics.Finding{Code: "disk.low", Severity: diagnostics.Warning, Sentence: "Your disk is nearly full (11 of 256 GB free).", Detail: "/ (ext4, /dev/nvme0n1p2): 11 of 256 GB free, 95.7 % used"}
	for _, site := range []struct {
		name, prefix string
		count        int
	}{{"Berlin", "BER", 16}, {"Hamburg", "HH", 9}, {"Home offices", "NB", 12}, {"Leipzig plant", "LE", 8}, {"Vienna", "VIE", 4}} {
		for i := 1; i <= site.count; i++ {
			name := fmt.Sprintf("%s-%03d", site.prefix, i*7%97)
			if site.prefix == "BER" && i == 1 {
				name = "PC-17"
			}
			m := NewMachine(d.t, d.Server, site.name, name)
			all[name] = m
			m.Join()
			cpu, memory, disk := float64(3+i*13%40), float64(30+i*17%45), float64(20+i*11%60)
			var found []diagnostics.Finding
			switch {
			case name == "PC-17":
				d.PC, found, cpu, memory, disk = m, Findings(), 21, 68, 99.9
				m.History(3*time.Hour, func(i int) (float64, float64, float64) {
					busy := 22 + 9*math.Sin(float64(i)/23) + 5*math.Sin(float64(i)/5)
					if i > 420 && i < 520 {
						busy += 48
					}
					return busy, 64 + 6*math.Sin(float64(i)/90), min(99.9, 88+float64(i)/50)
				})
			case i%8 == 5:
				found = []diagnostics.Finding{low}
			case i%11 == 7:
				cpu, memory = 99, 97
			}
			m.Call(wire.TypeInventory, Inventory(name))
			m.Call(wire.TypeFindings, wire.Findings{At: time.Now(), Findings: found})
			m.Health(cpu, memory, disk)
			if i%7 == 6 {
				m.Leave()
			}
		}
	}
	return all
}

// ring opens a ticket some time ago, as the employee of a machine does.
func (d *Day) ring(m *Machine, ago time.Duration, login, full, title, body string, findings []diagnostics.Finding, snapshot *diagnostics.Snapshot) (auth.Actor, ticket.Ticket) {
	d.t.Helper()
	d.now = time.Now().Add(-ago)
	by := auth.Actor{Kind: auth.Endpoint, Endpoint: m.ID}
	link, _, err := d.Server.Beside.Auth.MakePortalLink(d.t.Context(), by, login, login, full)
	if err != nil {
		d.t.Fatal(err)
	}
	session, who, err := d.Server.Beside.Auth.EnterLink(d.t.Context(), auth.PortalLink, link, "")
	if err != nil {
		d.t.Fatal(err)
	}
	if login == "jonas" {
		d.Session = session
	}
	draft := desk.Draft{Title: title, Body: body, Endpoint: m.ID, Findings: findings}
	if snapshot != nil {
		snapshot.TakenAt = d.now
		draft.TakenAt = d.now
		if draft.Snapshot, err = json.Marshal(snapshot); err != nil {
			d.t.Fatal(err)
		}
	}
	t, err := d.desk.Open(d.t.Context(), who, draft)
	if err != nil {
		d.t.Fatal(err)
	}
	return who, t
}

func (d *Day) after(later time.Duration, by auth.Actor, t ticket.Ticket, c ticket.Command) {
	d.t.Helper()
	d.now = d.now.Add(later)
	if _, err := d.desk.Do(d.t.Context(), by, t.ID, 0, c); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Day) tickets(machines map[string]*Machine) {
	d.t.Helper()
	id := func() string { return ulid.Make().String() }
	names := Findings()[1:2]
	for i, x := range []struct {
		machine     string
		ago         time.Duration
		login, full string
		title       string
	}{
		{"LE-007", 29 * time.Hour, "ayse", "Ayşe Demir", "Badge reader at gate 2 beeps and stays red"},
		{"VIE-014", 26 * time.Hour, "lukas", "Lukas Gruber", "Access to the accounting system"},
		{"NB-021", 22 * time.Hour, "ines", "Inês Duarte", "VPN drops every few minutes at home"},
		{"HH-014", 7 * time.Hour, "sam", "Sam O’Neill", "Outlook asks for my password again and again"},
		{"BER-021", 5 * time.Hour, "petra", "Petra Novák", "New starter on Monday: needs a notebook"},
		{"PC-17", 4 * time.Hour, "jonas", "Jonas Weber", "Screen flickers when I plug in the dock"},
		{"BER-028", 3 * time.Hour, "olu", "Oluwaseun Adeyemi", "Telephone has no sound"},
		{"HH-021", 2 * time.Hour, "mai", "Mai Nguyễn", "Cannot open the shared folder “Projects”"},
		{"NB-028", 95 * time.Minute, "tomas", "Tomás Herrera", "Camera is not found in meetings"},
		{"BER-035", 50 * time.Minute, "aylin", "Aylin Kaya", "The printer on floor 2 does not print"},
		{"BER-042", 18 * time.Minute, "li", "Li Wei", "Update wants to restart while I work"},
		{"HH-028", 6 * time.Minute, "greta", "Greta Holm", "Keyboard types every letter twice"},
	} {
		var found []diagnostics.Finding
		if i%3 == 1 {
			found = names
		}
		_, t := d.ring(machines[x.machine], x.ago, x.login, x.full, x.title, "", found, nil)
		switch i {
		case 0:
			d.after(20*time.Minute, d.kofi, t, ticket.Wait{For: ticket.WaitVendor})
		case 2, 7:
			d.after(9*time.Minute, d.mara, t, ticket.Take{})
		case 3, 4:
			d.after(31*time.Minute, d.kofi, t, ticket.Take{})
		case 5:
			d.Solved = t.Number
			d.after(40*time.Minute, d.kofi, t, ticket.Take{})
			d.after(50*time.Minute, d.kofi, t, ticket.Resolve{Message: id(), Solution: "The cable of the dock was worn. You have a new one; the old one is with us.", Code: ticket.Fixed})
		case 9:
			d.after(4*time.Minute, d.kofi, t, ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High, Reason: "the whole floor"})
		}
	}
	jonas, t := d.ring(d.PC, 38*time.Minute, "jonas", "Jonas Weber", "I cannot save my work, it says no space", "It began after lunch. I have restarted the computer once, and it did not help.", Findings(), Snapshot("PC-17"))
	d.Number = t.Number
	d.after(3*time.Minute, d.mara, t, ticket.Take{})
	d.after(4*time.Minute, d.mara, t, ticket.Prioritise{Impact: ticket.Medium, Urgency: ticket.High, Reason: "cannot work"})
	d.after(2*time.Minute, d.mara, t, ticket.Reply{Message: id(), Body: "Hello Jonas, your disk is full. I am looking for what fills it. You can leave everything open."})
	d.after(5*time.Minute, jonas, t, ticket.Reply{Message: id(), Body: "Thank you. The big video is from me, but I have had it for weeks."})
	d.after(6*time.Minute, d.mara, t, ticket.Note{Message: id(), Body: "91 GB of logs. The same growth as on NB-021 last month: rsyslog after the update."})
}
