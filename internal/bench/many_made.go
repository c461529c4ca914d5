//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/ticket"
)

// maker makes a help desk's past: tickets of several years, of which the youngest are
// open, each with five events, in words that are as unevenly common as those of a
// language. The same seed makes the same past.
type maker struct {
	r          *rand.Rand
	words      []string
	zipf       *rand.Zipf
	n          int
	begin, now time.Time
	open       float64 // the youngest share, of which nine in ten are open
	unclocked  bool    // they come without clocks
}

const (
	firstNumber = 1001
	technicians = 200
	requesters  = 30_000
	machines    = 20_000
	siteCount   = 40
	teamCount   = 20
	groupCount  = 60
	tagCount    = 50
)

var findingCodes = strings.Fields("disk.full disk.slow disk.failing memory.short memory.leak cpu.busy cpu.hot names.unanswered names.slow link.down link.lossy link.slow web.proxy web.tls clock.off service.failed process.hung log.errors update.due battery.worn printer.away vpn.down")

func newMaker(n int, now time.Time) *maker {
	m := &maker{r: rand.New(rand.NewPCG(20260101, 3)), n: n, now: now, begin: now.AddDate(-4, 0, 0), open: 0.03}
	syllables := strings.Fields("a e i o u ka ke ki ko ku ra re ri ro ru sa se si so su ta te ti to tu na ne ni no nu pri nt er net wor king ver bin dung feh ler bild schirm druck maus tas tur pass wort log in out look ex cel wo team s über für grö é")
	seen := map[string]bool{}
	for len(m.words) < 60_000 {
		var b strings.Builder
		for range 1 + m.r.IntN(4) {
			b.WriteString(syllables[m.r.IntN(len(syllables))])
		}
		w := b.String()
		if !seen[w] && (len(m.words) < 300 || len(w) > 3) {
			seen[w] = true
			m.words = append(m.words, w)
		}
	}
	m.zipf = rand.NewZipf(m.r, 1.07, 4, uint64(len(m.words)-1))
	return m
}

func (m *maker) text(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.words[m.zipf.Uint64()])
	}
	return b.String()
}

func idOf(kind string, n int) string { return fmt.Sprintf("01%s%08d", strings.ToUpper(kind), n) }

// ticket makes the i-th ticket with its history.
func (m *maker) ticket(i int) (ticket.Ticket, []ticket.Event) {
	at := m.begin.Add(time.Duration(float64(m.now.Sub(m.begin)) * float64(i) / float64(m.n)))
	who := m.r.IntN(requesters)
	requester := ticket.Person{ID: idOf("req", who), Name: m.words[who%5000] + " " + m.words[(who*7)%len(m.words)]}
	tech := m.r.IntN(technicians)
	staff := ticket.Actor{Person: ticket.Person{ID: idOf("tec", tech), Name: "Technician " + m.words[300+tech]}, Side: ticket.Staff}
	asking := ticket.Actor{Person: requester, Side: ticket.Requester}
	machine := m.r.IntN(machines)
	open := ticket.Event{Type: ticket.Opened, At: at, Actor: asking, Kind: ticket.Incident, Title: m.text(5), Body: m.text(20), Requester: &requester,
		Endpoint: idOf("end", machine), Site: idOf("sit", machine%siteCount), Impact: ticket.Level(1 + m.r.IntN(3)), Urgency: ticket.Level(1 + m.r.IntN(3)),
		Category: idOf("cat", m.r.IntN(groupCount)), Team: idOf("tea", m.r.IntN(teamCount))}
	open.Priority = ticket.PriorityOf(open.Impact, open.Urgency)
	if m.r.IntN(5) == 0 {
		open.Kind = ticket.Request
	}
	for range m.r.IntN(3) {
		if m.r.IntN(2) == 0 {
			open.Tags = append(open.Tags, "tag"+fmt.Sprint(m.r.IntN(tagCount)))
		}
	}
	if m.r.IntN(5) < 2 {
		open.Findings = []diagnostics.Finding{{Code: diagnostics.Code(findingCodes[m.r.IntN(len(findingCodes))]), Severity: diagnostics.Warning, Sentence: m.text(8)}}
	}
	id := at.UTC().Format("060102150405") + fmt.Sprintf("%014d", i)
	events := []ticket.Event{
		open, {Type: ticket.Took, At: at.Add(time.Hour), Actor: staff},
		{Type: ticket.Replied, At: at.Add(2 * time.Hour), Actor: staff, Message: id + "a", Body: m.text(14)},
	}
	age := 1 - float64(i)/float64(m.n)
	isOpen := age < m.open && m.r.IntN(10) > 0 || m.r.IntN(400) == 0
	switch {
	case isOpen && m.r.IntN(3) == 0: // nobody's yet
		events = events[:1]
		fallthrough
	case isOpen:
		for len(events) < 5 {
			events = append(events, ticket.Event{Type: ticket.Replied, At: at.Add(3 * time.Hour), Actor: asking, Message: id + fmt.Sprint(len(events)), Body: m.text(12)})
		}
		if len(events) == 5 && events[1].Type == ticket.Took && m.r.IntN(3) == 0 {
			events[4] = ticket.Event{Type: ticket.Waits, At: at.Add(4 * time.Hour), Actor: staff, Waiting: ticket.WaitVendor}
		}
	default:
		events = append(events, ticket.Event{Type: ticket.ResolvedAs, At: at.Add(5 * time.Hour), Actor: staff, Message: id + "s", Body: m.text(12), Code: ticket.Fixed},
			ticket.Event{Type: ticket.ClosedBy, At: at.Add(96 * time.Hour), Actor: ticket.Actor{Side: ticket.System}})
		if m.r.IntN(5) == 0 {
			// Who was resolved a while ago is closed: else the server would close them all.
			place, after := 2, 2*time.Hour
			if m.now.Sub(at) < 48*time.Hour {
				place, after = 4, 6*time.Hour
			}
			events[place] = ticket.Event{Type: ticket.Noted, At: at.Add(after), Actor: staff, Message: id + "n", Body: m.text(12)}
		}
	}
	t := ticket.Replay(id, int64(firstNumber+i), "", events)
	return t, events
}

// columns are what is stored of a ticket, as the store does it.
var madeColumns = strings.Fields("id number version kind state priority impact urgency title body requester_id requester_name endpoint_id site_id assignee_id assignee_name waiting solution code reopened findings created_at updated_at responded_at resolved_at closed_at category team_id tags first_resolved_at")

func madeRow(t ticket.Ticket) []any {
	list := func(v any, n int) string {
		if n == 0 {
			return ""
		}
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // plain structs always marshal
		}
		return string(b)
	}
	ms := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	return []any{t.ID, t.Number, t.Version, string(t.Kind), string(t.State), int64(t.Priority), int64(t.Impact), int64(t.Urgency), t.Title, t.Body, t.Requester.ID, t.Requester.Name,
		t.Endpoint, t.Site, t.Assignee.ID, t.Assignee.Name, string(t.Waiting), t.Solution, string(t.Code), int64(t.Reopened), list(t.Findings, len(t.Findings)),
		ms(t.CreatedAt), ms(t.UpdatedAt), ms(t.RespondedAt), ms(t.ResolvedAt), ms(t.ClosedAt), t.Category, t.Team, list(t.Tags, len(t.Tags)), ms(t.FirstResolvedAt)}
}
