// Package probe reads the machine: the snapshot of a check-up, the sample of a
// heartbeat, the inventory. It is the only package that knows gopsutil; what
// gopsutil lacks, or where it can hang, is read here directly.
//
// A reading that can hang for ever (a dead network mount, a directory on a dying
// disk) is made in a child process that is killed at its deadline. See RunChild.
package probe

import (
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Options say how a Prober works. The zero value is usable.
type Options struct {
	// Child is the command line that starts this program as a collector's child;
	// the program hands the arguments that follow it to RunChild. Empty means that
	// risky readings are made in this process, where a stuck one cannot be killed.
	Child []string
	// WorkNetworks are the names of wireless networks that are for work besides those
	// with an account for each (802.1X): of others neither the name nor the access point
	// is read.
	WorkNetworks []string
}

// Server is Deskbell's own server as the agent sees it now.
type Server struct {
	Address   string        // host:port; it is tried over TCP unless it is Connected
	Connected bool          // the session is up and proven
	Skew      time.Duration // this machine's clock minus the server's; 0 when unknown
	Problem   string        // why there is no session, when the agent knows better than a TCP connect
	Plain     bool          // it speaks without encryption, which is allowed on this machine only
	Pin       []byte        // SHA-256 of its certificate's public key; empty: the system's authorities vouch
}

// Request says what to read.
type Request struct {
	Sections []diagnostics.SectionName // none means all
	Server   *Server                   // nil when the machine is not enrolled
	// Quick leaves out what takes its time: shorter intervals, no counting of lost
	// packets, no time servers, and whoever is silent is given up within a second.
	Quick bool
}

// Prober reads snapshots. It remembers which mounts did not answer, so that they
// are not asked again each time. It is safe for concurrent use.
type Prober struct {
	options Options
	mounts  breaker
	stock   shelfOfStock

	mu    sync.Mutex
	stuck map[diagnostics.SectionName]time.Time // collectors that were given up and still run, and since when

	hardware func() hardware // read once: it does not change while we run
}

// New returns a Prober.
func New(o Options) *Prober {
	return &Prober{
		options:  o,
		stuck:    map[diagnostics.SectionName]time.Time{},
		hardware: sync.OnceValue(readHardware),
	}
}
