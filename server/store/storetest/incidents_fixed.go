package storetest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/ticket"
)

// as rings as one of many people, each at the world's machine or at another one.
func (o *office) as(endpoint string, n int, findings ...diagnostics.Finding) desk.Outcome {
	o.t.Helper()
	m := desk.Message{Endpoint: endpoint, ID: fmt.Sprint("01P", n), Body: []byte("x"), UID: fmt.Sprint(n), Login: fmt.Sprint("p", n)}
	out, err := o.Desk.Ring(o.t.Context(), m, desk.Draft{Title: "No VPN", Findings: findings})
	must(o.t, err)
	return out
}

func (o *office) fixed(endpoint string, n int, id string, works bool, check *wire.OutageCheck) error {
	o.t.Helper()
	uid := fmt.Sprint(n)
	return o.keeper.Fixed(o.t.Context(), desk.Message{Endpoint: endpoint, ID: "01F" + uid, Body: []byte(uid), UID: uid, Login: "p" + uid}, wire.OutageFixed{Question: id, Works: works, Language: "de", Check: check})
}

// detail is a ticket as it is now.
func (o *office) detail(id string) desk.Detail {
	o.t.Helper()
	d, err := o.Desk.Get(o.t.Context(), o.Anna, id)
	must(o.t, err)
	return d
}

func (o *office) said(i string) (incident.Detail, string) {
	o.t.Helper()
	d, err := o.keeper.Get(o.t.Context(), o.Anna, i)
	must(o.t, err)
	return d, incident.TallyOf(d.Asked).Words()
}

// testIncidentFixed asks whom an outage hit whether it is over: who says yes has their ticket
// solved, by their own word and where their machine agrees; who says no keeps it; of who
// says nothing the machine decides. Each answers once, nobody else does, a restart between
// any two steps loses nothing, and nothing is done twice.
func testIncidentFixed(t *testing.T, e Engine) {
	o := &office{World: Open(t, e), t: t, index: contrast.NewIndex(), tickets: map[string]string{}, shows: map[string][]string{}, away: map[string]bool{}}
	o.made.From = o.Now().Add(-time.Hour)
	token, _, err := o.Registry.Create(t.Context(), auth.SystemActor("test"), "Berlin", 10, 24*time.Hour)
	must(t, err)
	key := sha256.Sum256([]byte("other"))
	other, err := o.Registry.Enrol(t.Context(), wire.Enrol{Token: token, Key: key[:], Machine: wire.Machine{Hostname: "PC-2", OS: "linux"}})
	must(t, err)
	o.start()
	ctx := t.Context()
	down := diagnostics.Finding{Code: "vpn.down", Severity: diagnostics.Critical, Sentence: "The VPN is down."}
	yes, no, bad, quiet, late, gone := o.as(o.Endpoint, 1, down), o.as(o.Endpoint, 2), o.as(o.Endpoint, 3, down), o.as(other.ID, 4), o.as(other.ID, 5), o.as(o.Endpoint, 6)
	var ids []string
	for _, x := range []desk.Outcome{yes, no, bad, quiet, late, gone} {
		ids = append(ids, x.Ticket)
	}
	i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "VPN", Tickets: ids, Cell: incident.Cell{Kind: correlate.Site, Name: "Berlin"}})
	must(t, err)
	// Two have said so in place of a ticket, and have never rung; one has done both.
	told := o.telling()
	must(t, told.Load(ctx))
	d, err := o.keeper.Prefill(ctx, o.Anna, i.ID)
	must(t, err)
	d.Reach, d.Sites = announce.Everywhere, nil
	a, err := told.Begin(ctx, o.Ben, d.Draft)
	must(t, err)
	for _, n := range []int{1, 7, 8} {
		must(t, told.Hit(ctx, desk.Message{Endpoint: o.Endpoint, ID: fmt.Sprint("01H", n), Body: []byte("x"), UID: fmt.Sprint(n), Login: fmt.Sprint("p", n)}, a.ID))
	}
	// One ticket was solved by hand before: nobody is asked about it.
	_, err = o.Desk.Do(ctx, o.Anna, gone.Ticket, 0, ticket.Resolve{Message: "m", Solution: "A new cable.", Code: ticket.Fixed})
	must(t, err)
	_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "The line is up.", time.Minute)
	wantCode(t, err, fault.Invalid)
	_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "The line is up.", time.Hour)
	must(t, err)
	again := func() {
		t.Helper()
		must(t, o.keeper.Look(ctx))
		o.Reopen(t)
		o.start()
		must(t, o.keeper.ReloadQuestions(ctx))
		must(t, o.keeper.Look(ctx))
	}
	again()
	if got, words := o.said(i.ID); words != "0 of 7 say fixed, 7 have not answered" || !slices.ContainsFunc(got.Lines, func(l incident.Line) bool { return l.Words() == "7 people were asked whether it is fixed" }) {
		t.Errorf("asked were %q, and the timeline has %+v", words, got.Lines)
	}
	if q := o.keeper.Questions(o.Endpoint); len(q) != 5 || q[0].Title != "VPN" || q[0].Closing != "The line is up." || q[0].ID != i.ID {
		t.Errorf("the machine asks %+v", q)
	}

	wantCode(t, o.fixed(o.Endpoint, 6, i.ID, true, nil), fault.NotFound)  // was not asked
	wantCode(t, o.fixed(o.Endpoint, 99, i.ID, true, nil), fault.NotFound) // nobody knows them
	wantCode(t, o.fixed(o.Endpoint, 4, i.ID, true, nil), fault.NotFound)  // another's, at another machine
	wantCode(t, o.fixed(o.Endpoint, 1, "none", true, nil), fault.NotFound)
	must(t, o.fixed(o.Endpoint, 1, i.ID, true, &wire.OutageCheck{TakenAt: o.Now(), Findings: []diagnostics.Code{"disk.full"}}))
	must(t, o.fixed(o.Endpoint, 1, i.ID, false, nil)) // the first word counts
	must(t, o.fixed(o.Endpoint, 2, i.ID, false, &wire.OutageCheck{TakenAt: o.Now()}))
	must(t, o.fixed(o.Endpoint, 3, i.ID, true, &wire.OutageCheck{TakenAt: o.Now(), Findings: []diagnostics.Code{"vpn.down"}}))
	for range 2 {
		must(t, o.fixed(o.Endpoint, 7, i.ID, false, nil))
	}
	me, err := o.Desk.PersonOf(ctx, o.Endpoint, "7")
	must(t, err)
	must(t, o.fixed(o.Endpoint, 8, i.ID, true, nil))
	again()
	again()
	if x := o.detail(yes.Ticket); x.State != ticket.Closed || !strings.HasPrefix(x.Solution, "„VPN“ ist vorbei. The line is up.") || x.Assignee.ID != "" {
		t.Errorf("who said yes has %s: %q, %+v", x.State, x.Solution, x.Assignee)
	}
	if x := o.detail(no.Ticket); !x.State.Open() {
		t.Errorf("who said no has %s", x.State)
	}
	if n := strings.Join(o.notes(no.Ticket), "\n"); strings.Count(n, "p2 says that it still does not work") != 1 || !strings.Contains(n, "found nothing") {
		t.Errorf("the staff reads %q", n)
	}
	if _, ok, err := o.keeper.OfTicket(ctx, o.Anna, no.Ticket); ok || err != nil {
		t.Errorf("it is part of the incident still: %v", err)
	}
	if x, n := o.detail(bad.Ticket), strings.Join(o.notes(bad.Ticket), "\n"); !x.State.Open() || strings.Count(n, "still shows “vpn.down”") != 1 {
		t.Errorf("whose machine still shows it has %s, %q", x.State, n)
	}
	rows, _, err := o.Desk.List(ctx, me, desk.Query{Order: desk.Newest, Limit: 10})
	must(t, err)
	if len(rows) != 1 || rows[0].Title != "VPN" || rows[0].Body != "Es soll vorbei sein, und bei mir geht es noch nicht." {
		t.Errorf("who had no ticket has %+v", rows)
	}
	if _, words := o.said(i.ID); words != "3 of 7 say fixed, 2 not, 2 have not answered" {
		t.Errorf("the page says %q", words)
	}

	// Two have not answered, and their machine is away: it is waited for it.
	o.away[other.ID] = true
	o.Skip(2 * time.Hour)
	again()
	if x := o.detail(quiet.Ticket); !x.State.Open() {
		t.Errorf("of a machine that is away the ticket is %s", x.State)
	}
	o.away[other.ID] = false
	again()
	if x := o.detail(quiet.Ticket); x.State != ticket.Resolved || !strings.Contains(x.Solution, "No answer came") || !strings.Contains(x.Solution, "opened again") {
		t.Errorf("who said nothing has %s: %q", x.State, x.Solution)
	}
	got, words := o.said(i.ID)
	if got.Ask.DoneAt.IsZero() || got.Lines[len(got.Lines)-1].Did != incident.DidHear || got.Lines[len(got.Lines)-1].Text != words {
		t.Errorf("all is done, and it says %+v", got.Lines[len(got.Lines)-1])
	}
	if len(o.keeper.Questions(other.ID)) != 0 || len(o.keeper.Questions(o.Endpoint)) != 0 {
		t.Error("somebody is asked for ever")
	}
	// One's word was long on its way: the ticket is opened again, by their own word.
	must(t, o.fixed(other.ID, 5, i.ID, false, nil))
	must(t, o.fixed(other.ID, 4, i.ID, true, nil))
	again()
	if x := o.detail(late.Ticket); !x.State.Open() || x.Reopened != 1 {
		t.Errorf("whose word was late has %s", x.State)
	}
	if x := o.detail(quiet.Ticket); x.State != ticket.Closed {
		t.Errorf("who said yes at last has %s", x.State)
	}
	if x := o.detail(gone.Ticket); x.Solution != "A new cable." {
		t.Errorf("what was solved by hand says %q", x.Solution)
	}
	if _, words := o.said(i.ID); words != "4 of 7 say fixed, 3 not" {
		t.Errorf("at the end the page says %q", words)
	}
}

// testFixedBad leaves the ticket of somebody who says nothing open where their machine still
// shows what it was, and gives up a machine that does not come back.
func testFixedBad(t *testing.T, e Engine) {
	o := &office{World: Open(t, e), t: t, index: contrast.NewIndex(), tickets: map[string]string{}, shows: map[string][]string{}, away: map[string]bool{}}
	o.made.From = o.Now().Add(-time.Hour)
	o.start()
	ctx := t.Context()
	sick := o.as(o.Endpoint, 1, diagnostics.Finding{Code: "vpn.down", Severity: diagnostics.Critical, Sentence: "The VPN is down."})
	i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "VPN", Tickets: []string{sick.Ticket}})
	must(t, err)
	// It is over five minutes before the desk closes: nobody is taken at their silence overnight.
	o.open(9, 17)
	o.start()
	o.Skip(o.Now().Truncate(24 * time.Hour).Add(16*time.Hour + 55*time.Minute).Sub(o.Now()))
	over, err := o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "Up.", 10*time.Minute)
	must(t, err)
	if want := over.Ask.At.Truncate(24 * time.Hour).Add(33*time.Hour + 5*time.Minute); over.Ask.Until.Sub(want).Abs() > time.Second {
		t.Errorf("it is waited until %v, and should be until %v", over.Ask.Until, want)
	}
	me, err := o.Desk.PersonOf(ctx, o.Endpoint, "1")
	must(t, err)
	if mine, err := o.keeper.Mine(ctx, me); err != nil || len(mine) != 1 || mine[0].Title != "VPN" || mine[0].Number != 0 {
		t.Errorf("in the portal they are asked %+v, %v", mine, err)
	}
	wantCode(t, o.keeper.FixedMe(ctx, o.Anna, i.ID, true, ""), fault.Forbidden)
	o.shows[o.Endpoint] = []string{"disk.full", "vpn.down"}
	o.Skip(12 * time.Hour)
	must(t, o.keeper.Look(ctx))
	if mine, err := o.keeper.Mine(ctx, me); err != nil || len(mine) != 1 || len(o.notes(sick.Ticket)) != 0 {
		t.Errorf("in the night it is done: %+v, %v, %q", mine, err, o.notes(sick.Ticket))
	}
	o.Skip(5 * time.Hour)
	for range 2 {
		must(t, o.keeper.Look(ctx))
	}
	if x, n := o.detail(sick.Ticket), strings.Join(o.notes(sick.Ticket), "\n"); !x.State.Open() || strings.Count(n, "Nobody has answered whether it is fixed, and the computer still shows “vpn.down”") != 1 {
		t.Errorf("it is %s, and says %q", x.State, n)
	}
	if mine, err := o.keeper.Mine(ctx, me); err != nil || len(mine) != 0 {
		t.Errorf("they are asked still: %+v, %v", mine, err)
	}
	must(t, o.keeper.FixedMe(ctx, me, i.ID, false, "")) // the page was open since
	must(t, o.keeper.Look(ctx))
	if _, words := o.said(i.ID); words != "0 of 1 says fixed, 1 not" {
		t.Errorf("the page says %q", words)
	}
	o.again()
	o.reads()
}
