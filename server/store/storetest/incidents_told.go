package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/scenario"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// telling makes what tells employees of outages.
func (o *office) telling() *announce.Keeper {
	return announce.New(announce.Options{
		Store: o.DB.Announcements(), Fleet: officeFleet{o}, Desk: o.Desk, Live: live.New(), Now: o.Now,
		Sites: func(context.Context, auth.Actor) ([]announce.Named, error) {
			return []announce.Named{{ID: o.Site.ID, Name: o.Site.Name}}, nil
		},
	})
}

// notes are what the staff reads at a ticket.
func (o *office) notes(id string) (out []string) {
	o.t.Helper()
	d, err := o.Desk.Get(o.t.Context(), o.Anna, id)
	must(o.t, err)
	for _, e := range d.History {
		if e.Type == ticket.Noted {
			out = append(out, e.Body)
		}
	}
	return out
}

// testIncidentTold has tickets say of which incident they are part, once, and employees be
// told of it: exactly those whom it concerns, until it is resolved; all of that stands in
// the timeline.
func testIncidentTold(t *testing.T, e Engine) {
	o := &office{World: Open(t, e), t: t, index: contrast.NewIndex(), tickets: map[string]string{}}
	o.made.From = o.Now().Add(-time.Hour)
	o.made.Machines = []scenario.Machine{{ID: o.Endpoint, Site: "Berlin"}, {ID: "far", Site: "Paris"}}
	o.start()
	ctx := t.Context()
	rung := o.Ring(t, "01A", "No VPN")
	i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "VPN", Cell: incident.Cell{Kind: correlate.Site, Name: "Berlin"}})
	must(t, err)
	must(t, o.keeper.Look(ctx)) // it came before the incident began
	if got := o.notes(rung.Ticket); len(got) != 0 {
		t.Errorf("it says %q", got)
	}
	_, err = o.keeper.PutIn(ctx, auth.Actor{Kind: auth.Requester, Person: "x"}, i.ID, rung.Ticket)
	wantCode(t, err, fault.Forbidden)
	_, err = o.keeper.PutIn(ctx, o.Ben, i.ID, "none")
	wantCode(t, err, fault.NotFound)
	_, err = o.keeper.PutIn(ctx, o.Ben, i.ID, rung.Ticket)
	must(t, err)
	_, err = o.keeper.PutIn(ctx, o.Ben, i.ID, rung.Ticket)
	wantCode(t, err, fault.Invalid)
	for range 2 {
		must(t, o.keeper.Look(ctx))
		o.Reopen(t)
		o.start()
	}
	if got := o.notes(rung.Ticket); len(got) != 1 || got[0] != "Part of major incident 1: VPN" {
		t.Errorf("it says %q", got)
	}
	later := o.Ring(t, "01B", "No VPN either")
	must(t, o.keeper.Look(ctx))
	must(t, o.keeper.Look(ctx))
	if got := o.notes(later.Ticket); len(got) != 1 {
		t.Errorf("the one that joined says %q", got)
	}
	_, err = o.keeper.TakeOut(ctx, o.Ben, i.ID, later.Ticket)
	must(t, err)
	must(t, o.keeper.Look(ctx))
	must(t, o.keeper.Look(ctx))
	if got := o.notes(later.Ticket); len(got) != 2 || !strings.HasPrefix(got[1], "No part of major incident 1 any more") {
		t.Errorf("the one that was taken out says %q", got)
	}
	if _, ok, err := o.keeper.OfTicket(ctx, o.Anna, later.Ticket); ok || err != nil {
		t.Errorf("it came back by itself: %v", err)
	}

	// Employees are told: those at the site, and those whose machines have the fact.
	d, err := o.keeper.Prefill(ctx, o.Anna, i.ID)
	must(t, err)
	if d.Title != "VPN" || d.Reach != announce.AtSites || len(d.Sites) != 1 || d.Incident.ID != "1" || !d.Since.Equal(i.Since) {
		t.Errorf("it would be announced as %+v", d)
	}
	fact := stock.Fact{Kind: stock.Subnet, Name: "10.1.0.0/24"}
	o.index.Set("far", "", o.made.From, []stock.Fact{{Kind: stock.Read, Name: string(stock.Subnet)}, fact})
	narrow, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "One subnet", Cell: incident.Cell{Kind: fact.Kind, Name: fact.Name}})
	must(t, err)
	if d, err := o.keeper.Prefill(ctx, o.Anna, narrow.ID); err != nil || d.Reach != announce.OnChosen || len(d.Endpoints) != 1 || d.Endpoints[0] != "far" {
		t.Errorf("of one subnet it would tell %+v, %v", d, err)
	}
	d.Sites = []string{o.Site.ID}
	told := o.telling()
	must(t, told.Load(ctx))
	a, err := told.Begin(ctx, o.Ben, d.Draft)
	must(t, err)
	_, err = told.Add(ctx, o.Ben, a.ID, 0, "The provider looks for it.", time.Time{})
	must(t, err)
	must(t, told.Hit(ctx, desk.Message{Endpoint: o.Endpoint, ID: "01HIT", Body: []byte("x"), UID: "4711", Login: "jon"}, a.ID))
	must(t, o.keeper.Look(ctx))
	must(t, o.keeper.Look(ctx))
	_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "It works again.", 0)
	must(t, err)
	must(t, o.keeper.Look(ctx))
	if a, err = told.Get(ctx, o.Anna, a.ID); err != nil || a.Live() || a.Closing != "It works again." {
		t.Errorf("employees are told %+v, %v", a, err)
	}
	got, err := o.keeper.Get(ctx, o.Anna, i.ID)
	must(t, err)
	var lines []string
	for _, l := range got.Lines {
		lines = append(lines, string(l.Did)+" "+l.By.Name)
	}
	want := "opened Anna, joined Ben, joined , taken_out Ben, announced Ben, said Ben, resolved Anna, said "
	if s := strings.Join(lines, ", "); s != want {
		t.Errorf("the timeline is %q, and should be %q", s, want)
	}
	list, err := o.keeper.Announcements(ctx, o.Anna, i.Number)
	must(t, err)
	if len(list) != 1 || list[0].Hits != 1 {
		t.Errorf("it hits %+v", list)
	}
	o.whom()
}
