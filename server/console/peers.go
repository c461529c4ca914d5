package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	stock "github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/peers"
)

// Peers compares machines.
type Peers interface {
	Compare(ctx context.Context, actor auth.Actor, endpoint string) (peers.Comparison, error)
	AccessPoints(actor auth.Actor, endpoint string) ([]string, error)
	// Form is what sort of machine an endpoint is; "" while it has not told.
	Form(actor auth.Actor, endpoint string) (string, error)
}

type peersView struct {
	Frame    frame
	Endpoint noc.View
	peers.Comparison
	Changes *stock.Changes
}

// peersPath is where a machine is compared with its peers.
func peersPath(endpoint string) string { return "/endpoints/" + endpoint + "/peers" }

// peersPage shows how a machine differs from those that should be like it.
func (c *Console) peersPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := peersView{}
	var err error
	if v.Frame, err = c.frame(r, actor, atEndpoints, "Against its peers", ""); err != nil {
		return err
	}
	d, err := c.Fleet.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	v.Endpoint = d.View
	if v.Comparison, err = c.Peers.Compare(r.Context(), actor, d.ID); err != nil {
		return err
	}
	v.Changes = changesOf(v.Comparison, c.Now())
	return c.out.Show(w, r, http.StatusOK, peersWhole(v))
}

// changesOf are the changes as pages show those of a machine.
func changesOf(c peers.Comparison, now time.Time) *stock.Changes {
	out := &stock.Changes{Since: now.Add(-peers.ChangesOf)}
	for _, x := range c.Changes {
		out.Changes = append(out.Changes, stock.Change{At: x.At, After: x.After, Kind: stock.Kind(x.Kind), Did: string(x.Did), What: x.Name, From: x.From, To: x.To})
	}
	return out
}

// peersPanel says beside a ticket in short how its machine differs from its peers.
func (c *Console) peersPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	if v.Ticket.Endpoint == "" {
		return nil, nil
	}
	return c.peersInShort(ctx, actor, v.Ticket.Endpoint, "h3")
}

// peersInShort is nil where there is nothing to compare: of most machines nothing is
// known before their agents are new enough.
func (c *Console) peersInShort(ctx context.Context, actor auth.Actor, endpoint, level string) (templ.Component, error) {
	if auth.Authorise(actor, auth.EndpointsRead, auth.Object{}) != nil {
		return nil, nil //nolint:nilerr // who may not see it is shown nothing
	}
	x, err := c.Peers.Compare(ctx, actor, endpoint)
	if err != nil || !x.Known {
		return nil, nil //nolint:nilerr // an identity that was withdrawn is compared with nobody
	}
	return peersShort(endpoint, level, x), nil
}

// peersGroup is one list of the page.
type peersGroup struct {
	Title, Words string
	Lines        []peers.Line
}

func peersGroups(lines []peers.Line) []peersGroup {
	var out []peersGroup
	for _, g := range []struct {
		title, words string
		hows         []peers.How
	}{
		{"Older or newer than usual", "Most of its peers have another version.", []peers.How{peers.Older, peers.Newer}},
		{"Missing", "Nearly all of its peers have it.", []peers.How{peers.Lacks}},
		{"Set up in another way", "Most of its peers are set up differently.", []peers.How{peers.Differs}},
		{"Only here", "Hardly any of its peers has it.", []peers.How{peers.Alone}},
	} {
		one := peersGroup{Title: g.title, Words: g.words}
		for _, l := range lines {
			if slices.Contains(g.hows, l.How) {
				one.Lines = append(one.Lines, l)
			}
		}
		if len(one.Lines) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// peersWho says whom a machine is compared with.
func peersWho(c peers.Comparison) string {
	who := kit.Plural(c.Peers, "1 machine with the same system at this site", "%d machines with the same system at this site")
	if c.Model != "" {
		who += ", of the same model"
	}
	return who
}

func peersFew(c peers.Comparison) string {
	s := "There are too few machines like it to compare with: "
	if c.Peers == 0 {
		s += "none has the same system at this site"
	} else {
		s += kit.Plural(c.Peers, "only 1 has the same system at this site", "only %d have the same system at this site")
	}
	s += " and has told what it is made of. At least 5 are needed."
	if c.Silent > 0 {
		s += " " + kit.Plural(c.Silent, "1 more at the site has not told yet.", "%d more at the site have not told yet.")
	}
	return s
}

// separated is what stands before a word, if there is one.
func separated(word string) string {
	if word == "" {
		return ""
	}
	return ", "
}

func counted(l peers.Line) string { return strconv.Itoa(l.Count) + " of " + strconv.Itoa(l.Of) }

// peersWords is a difference as a sentence: words, a value, words, a value, words.
// Values are the machines' own text and stand apart.
func peersWords(l peers.Line) [5]string {
	mine, usual := kit.Clip(l.Mine, 80), kit.Clip(l.Usual, 80)
	switch {
	case l.How == peers.Lacks && usual == "":
		return [5]string{counted(l) + " have it, this one does not."}
	case l.How == peers.Lacks:
		return [5]string{counted(l) + " have it, most of them ", usual, ", this one does not."}
	case l.How == peers.Alone:
		others := "; " + counted(l) + " others do."
		if l.Count == 0 {
			others = "; none of " + strconv.Itoa(l.Of) + " others does."
		}
		if mine == "" {
			return [5]string{"This one has it" + others}
		}
		return [5]string{"This one has it, ", mine, others}
	}
	if usual == "" {
		usual = "no version"
	}
	if mine == "" {
		mine = "none"
	}
	return [5]string{counted(l) + " have ", usual, ", this one " + judged(l.How), mine, "."}
}

// judged is what stands before this machine's own version.
func judged(h peers.How) string {
	switch h {
	case peers.Older:
		return "the older "
	case peers.Newer:
		return "the newer "
	}
	return ""
}
