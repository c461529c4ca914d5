package synthetic

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Fleet knows the computers that can look at services for others.
type Fleet interface {
	// Sites lists those that have computers, by name.
	Sites() []Site
	// At lists the computers of a site that are connected, and not cut off by what they
	// have found of themselves.
	At(site string) []Endpoint
	// There lists the computers that are connected, cut off or not.
	There() []Endpoint
	// Named lists those with this id or this whole name, wherever they are.
	Named(text string) []Endpoint
}

// Site is a place from which services can be looked at.
type Site struct{ ID, Name string }

// Endpoint is a computer that can look.
type Endpoint struct {
	ID, Name, Site string
	Mobile         bool // it has a battery, and may go away
}

// Person is who has a check looked at, for whoever sits at a computer that does so.
type Person struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Role string `json:"role,omitempty"`
}

const (
	usualEach    = 2
	maxEach      = 5
	maxSites     = 20
	maxEndpoints = 20
)

// Places lists from where a check is done.
func (c *Check) Places() []string {
	if c.Away {
		return slices.Clone(c.Sites)
	}
	return append([]string{Server}, c.Sites...)
}

// locate brings the places of a check into their form: sites and computers are named by
// their ids or names, and a computer's site is chosen with it.
func (k *Keeper) locate(c *Check, actor auth.Actor) error {
	c.By = Person{ID: actor.Person, Name: actor.Name, Role: string(actor.Role)}
	if c.Each = cmp.Or(c.Each, usualEach); c.Each < 1 || c.Each > maxEach {
		return fault.Field("each", "At each site 1 to 5 computers look.")
	}
	var sites, endpoints []string
	for _, text := range c.Endpoints {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		found := k.o.Fleet.Named(text)
		switch {
		case len(found) == 0:
			return fault.Field("endpoints", "There is no computer “"+clipped(text)+"”.")
		case len(found) > 1:
			return fault.Field("endpoints", "There are several computers “"+clipped(text)+"”. Give the id of the one that you mean.")
		}
		endpoints = append(endpoints, found[0].ID)
		sites = append(sites, found[0].Site)
	}
	known := k.o.Fleet.Sites()
	for _, text := range c.Sites {
		i := slices.IndexFunc(known, func(s Site) bool { return s.ID == text })
		if i < 0 {
			i = slices.IndexFunc(known, func(s Site) bool { return s.Name == text })
		}
		if i < 0 {
			return fault.Field("sites", "There is no site “"+clipped(text)+"” that has computers.")
		}
		sites = append(sites, known[i].ID)
	}
	slices.Sort(sites)
	slices.Sort(endpoints)
	c.Sites, c.Endpoints = slices.Compact(sites), slices.Compact(endpoints)
	switch {
	case len(c.Sites) > maxSites:
		return fault.Field("sites", "A service is looked at from 20 sites at most.")
	case len(c.Endpoints) > maxEndpoints:
		return fault.Field("endpoints", "At most 20 computers are named.")
	case len(c.Sites) == 0 && c.Away:
		return fault.Field("sites", "Choose from where it is looked at: this server, or a site.")
	case len(c.Sites) > 0:
		return c.Spec.Afar()
	}
	return nil
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// choose orders the computers of a site as they are asked for a check: those that were
// named, if any of this site was, or else all, those that stay where they are first, and
// always the same first, as long as they are there.
func choose(c *Check, here []Endpoint, named bool) []Endpoint {
	out := slices.Clone(here)
	if named {
		out = slices.DeleteFunc(out, func(e Endpoint) bool { return !slices.Contains(c.Endpoints, e.ID) })
	}
	weight := func(e Endpoint) uint64 {
		h := fnv.New64a()
		h.Write([]byte(c.ID + "\x00" + e.ID))
		x := h.Sum64() // whose high bits hardly differ for names that end alike
		x = (x ^ x>>33) * 0xff51afd7ed558ccd
		return x ^ x>>33
	}
	slices.SortFunc(out, func(a, b Endpoint) int {
		switch {
		case a.Mobile != b.Mobile && a.Mobile:
			return 1
		case a.Mobile != b.Mobile:
			return -1
		}
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.ID, b.ID))
	})
	return out
}
