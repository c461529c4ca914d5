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
// allocates much, after a restart, has that room again within seconds, and gives
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
	lowGC     = 10      // per cent, of a server that allocates next to nothing
	highGC    = 100     // Go's default: what collecting costs is next to nothing then
	marked    = 150_000 // bytes a second for each per cent
	meanOf    = 10      // seconds of which the mean counts
	calmBelow = 50      // per cent, that a burst would be above
	calmAfter = 20      // seconds after which a burst is over
)

// tuner decides once a second.
type tuner struct {
	last    [meanOf]uint64 // what was allocated in the last seconds
	seconds int
	percent int // that is set
	calm    int // seconds without a burst
}

// second takes what was allocated in the last second. It reports whether percent
// has changed, and whether a burst is over by now, which it does once for each.
// Setting percent stops the world for a moment, so it is not done for nothing.
//
// What counts is the mean of some seconds: every quarter of a minute the rules are
// asked, and a second of that is no reason to let a hundred megabytes grow.
func (t *tuner) second(allocated uint64) (set, over bool) {
	t.last[t.seconds%len(t.last)] = allocated
	t.seconds++
	var sum uint64
	for _, n := range t.last {
		sum += n
	}
	want := gcPercent(sum / uint64(len(t.last)))
	if want > t.percent || want < t.percent*3/4 {
		t.percent, set = want, true
	}
	if t.calm++; want > calmBelow {
		t.calm = 0
	}
	return set, t.calm == calmAfter
}

// gcPercent is how much may be garbage, in per cent of what lives, when so many bytes
// are allocated in a second. A collection marks all that lives, and there is one each
// time that so much has become garbage: so what is marked in a second is what is
// allocated in it, divided by this share, however large the heap is. The share is chosen
// so that it is 15 MB/s, which take a thirtieth of a processor. Ten thousand
// endpoints of the usual pace allocate some MB/s, so that a tenth to a fifth is garbage;
// Go's default would have it half of the server's memory.
func gcPercent(perSecond uint64) int {
	return int(min(max(perSecond/marked, lowGC), highGC))
}
