package server

import (
	"crypto/ed25519"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/group"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/watch"
)

// newGroups makes what knows the groups of endpoints: of the fleet it hears what the
// machines are, and of their facts what they have told of themselves.
func (s *Server) newGroups(identity ed25519.PublicKey) *group.Keeper {
	index := s.peers.Index()
	return group.New(group.Options{
		Store: s.db.Groups(), Hash: index.Hash, AccessPoint: func(address string) string { return stock.AccessPointName(identity, address) }, Now: time.Now, Log: s.log,
		Machines: func(tell func(group.Machine)) {
			s.fleet.Facts(func(f noc.Fact) { tell(group.Machine(f)) })
		},
		Facts: func(id string, kinds ...stock.Kind) []stock.Fact {
			facts, _ := index.Of(id, kinds...)
			return facts
		},
		Count: s.countGroups,
		Put: func(series string, at time.Time, v float64, of string) {
			s.series.Put(series, at, v, watch.GroupLabel, of)
		},
	})
}

// countGroups says how the groups do that endpoints are in.
func (s *Server) countGroups(of func(id string) []string) map[string]group.Count {
	tiles, err := s.fleet.Groups(auth.SystemActor("groups"), of)
	if err != nil {
		s.log.Error("the groups could not be counted", "err", err) // the system may do everything
	}
	out := make(map[string]group.Count, len(tiles))
	for name, t := range tiles {
		out[name] = group.Count{Endpoints: t.All(), Online: t.Online, Suffering: t.Ill}
	}
	return out
}

// groupFacts adds the groups to what alerts can be about.
func (s *Server) groupFacts(to map[string]watch.Facts) {
	for _, name := range s.groups.Names() {
		to[watch.GroupSubject(name)] = watch.Facts{Name: name}
	}
}
