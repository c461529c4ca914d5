package recorder

import (
	"crypto/rand"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// systemClock returns the kernel's clock that counts from the start, sleep
// included, and the name of this start.
func systemClock() (clock Clock, boot string) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if boot = string(b); err != nil {
		boot = rand.Text() // each start of the agent counts as one of the machine
	}
	return func() (time.Time, time.Duration) {
		var t unix.Timespec
		unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) // every kernel that Go runs on has it
		return time.Now(), time.Duration(t.Nano())
	}, boot
}
