package peers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
)

// What makes a comparison worth the name.
const (
	Fewest      = 5    // peers
	most        = 0.90 // of the peers: what so many share
	commonest   = 0.50 // of those that have it: below that there is no usual version
	maxLines    = 200  // of each list
	ChangesOf   = 30 * 24 * time.Hour
	maxOfChange = 100
)

// How says how a machine differs.
type How string

// The ways.
const (
	Lacks   How = "lacks"   // nearly all peers have it, this one does not
	Alone   How = "alone"   // this one has it, nearly no peer does
	Older   How = "older"   // than the peers' usual version
	Newer   How = "newer"   // likewise
	Differs How = "differs" // another value, and nobody can say which is newer
)

// Line is one difference.
type Line struct {
	How   How
	Kind  stock.Kind
	Name  string
	Mine  string // this machine's value
	Usual string // the commonest of the peers
	Count int    // peers that have it, or the usual value
	Of    int    // peers that could tell, or that have it at all
	Since time.Time
	// From is what the machine had before Since.
	From string
}

// Comparison is a machine against its peers.
type Comparison struct {
	Known   bool      // the machine has told of itself
	TakenAt time.Time // its facts
	Peers   int       // that have told of themselves; fewer than Fewest are not compared with
	Silent  int       // peers that have not
	Site    string
	System  string
	Model   string // empty: they are of any
	Lines   []Line
	More    int // lines that are left out
	Same    int // facts in which it is like nearly all
	Changes []stock.Change
}

// Few reports whether there are too few peers to compare with.
func (c *Comparison) Few() bool { return c.Peers < Fewest }

// Compare compares an endpoint with its peers: machines with the same system at the
// same site, of the same model where those are enough.
func (k *Keeper) Compare(ctx context.Context, actor auth.Actor, endpoint string) (Comparison, error) {
	var c Comparison
	if err := auth.Authorise(actor, auth.EndpointsRead, auth.Object{}); err != nil {
		return c, err
	}
	all := k.members()
	i := slices.IndexFunc(all, func(m Member) bool { return m.ID == endpoint })
	if i < 0 {
		return c, fault.New(fault.NotFound, "There is no such endpoint, or its identity was withdrawn.")
	}
	c.Site = all[i].Site
	_, _, c.TakenAt, c.Known = k.index.Facts(endpoint)
	if !c.Known {
		return c, nil
	}
	list, err := k.store.Changes(ctx, endpoint, k.now().Add(-stock.KeepFor), keptChanges)
	if err != nil {
		return c, err
	}
	c.Changes = recent(list, k.now().Add(-ChangesOf))
	peers := k.peersOf(&c, all, all[i])
	if c.Few() {
		return c, nil
	}
	shares, _ := k.index.Shares(endpoint, peers)
	c.differ(shares)
	c.date(list)
	return c, nil
}

func recent(list []stock.Change, from time.Time) []stock.Change {
	var out []stock.Change
	for _, x := range list {
		if !x.At.Before(from) && len(out) < maxOfChange {
			out = append(out, x)
		}
	}
	return out
}

// AccessPoints are those that an endpoint is at, by the names that it tells.
func (k *Keeper) AccessPoints(actor auth.Actor, endpoint string) ([]string, error) {
	if err := auth.Authorise(actor, auth.EndpointsRead, auth.Object{}); err != nil {
		return nil, err
	}
	facts, _ := k.index.Of(endpoint, stock.AccessPoint)
	names, _ := stock.AccessPointsOf(facts)
	return names, nil
}

// Form is what sort of machine an endpoint is, of stock.Forms; "" while it has not told.
func (k *Keeper) Form(actor auth.Actor, endpoint string) (string, error) {
	if err := auth.Authorise(actor, auth.EndpointsRead, auth.Object{}); err != nil {
		return "", err
	}
	if f, _ := k.index.Value(endpoint, stock.Hardware, stock.FormName); slices.Contains(stock.Forms(), f) {
		return f, nil
	}
	return "", nil
}

// peersOf finds the peers and says what they have in common.
func (k *Keeper) peersOf(c *Comparison, all []Member, me Member) []string {
	c.System, _ = k.index.Value(me.ID, stock.System, "system")
	model, _ := k.index.Value(me.ID, stock.Hardware, "model")
	var site []string
	for _, m := range all {
		if m.SiteID != me.SiteID || m.ID == me.ID {
			continue
		}
		if k.index.Hash(m.ID) == "" {
			c.Silent++
			continue
		}
		site = append(site, m.ID)
	}
	near := k.index.Have(site, stock.Fact{Kind: stock.System, Name: "system", Value: c.System})
	nearest := k.index.Have(near, stock.Fact{Kind: stock.Hardware, Name: "model", Value: model})
	if len(nearest) >= Fewest {
		near, c.Model = nearest, model
	}
	c.Peers = len(near)
	return near
}

// differ finds the lines. What says one and the same is not said twice.
func (c *Comparison) differ(shares []contrast.Share) {
	for _, s := range shares {
		if s.Of < Fewest || stock.Passing(s.Kind) { // where a machine is now makes it no better or worse
			continue
		}
		share := float64(s.Have) / float64(s.Of)
		l := Line{Kind: s.Kind, Name: s.Name, Mine: s.Mine, Count: s.Have, Of: s.Of}
		if len(s.Values) > 0 {
			l.Usual = s.Values[0].Value
		}
		switch {
		case !s.Has && share >= most:
			l.How = Lacks
		case s.Has && share <= 1-most:
			l.How, l.Usual = Alone, ""
		case s.Has && len(s.Values) > 0 && s.Values[0].Value != s.Mine && float64(s.Values[0].Count) > commonest*float64(s.Have) && s.Have >= Fewest:
			l.Count, l.Of, l.How = s.Values[0].Count, s.Have, compare(s.Kind, s.Mine, l.Usual)
		default:
			if s.Has && share >= most {
				c.Same++
			}
			continue
		}
		c.Lines = append(c.Lines, l)
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int {
		shares := cmp.Compare(b.Count*a.Of, a.Count*b.Of)
		if a.How == Alone {
			shares = -shares
		}
		return cmp.Or(cmp.Compare(weight(b), weight(a)), shares)
	})
	if over := len(c.Lines) - maxLines; over > 0 {
		c.Lines, c.More = c.Lines[:maxLines], over
	}
}

func compare(k stock.Kind, mine, usual string) How {
	if k == stock.Software || k == stock.Driver || k == stock.Graphics || k == stock.System || k == stock.Update {
		switch order := older(mine, usual); {
		case order < 0:
			return Older
		case order > 0:
			return Newer
		}
	}
	return Differs
}

// weight orders the lines: what nearly all share says most, and what is missing or
// old more than what is there besides.
func weight(l Line) int {
	sure := 0
	if float64(l.Count) >= most*float64(l.Of) {
		sure = 10
	}
	switch l.How {
	case Older:
		return sure + 5
	case Lacks:
		return sure + 4
	case Differs:
		return sure + 3
	case Newer:
		return sure + 2
	}
	return 1
}

// date says since when the machine is as it is, where that is known.
func (c *Comparison) date(changes []stock.Change) {
	type key struct {
		kind stock.Kind
		name string
	}
	newest := map[key]stock.Change{}
	for _, x := range changes { // the newest first
		k := key{x.Kind, x.Name}
		if _, known := newest[k]; !known {
			newest[k] = x
		}
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		x, ok := newest[key{l.Kind, l.Name}]
		if ok && (x.Did == stock.Removed) == (l.How == Lacks) && (l.How == Lacks || x.To == l.Mine) {
			l.Since, l.From = x.At, x.From
		}
	}
}
