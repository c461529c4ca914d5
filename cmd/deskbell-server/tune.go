package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// tune trades processor for memory while nobody needs the processor: most of the
// heap of a server with many connections lives long, so that the room for garbage
// is what can be saved. A server that allocates little collects early; one that
// allocates much, after a restart, has that room again within a second, and gives
// the pages back when it is over. It ends with ctx. GOGC in the environment wins.
func tune(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before, t := allocated[0].Value.Uint64(), tuner{}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		metrics.Read(allocated)
		after := allocated[0].Value.Uint64()
		set, calm := t.second(after - before)
		if set {
			debug.SetGCPercent(t.percent)
		}
		if calm {
			debug.FreeOSMemory()
		}
		before = after
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

const (
	lowGC     = 10 // per cent, of a server that allocates next to nothing
	calmBelow = 20 // per cent, that a burst would be above
	calmAfter = 20 // seconds after which a burst is over
)

// tuner decides once a second.
type tuner struct {
	percent int // that is set
	calm    int // seconds without a burst
}

// second takes what was allocated in the last second. It reports whether percent
// has changed, and whether a burst is over by now, which it does once for each.
// Setting percent stops the world for a moment, so it is not done for nothing.
func (t *tuner) second(allocated uint64) (set, over bool) {
	want := gcPercent(allocated)
	if want > t.percent || want < t.percent*3/4 {
		t.percent, set = want, true
	}
	if t.calm++; want > calmBelow {
		t.calm = 0
	}
	return set, t.calm == calmAfter
}

// gcPercent is how much may be garbage, in per cent of what lives, when so many
// bytes were allocated in a second. 15 000 idle endpoints allocate 1.4 MB/s: there
// a tenth is collected every 20 s. At 3 300 health messages a second it is 7 MB/s:
// collecting a tenth every 4 s would make tickets wait, and Go's default does not.
func gcPercent(perSecond uint64) int {
	const idle, step = 1_500_000, 50_000
	return lowGC + int(min(100-lowGC, (max(perSecond, idle)-idle)/step))
}
