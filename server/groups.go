package server

import (
	"context"
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
		Followers: s.followers(),
	})
}

// followers know groups by their names. They are held in the order in which they ask each
// other; what holds alerts back is the last, so that nothing is told in between of what a
// window of the group holds.
func (s *Server) followers() []group.Follower {
	type renamer interface {
		RenameGroup(ctx context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error
	}
	type namer interface {
		GroupNamed(from, to string) (follows, stays []string)
	}
	late := func(of group.Kind, keeper func() renamer) group.Follower { // they are made after the groups
		return group.Follower{
			Of: of,
			Named: func(from, to string) (follows, stays []string) {
				if n, is := keeper().(namer); is {
					return n.GroupNamed(from, to)
				}
				return nil, nil
			},
			Rename: func(ctx context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
				return keeper().RenameGroup(ctx, from, to, write, then)
			},
		}
	}
	return []group.Follower{
		late(group.Policies, func() renamer { return s.oncall }),
		late(group.Mailings, func() renamer { return s.mailings }),
		late(group.Channels, func() renamer { return s.notify }),
		late(group.Hours, func() renamer { return s.availability }),
		late(group.Holds, func() renamer { return s.watch }),
	}
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
