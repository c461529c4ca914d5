package server

import (
	"crypto/ed25519"
	"time"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics/reach"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/synthetic"
	"github.com/deskbell/deskbell/server/watch"
)

// newChecks makes what looks at services. What it finds goes into the time series, and
// rules over it raise the alerts.
func (s *Server) newChecks(identity ed25519.PrivateKey) (*synthetic.Keeper, error) {
	runner := &reach.Runner{Resolvers: ownResolvers, Agent: "Deskbell/" + s.o.Version}
	return synthetic.New(synthetic.Options{
		Store: s.db.Checks(), Key: identity.Seed(), Look: runner.Run, Fleet: &vantage{fleet: s.fleet}, Put: s.series.Put, Now: time.Now, Log: s.log,
		// The devices are made after the checks, and asked once both run.
		Others:   func() []synthetic.Witness { return s.devices.Witnesses() },
		Category: func(id string) bool { return rulebook.NameOf[*rulebook.Category](s.rulebook.Book(), id) != "" },
	})
}

// checkFacts adds the services to what alerts can be about.
func (s *Server) checkFacts(to map[string]watch.Facts) {
	s.checks.Each(func(id, name string, severity alert.Severity, says string, places []string) {
		to[id] = watch.Facts{Name: name, Severity: severity, Says: says, Places: places, Check: true}
	})
}

// failing are the services that do not answer, as outages are found by them.
func (s *Server) failing() (out []correlate.Down) {
	for _, f := range s.checks.Failing() {
		out = append(out, correlate.Down{About: f.About, Check: f.Name, Since: f.Since, Fails: f.Fails})
	}
	return out
}

// ownResolvers are the name servers of the server's machine, where it says them in the
// file that all Unix systems have.
func ownResolvers() []string {
	c, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	return c.Servers
}
