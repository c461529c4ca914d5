package incident

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/server/announce"
)

// crowd is what is known of whom an outage of a service at a place concerns. All lists are
// of machines.
type crowd struct {
	service, where string          // in words: “VPN”, “in Lyon”
	place          []string        // those at the place
	by             string          // by what it is known who uses the service: “with Outlook”
	sure           bool            // that needs nobody who rang to bear it out
	uses           map[string]bool // those of which that is so
	mute           map[string]bool // those of which nobody can say
	rang           map[string]bool // something about the service came from there lately
	fails          map[string]bool // they show the outage themselves
	hit            map[string]bool // of those who reported it, or said that it hits them too; wherever they are
}

// Audience is whom an announcement of an outage is proposed for, and why these.
type Audience struct {
	Machines []string // ids; none: the whole place
	Words    string   // one sentence, for the staff; empty: there is nothing to explain
	Widen    string   // whom it can be widened to: “everybody in Lyon”; empty: it is as wide as its place
}

// choose draws the circle: those at the place who use the service, those of whom nobody
// knows, and all who have said that it hits them. Where nothing tells who uses it, or what
// seems to tell does not fit those who rang, it is the whole place.
func (c *crowd) choose() Audience {
	all := fmt.Sprintf("%s %s", plural(len(c.place), "the 1 computer", "all %d computers"), c.whereabouts())
	used, rang, known := 0, 0, 0
	for _, m := range c.place {
		if c.uses[m] {
			used++
		}
	}
	for m := range c.hit {
		switch {
		case c.uses[m]:
			rang, known = rang+1, known+1
		case !c.mute[m]:
			known++
		}
	}
	switch {
	case used == 0:
		return Audience{Words: fmt.Sprintf("Nothing tells which computers %s use %s, so it is for %s.", c.whereabouts(), c.service, all)}
	case 4*rang < 3*known:
		return Audience{Words: fmt.Sprintf("Among the computers that reported it %d of %d are ones %s, which does not tell who uses %s, so it is for %s.", rang, known, c.by, c.service, all)}
	case rang == 0 && !c.sure:
		return Audience{Words: fmt.Sprintf("No computer %s has reported it, so that is not sure to tell who uses %s, and it is for %s.", c.by, c.service, all)}
	}
	var ids []string
	in := map[string]bool{}
	add := func(m string, why *int) {
		if !in[m] {
			in[m], ids = true, append(ids, m)
			*why++
		}
	}
	var n struct{ uses, hit, fails, rang, mute int }
	for _, m := range c.place {
		if c.uses[m] {
			add(m, &n.uses)
		}
	}
	for m := range c.hit {
		add(m, &n.hit)
	}
	for _, m := range c.place {
		switch {
		case c.fails[m]:
			add(m, &n.fails)
		case c.rang[m]:
			add(m, &n.rang)
		case c.mute[m]:
			add(m, &n.mute)
		}
	}
	if len(ids) > announce.MaxEndpoints {
		return Audience{Words: fmt.Sprintf("%d computers %s are concerned, which is more than can be named, so it is for %s.", len(ids), c.whereabouts(), all)}
	}
	slices.Sort(ids)
	parts := []string{fmt.Sprintf("%d %s", n.uses, c.by)}
	say := func(n int, before, after string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d more%s", before, n, after))
		}
	}
	say(n.hit, "it was reported from", "")
	say(n.fails, "it shows on", "")
	say(n.rang, "somebody rang about "+c.service+" from", " within eight weeks")
	say(n.mute, "nothing is known of", "")
	a := Audience{Machines: ids, Words: fmt.Sprintf("It is for %s: %s. There are %d %s.", plural(len(ids), "1 computer", "%d computers"), strings.Join(parts, ", "), len(c.place), c.whereabouts())}
	if len(ids) < len(c.place) {
		a.Widen = "everybody " + c.whereabouts()
	}
	return a
}

func (c *crowd) whereabouts() string {
	if c.where == "" {
		return "at all sites"
	}
	return c.where
}

// tunnelWords are what the names of services have in them that are reached by a tunnel.
var tunnelWords = []string{"vpn", "tunnel", "wireguard", "openvpn", "anyconnect", "globalprotect", "remote access"}

// byTunnel reports whether a service is reached by a tunnel, by its name.
func byTunnel(service string) bool {
	return slices.ContainsFunc(tunnelWords, func(w string) bool { return named(service, w) })
}

// named reports whether a text names something: by all of its words, one after the other.
func named(text, what string) bool {
	words := func(s string) string {
		return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
	}
	w := words(what)
	return len(w) > 2 && strings.Contains(words(text), w)
}
