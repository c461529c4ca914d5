package storetest

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fleet/scenario"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/peers"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
)

// officeFleet is where the machines of an office are: those in Berlin at its one site.
type officeFleet struct{ o *office }

func (f officeFleet) SiteOf(endpoint string) string {
	for _, m := range f.o.made.Machines {
		if m.ID == endpoint {
			return f.at(m.Site)
		}
	}
	return f.o.Site.ID
}

// at is the id of a site.
func (f officeFleet) at(site string) string {
	if site == "Berlin" {
		return f.o.Site.ID
	}
	return site
}

func (f officeFleet) Machines(tell func(id, name, site string, online bool)) {
	for _, m := range f.o.made.Machines {
		tell(m.ID, m.ID, f.SiteOf(m.ID), true)
	}
}

// whom has the VPN fail in Berlin: told are those there who have had a tunnel this week,
// those of whom nobody knows, and all who have said that it hits them, wherever they are and
// however late they said so; and nobody else.
func (o *office) whom() {
	t, ctx := o.t, o.t.Context()
	t.Helper()
	_, err := o.Rules.PutBySystem(ctx, &rulebook.Category{Entry: rulebook.Entry{ID: "vpn", Name: "VPN"}})
	must(t, err)
	none := []stock.Fact{{Kind: stock.Read, Name: string(stock.Tunnel)}}
	up := append(slices.Clone(none), stock.Fact{Kind: stock.Tunnel, Name: "wg"})
	o.made.Machines = []scenario.Machine{{ID: o.Endpoint, Site: "Berlin"}, {ID: "up", Site: "Berlin"}, {ID: "mute", Site: "Berlin"}, {ID: "without", Site: "Berlin"}, {ID: "far", Site: "Paris"}, {ID: "far too", Site: "Paris"}}
	for id, facts := range map[string][]stock.Fact{o.Endpoint: none, "without": none, "far": up, "far too": none} {
		o.index.Set(id, "", o.Now(), facts)
	}
	o.start()
	rung := o.Ring(t, "01VPN", "No VPN")
	i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "No VPN", Cell: incident.Cell{Kind: correlate.Site, Name: "Berlin", About: "vpn"}, Tickets: []string{rung.Ticket}})
	must(t, err)
	proposed := func(reach announce.Reach, words string, names ...string) incident.Telling {
		t.Helper()
		d, err := o.keeper.Prefill(ctx, o.Anna, i.ID)
		must(t, err)
		slices.Sort(names)
		if slices.Sort(d.Endpoints); d.Reach != reach || !slices.Equal(d.Endpoints, names) || !slices.Equal(d.Sites, []string{o.Site.ID}) || !strings.Contains(d.Words, words) {
			t.Errorf("it would be announced to %s %q %q: %q", d.Reach, d.Sites, d.Endpoints, d.Words)
		}
		return d
	}
	proposed(announce.AtSites, "Nothing tells which computers in Berlin use VPN, so it is for all 4 computers in Berlin.")
	o.index.Set("up", "", o.Now(), up)
	proposed(announce.AtSites, "Among the computers that reported it 0 of 1 are ones with a tunnel")
	// The one that reported it had a tunnel until an hour ago.
	must(t, o.DB.Peers().SaveFacts(ctx, peers.Stored{Endpoint: o.Endpoint, Hash: "h", TakenAt: o.Now(), Doc: stock.Pack(none)}, []stock.Change{{At: o.Now().Add(-time.Hour), Kind: stock.Tunnel, Name: "wg", Did: stock.Removed}}))
	d := proposed(announce.OnChosen, "It is for 3 computers: 2 with a tunnel within the week, nothing is known of 1 more. There are 4 in Berlin.", o.Endpoint, "mute", "up")
	if d.Widen != "everybody in Berlin" {
		t.Errorf("it could be widened to %q", d.Widen)
	}

	told := o.telling()
	must(t, told.Load(ctx))
	d.Endpoints = []string{"up"} // somebody has narrowed it by hand
	a, err := told.Begin(ctx, o.Ben, d.Draft)
	must(t, err)
	hears := func(endpoint string) bool {
		t.Helper()
		fresh := o.telling()
		must(t, fresh.Load(ctx))
		_, list := fresh.For(endpoint)
		return slices.ContainsFunc(list, func(w wire.Announcement) bool { return w.ID == a.ID })
	}
	for range 3 {
		must(t, o.keeper.Look(ctx))
	}
	after, err := told.Get(ctx, o.Anna, a.ID)
	must(t, err)
	if !hears(o.Endpoint) || hears("mute") || hears("far") || after.Version != a.Version || after.Told != a.Told {
		t.Errorf("who reported it is told: %v; it is %+v", hears(o.Endpoint), after)
	}
	log, err := o.AuditLog(ctx, "announcement:"+a.ID, 0, 10)
	must(t, err)
	if len(log) != 2 || log[0].Action != audit.AnnouncementChanged {
		t.Errorf("the audit log has %+v", log)
	}
}

// open has the desk be open from one hour of working days to another.
func (o *office) open(from, to int) {
	o.t.Helper()
	c := &rulebook.Calendar{Entry: rulebook.Entry{ID: "open", Name: "Open"}, Calendar: sla.Calendar{Zone: "UTC"}}
	for d := 1; d <= 5; d++ {
		c.Week = append(c.Week, sla.Weekday{Day: d, Spans: []sla.Span{{From: sla.Minute(from * 60), To: sla.Minute(to * 60)}}})
	}
	_, err := o.Rules.PutBySystem(o.t.Context(), c)
	must(o.t, err)
	k := clocks.New(clocks.Options{Store: o.DB.Clocks(), Write: o.DB.Desk(), Book: o.Rules.Book, Changed: o.Rules.Changed, Live: live.New(), Now: o.Now, Log: slog.New(slog.DiscardHandler)})
	o.after = func(ctx context.Context, tickets []string, at time.Time, d time.Duration) (time.Time, error) {
		return k.After(ctx, tickets, "open", at, d)
	}
}
