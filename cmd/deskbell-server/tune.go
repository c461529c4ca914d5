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
	before, now, calm := allocated[0].Value.Uint64(), 0, 0
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		metrics.Read(allocated)
		after := allocated[0].Value.Uint64()
		// Setting it stops the world for a moment, so it is not done for nothing.
		if want := gcPercent(after - before); want > now || want < now*3/4 {
			debug.SetGCPercent(want)
			now = want
		}
		if calm++; now > lowGC {
			calm = 0
		}
		if calm == calmAfter {
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
	calmAfter = 20 // seconds after which a burst of allocations is over
)

// gcPercent is how much may be garbage, in per cent of what lives, when so many
// bytes were allocated in a second. 15 000 idle endpoints allocate 1.4 MB/s: there
// a tenth is collected every 20 s. At 3 300 health messages a second it is 7 MB/s:
// collecting a tenth every 4 s would make tickets wait, and Go's default does not.
func gcPercent(perSecond uint64) int {
	const idle, step = 1_500_000, 50_000
	return lowGC + int(min(100-lowGC, (max(perSecond, idle)-idle)/step))
}
