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
// allocates much, after a restart, has that room again within a second. It ends
// with ctx. GOGC in the environment wins.
func tune(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before, now := allocated[0].Value.Uint64(), 0
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
		before = after
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// gcPercent is how much may be garbage, in per cent of what lives, when so many
// bytes were allocated in a second: at 2 MB/s a tenth, at 20 MB/s as much as
// Go's default.
func gcPercent(perSecond uint64) int {
	return int(min(100, max(10, perSecond/200_000)))
}
