//go:build !linux

package recorder

import (
	"crypto/rand"
	"time"
)

// systemClock returns the clock that counts from this process's start: each start
// of the agent counts as one of the machine.
func systemClock() (clock Clock, boot string) {
	started := time.Now()
	return func() (time.Time, time.Duration) { return time.Now(), time.Since(started) }, rand.Text()
}
