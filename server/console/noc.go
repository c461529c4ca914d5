package console

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

type nocView struct {
	Frame     frame
	Tiles     []noc.Tile
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
)

func (c *Console) nocView(r *http.Request, actor auth.Actor) (nocView, error) {
	v := nocView{Series: c.Series.Usage()}
	var err error
	if v.Tiles, err = c.Fleet.Sites(actor); err != nil {
		return v, err
	}
	v.Sum = sum(v.Tiles)
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

// inflow is how many tickets came in each of the last 24 hours, and how many come
// in such an hour usually.
type inflow struct {
	Hours    []inflowHour // the oldest first
	Most     int
	Today    int
	Expected float64
	Known    bool // there is a past to expect from
}

type inflowHour struct {
	From     time.Time
	Count    int
	Expected float64
}

// weekOf is how many days the expectation looks back.
const weekOf = 7

func (c *Console) inflow(r *http.Request, actor auth.Actor) (inflow, error) {
	now := c.Now()
	hour := now.Unix() / 3600
	counts, err := c.Desk.Inflow(r.Context(), actor, now.Add(-(weekOf+1)*24*time.Hour), time.Hour)
	if err != nil {
		return inflow{}, err
	}
	f := inflow{Most: 1}
	for slot := range counts {
		f.Known = f.Known || slot <= hour-24
	}
	for h := hour - 23; h <= hour; h++ {
		x := inflowHour{From: time.Unix(h*3600, 0), Count: counts[h]}
		for day := range int64(weekOf) {
			x.Expected += float64(counts[h-24*(day+1)]) / weekOf
		}
		f.Hours = append(f.Hours, x)
		f.Today += x.Count
		f.Expected += x.Expected
		f.Most = max(f.Most, x.Count, int(x.Expected+1))
	}
	return f, nil
}

// usual writes an expected number of tickets; a fraction of one says no more than
// that there are hardly any.
func usual(n float64) string {
	if n < 1 {
		return "hardly any"
	}
	return kit.Count(int(n + 0.5))
}

// words says the inflow in a sentence.
func (f inflow) words() string {
	s := kit.Plural(f.Today, "1 ticket in 24 hours", "%d tickets in 24 hours")
	if f.Known {
		s += ", usually " + usual(f.Expected)
	}
	return s
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
