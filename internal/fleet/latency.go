package fleet

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Latency counts durations in buckets that are at most 3 % wide, so that any
// number of them fits into a few kilobytes. It is safe for concurrent use.
type Latency struct {
	counts [64 << fine]atomic.Uint64
	n      atomic.Uint64
	sum    atomic.Int64
	max    atomic.Int64
}

// fine is the number of bits below the highest one that tell buckets apart.
const fine = 5

func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < 1<<fine {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - fine
	return (shift+1)<<fine | int(v>>shift&(1<<fine-1))
}

// upper is the largest duration of a bucket.
func upper(i int) time.Duration {
	if i < 1<<fine {
		return time.Duration(i)
	}
	shift := i>>fine - 1
	return time.Duration((uint64(i&(1<<fine-1))|1<<fine)+1)<<shift - 1
}

// Add counts one.
func (l *Latency) Add(d time.Duration) {
	l.counts[bucket(d)].Add(1)
	l.n.Add(1)
	l.sum.Add(int64(d))
	for {
		old := l.max.Load()
		if int64(d) <= old || l.max.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// Count is how many there are.
func (l *Latency) Count() uint64 { return l.n.Load() }

// Quantile returns the duration that the share q of all does not exceed, 0 when
// there are none. q is in (0, 1].
func (l *Latency) Quantile(q float64) time.Duration {
	n := l.n.Load()
	want := max(uint64(q*float64(n)+0.999999), 1)
	var seen uint64
	for i := range l.counts {
		if seen += l.counts[i].Load(); seen >= want && n > 0 {
			return min(upper(i), time.Duration(l.max.Load()))
		}
	}
	return 0
}

// Summary is a Latency for people, in milliseconds.
type Summary struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// Summary returns what has been counted so far.
func (l *Latency) Summary() Summary {
	s := Summary{
		Count: l.n.Load(), P50: millis(l.Quantile(0.5)), P90: millis(l.Quantile(0.9)), P99: millis(l.Quantile(0.99)), Max: millis(time.Duration(l.max.Load())),
	}
	if s.Count > 0 {
		s.Mean = millis(time.Duration(l.sum.Load() / int64(s.Count)))
	}
	return s
}

// millis rounds to a microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
