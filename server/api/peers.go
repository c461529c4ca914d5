package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/peers"
)

// Comparison is a machine against its peers.
type Comparison struct {
	Known       bool         `json:"known" doc:"false: the machine has not told what it is made of; an older agent never does."`
	TakenAt     time.Time    `json:"taken_at,omitzero" doc:"Of its facts."`
	Enough      bool         `json:"enough" doc:"false: it has fewer than 5 peers, and is not compared."`
	Peers       int          `json:"peers" doc:"Machines with the same system at the same site, of the same model where those are at least 5."`
	Silent      int          `json:"silent" doc:"Machines at the site that have not told what they are made of."`
	Site        string       `json:"site"`
	System      string       `json:"system" example:"Debian GNU/Linux 12 (bookworm)"`
	Model       string       `json:"model" doc:"Empty: the peers are of any model."`
	Differences []Difference `json:"differences" nullable:"false" doc:"The surest first, 200 at most."`
	More        int          `json:"more" doc:"Differences that are left out."`
	Same        int          `json:"same" doc:"What nearly all peers have and this machine has alike."`
	Changes     []FactChange `json:"changes" nullable:"false" doc:"What has changed on the machine in 30 days, the newest first, 100 at most."`
}

// Difference is one thing in which a machine differs.
type Difference struct {
	How   peers.How  `json:"how" enum:"lacks,alone,older,newer,differs" doc:"lacks: at least 90 % of the peers have it and this machine does not; alone: at most 10 % have it; older, newer, differs: than the value that most have."`
	Kind  stock.Kind `json:"kind" example:"software"`
	Name  string     `json:"name" example:"firefox-esr"`
	Mine  string     `json:"mine" doc:"This machine's version or value." example:"128.14.0esr-1"`
	Usual string     `json:"usual" doc:"The peers' commonest." example:"128.15.0esr-1"`
	Count int        `json:"count" doc:"Peers that have it, or the usual value."`
	Of    int        `json:"of" doc:"Peers that could tell, or that have it at all."`
	Since time.Time  `json:"since,omitzero" doc:"When the machine became as it is; left out: not known."`
	From  string     `json:"from,omitempty" doc:"What it had before."`
}

// FactChange is something that has changed on a machine.
type FactChange struct {
	At    time.Time  `json:"at" doc:"When it was noticed."`
	After time.Time  `json:"after,omitzero" doc:"It did not happen before."`
	Kind  stock.Kind `json:"kind" example:"software"`
	Name  string     `json:"name"`
	Did   stock.Did  `json:"did" enum:"added,removed,changed"`
	From  string     `json:"from,omitempty"`
	To    string     `json:"to,omitempty"`
}

func (a *API) peers() {
	add(a, auth.EndpointsRead, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints/{id}/peers", Tags: []string{endpointTag}, Summary: "Compare an endpoint with its peers",
		Description: "In what a machine differs from those with the same system at the same site: software, drivers, services, network, with counts and dates.",
	}, a.comparePeers)
}

type comparisonOut struct{ Body Comparison }

func (a *API) comparePeers(ctx context.Context, actor auth.Actor, in *EndpointPath) (*comparisonOut, error) {
	c, err := a.Peers.Compare(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := Comparison{
		Known: c.Known, TakenAt: utc(c.TakenAt), Enough: !c.Few(), Peers: c.Peers, Silent: c.Silent, Site: c.Site, System: c.System, Model: c.Model,
		Differences: []Difference{}, More: c.More, Same: c.Same, Changes: []FactChange{},
	}
	for _, l := range c.Lines {
		out.Differences = append(out.Differences, Difference{How: l.How, Kind: l.Kind, Name: l.Name, Mine: l.Mine, Usual: l.Usual, Count: l.Count, Of: l.Of, Since: utc(l.Since), From: l.From})
	}
	for _, x := range c.Changes {
		out.Changes = append(out.Changes, FactChange{At: utc(x.At), After: utc(x.After), Kind: x.Kind, Name: x.Name, Did: x.Did, From: x.From, To: x.To})
	}
	return &comparisonOut{out}, nil
}
