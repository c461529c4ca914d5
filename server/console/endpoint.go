package console

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/noc"
)

type endpointView struct {
	Groups    []string // the names of those that it is in
	Points    []string // the access points that it is at
	Form      string   // laptop, desktop, …; "" while it has not told
	Frame     frame
	Endpoint  noc.Detail
	Inventory *wire.Inventory
	Snapshots []desk.Snapshot
	Tickets   []desk.Row
	Asks      []kit.Answer
	Readings  []readingRow
	Range     span
	Events    chartEvents
	Ribbons   []ribbon
	Tools     toolbox
	Alerts    templ.Component // nil: nothing fires
	Peers     templ.Component // nil: nothing is known of it
	// Maintained are the windows in which it is worked on now.
	Maintained []alert.Hold
}

// span is how far back the charts go.
type span struct {
	Key, Word string
	Long      time.Duration
}

func spans() []span {
	return []span{{"1h", "1 hour", time.Hour}, {"6h", "6 hours", 6 * time.Hour}, {"24h", "24 hours", 24 * time.Hour}}
}

func spanOf(key string) span {
	for _, s := range spans() {
		if s.Key == key {
			return s
		}
	}
	return spans()[0]
}

// endpointPage shows one endpoint.
func (c *Console) endpointPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ctx, id := r.Context(), r.PathValue("id")
	var v endpointView
	var err error
	if v.Frame, err = c.frame(r, actor, atEndpoints, "Endpoint", "endpoint,ticket"); err != nil {
		return err
	}
	if v.Endpoint, err = c.Fleet.Get(ctx, actor, id); err != nil {
		return err
	}
	v.Frame.doc.Title, v.Frame.doc.Scripts = v.Endpoint.Name, []string{"charts.js"}
	v.Frame.doc.Live += "&sample=" + id
	v.Groups = c.Groups.Of(id)
	v.Maintained = c.maintainedNow(actor, v.Endpoint.View)
	v.Tools = toolbox{Action: "/endpoints/" + id + "/asks", Machine: &v.Endpoint.View, Reach: reachOf(actor, v.Endpoint, "/endpoints/"+id+"/acts")}
	v.Range = spanOf(r.URL.Query().Get("range"))
	if len(v.Endpoint.Inventory) > 0 {
		var inv wire.Inventory
		if err := json.Unmarshal(v.Endpoint.Inventory, &inv); err == nil {
			v.Inventory = &inv
		}
	}
	list, err := c.Asks.List(ctx, actor, ask.Query{Endpoint: id, Limit: 20})
	if err != nil {
		return err
	}
	v.Asks = answers(list)
	if v.Tickets, _, err = c.Desk.List(ctx, actor, desk.Query{Endpoint: id, Order: desk.Newest, Limit: maxEventTickets}); err != nil {
		return err
	}
	if v.Events, err = c.endpointEvents(ctx, actor, id, v.Tickets, c.Now().Add(-v.Range.Long)); err != nil {
		return err
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, endpointAgain(v))
	}
	if v.Snapshots, err = c.Desk.Snapshots(ctx, actor, id, 20); err != nil {
		return err
	}
	if v.Alerts, err = c.endpointAlerts(actor, id); err != nil {
		return err
	}
	if v.Points, err = c.Peers.AccessPoints(actor, id); err != nil {
		return err
	}
	if v.Form, err = c.Peers.Form(actor, id); err != nil {
		return err
	}
	if v.Peers, err = c.peersInShort(ctx, actor, id, "h2"); err != nil {
		return err
	}
	if v.Readings, err = c.readings(r, id, v.Range.Long); err != nil {
		return err
	}
	if v.Ribbons, err = c.ribbons(ctx, id, v.Endpoint.EnrolledAt); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, endpointWhole(v))
}

// endpointCard shows an endpoint in short, for the wall.
func (c *Console) endpointCard(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	d, err := c.Fleet.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	tickets, _, err := c.Desk.List(r.Context(), actor, desk.Query{Endpoint: d.ID, Open: true, Limit: 5})
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, endpointInShort(d, tickets, c.maintainedNow(actor, d.View)))
}

// releaseEndpoint lets a held endpoint connect again.
func (c *Console) releaseEndpoint(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.keep(w, r, c.Registry.Release(r.Context(), actor, r.PathValue("id")))
}

// withdrawEndpoint ends an endpoint's identity for good.
func (c *Console) withdrawEndpoint(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.keep(w, r, c.Registry.Withdraw(r.Context(), actor, r.PathValue("id")))
}

func (c *Console) keep(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return kit.Back(w, r, "/endpoints/"+r.PathValue("id"))
}

// snapshotPage shows a stored snapshot.
func (c *Console) snapshotPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	d, err := c.Fleet.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	stored, s, err := c.snapshot(r.Context(), actor, r.PathValue("snapshot"))
	if err != nil {
		return err
	}
	if s == nil || stored.Endpoint != d.ID {
		return fault.New(fault.NotFound, "There is no such snapshot of this endpoint.")
	}
	f, err := c.frame(r, actor, atEndpoints, "Snapshot of "+d.Name, "")
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, snapshotWhole(f, d.View, stored, s, diagnostics.Judge(*s)))
}
