package noc

import (
	"math"
	"strings"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
)

// Tile is a site on the wall, or a group.
type Tile struct {
	Site    enrol.Site // of a group: none
	Online  int
	Stuck   int // connected, without readings
	Offline int // known to be away, whatever the reason
	Unknown int
	Held    int
	Ill     int // online with a score under IllBelow
	Score   int // the mean of those that have one; -1: none has
	// Of those of which enough is known, how many are usually there at this hour of the
	// week, and how many are there. Both are 0 where nothing is known.
	Expected int
	Present  int
}

// All is how many endpoints it is of.
func (t *Tile) All() int { return t.Online + t.Stuck + t.Offline + t.Unknown + t.Held }

// IllBelow is the score under which an endpoint is said to have a problem.
const IllBelow = 70

// tally counts endpoints into a tile.
type tally struct {
	Tile
	sum, scored int
	expected    float64
}

func (t *tally) add(e *endpoint) {
	if e.expected >= 0 && e.state == enrol.Active && e.presence != Unknown {
		t.expected += float64(e.expected)
		if e.presence.Connected() {
			t.Present++
		}
	}
	switch {
	case e.state == enrol.Held:
		t.Held++
	case e.presence == Unknown:
		t.Unknown++
	case e.presence == Stuck:
		t.Stuck++
	case e.presence.Away():
		t.Offline++
	default:
		t.Online++
		if e.score >= 0 {
			t.sum += int(e.score)
			t.scored++
		}
		if e.score >= 0 && e.score < IllBelow {
			t.Ill++
		}
	}
}

func (t *tally) tile() Tile {
	t.Expected, t.Score = int(math.Round(t.expected)), -1
	if t.scored > 0 {
		t.Score = t.sum / t.scored
	}
	return t.Tile
}

// Sites returns a tile for each site that has endpoints, by name.
func (f *Fleet) Sites(actor auth.Actor) ([]Tile, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var tallies []*tally
	for _, e := range f.inOrder() {
		if e.state == enrol.Revoked {
			continue
		}
		if len(tallies) == 0 || tallies[len(tallies)-1].Site.ID != e.site.ID {
			tallies = append(tallies, &tally{Tile: Tile{Site: *e.site}})
		}
		tallies[len(tallies)-1].add(e)
	}
	var tiles []Tile
	for _, t := range tallies {
		tiles = append(tiles, t.tile())
	}
	return tiles, nil
}

// Groups returns a tile for each group that an endpoint is in. of says in which ones,
// and must not ask the fleet.
func (f *Fleet) Groups(actor auth.Actor, of func(id string) []string) (map[string]Tile, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	tallies := map[string]*tally{}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for id, e := range f.endpoints {
		if e.state == enrol.Revoked {
			continue
		}
		for _, name := range of(id) {
			if tallies[name] == nil {
				tallies[name] = &tally{}
			}
			tallies[name].add(e)
		}
	}
	tiles := make(map[string]Tile, len(tallies))
	for name, t := range tallies {
		tiles[name] = t.tile()
	}
	return tiles, nil
}

// Fact is what an endpoint is, as far as groups are made of it.
type Fact struct{ ID, Name, Site, OS, Platform, Address, Agent string }

// Facts tells of every endpoint that is not withdrawn, in no order.
func (f *Fleet) Facts(tell func(Fact)) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, e := range f.endpoints {
		if e.state != enrol.Revoked {
			agent, _, _ := strings.Cut(version(e.agent), " ")
			tell(Fact{ID: e.id, Name: e.name, Site: e.site.Name, OS: e.os, Platform: e.platform, Address: e.address, Agent: agent})
		}
	}
}
