package console

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

type nocView struct {
	Frame     frame
	Tiles     []noc.Tile
	Groups    []groupTile
	Sum       noc.Tile
	Attention []noc.View // what is ill or held, the worst first
	Lost      []noc.View // what went without a goodbye within a day
	Loss      *noc.Loss  // many went at once, lately
	Series    metrics.Usage
	Inflow    inflow
	Alerts    []watch.Item // what fires, the most urgent first
	Firing    int
	HeldBack  int                 // that fire, and of which nobody is told
	Incidents []incident.Incident // what looks like an outage, and what is one
	Alarm     watch.Alarm         // of the alerts; checks are heartbeats and the like
	Falls     noc.Falls
	As        time.Time
}

// nocPage shows all endpoints at once.
func (c *Console) nocPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.nocView(r, actor)
	if err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "NOC", "endpoint,ticket,alert,incident"); err != nil {
		return err
	}
	v.Frame.doc.Scripts, v.Frame.doc.Fetched = []string{"wall.js"}, "/noc/cells"
	return c.out.Show(w, r, http.StatusOK, nocWhole(v))
}

// nocNow brings the figures and lists beside the wall up to date.
func (c *Console) nocNow(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.nocView(r, actor)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, nocAgain(v))
}

const (
	maxAttention = 40
	lostFor      = 24 * time.Hour
	maxFalls     = 5 // of endpoints, and of sites
)

func (c *Console) nocView(r *http.Request, actor auth.Actor) (nocView, error) {
	v := nocView{Series: c.Series.Usage(), As: c.Now()}
	var err error
	if v.Tiles, err = c.Fleet.Sites(actor); err != nil {
		return v, err
	}
	v.Sum = sum(v.Tiles)
	if v.Groups, err = c.groupTiles(actor); err != nil {
		return v, err
	}
	held, _, err := c.Fleet.List(actor, noc.Query{State: enrol.Held, Limit: maxAttention})
	if err != nil {
		return v, err
	}
	v.Attention = held
	stuck, _, err := c.Fleet.List(actor, noc.Query{Presence: noc.Stuck, State: enrol.Active, Limit: maxAttention})
	if err != nil {
		return v, err
	}
	v.Attention = append(v.Attention, stuck...)
	worst, _, err := c.Fleet.List(actor, noc.Query{Worst: true, Presence: noc.Online, Limit: maxAttention})
	if err != nil {
		return v, err
	}
	for _, e := range worst {
		if e.State == enrol.Active && e.Score >= 0 && e.Score < noc.IllBelow {
			v.Attention = append(v.Attention, e)
		}
	}
	away, _, err := c.Fleet.List(actor, noc.Query{Presence: noc.Silent, State: enrol.Active, Limit: 1000})
	if err != nil {
		return v, err
	}
	for _, e := range away {
		if c.Now().Sub(e.Since) < lostFor && len(v.Lost) < maxAttention {
			v.Lost = append(v.Lost, e)
		}
	}
	if l, ok := c.Fleet.Loss(); ok {
		v.Loss = &l
	}
	if err := c.wallAlerts(actor, &v); err != nil {
		return v, err
	}
	if v.Incidents, err = c.incidentsNow(r, actor); err != nil {
		return v, err
	}
	if v.Falls, err = c.Fleet.Falls(actor, maxFalls); err != nil {
		return v, err
	}
	v.Inflow, err = c.inflow(r, actor)
	return v, err
}

func sum(tiles []noc.Tile) noc.Tile {
	all := noc.Tile{Score: -1}
	scores, n := 0, 0
	for _, t := range tiles {
		all.Online, all.Stuck, all.Offline, all.Unknown, all.Held, all.Ill = all.Online+t.Online, all.Stuck+t.Stuck, all.Offline+t.Offline, all.Unknown+t.Unknown, all.Held+t.Held, all.Ill+t.Ill
		if t.Score >= 0 {
			scores, n = scores+t.Score*t.Online, n+t.Online
		}
	}
	if n > 0 {
		all.Score = scores / n
	}
	return all
}

// cell is an endpoint on the wall: id, name, site, presence, state, score. Lists
// are shorter than objects, and a wall has thousands.
type cell [6]any

type cells struct {
	Sites []cellSite `json:"sites"`
	Cells []cell     `json:"cells"`
}

type cellSite struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// nocCells sends what the wall is drawn from.
func (c *Console) nocCells(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	out := cells{Sites: []cellSite{}, Cells: []cell{}}
	index := map[string]int{}
	list, err := c.Fleet.Cells(actor)
	if err != nil {
		return err
	}
	for _, e := range list {
		i, ok := index[e.Site.ID]
		if !ok {
			i = len(out.Sites)
			index[e.Site.ID] = i
			out.Sites = append(out.Sites, cellSite{e.Site.ID, e.Site.Name})
		}
		out.Cells = append(out.Cells, cell{e.ID, e.Name, i, e.Presence, e.State, e.Score})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(out); err != nil && r.Context().Err() == nil {
		c.Log.Error("the wall's cells were not sent", "err", err)
	}
	return nil
}
