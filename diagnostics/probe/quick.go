package probe

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// pace is how long a check-up takes its time.
type pace struct {
	deadline time.Duration // of a section
	network  time.Duration // of the network's, which asks one thing after another
	grace    time.Duration // for a collector that keeps the deadline and hands over what it has
	interval time.Duration // over which rates and shares are measured
	quick    bool
}

// paceOf returns the pace of a request. The sentences that people read name the
// deadlines of the full one.
func paceOf(r Request) pace {
	if r.Quick {
		return pace{deadline: 750 * time.Millisecond, network: 750 * time.Millisecond, grace: 150 * time.Millisecond, interval: 400 * time.Millisecond, quick: true}
	}
	return pace{deadline: Deadline, network: 2 * Deadline, grace: grace, interval: interval}
}

func (p pace) of(name diagnostics.SectionName) time.Duration {
	if name == diagnostics.SectionNetwork {
		return p.network
	}
	return p.deadline
}

// noAnswer is the note of a section that was given up.
func noAnswer(after time.Duration) string {
	return fmt.Sprintf("No answer in %g s.", after.Seconds())
}
