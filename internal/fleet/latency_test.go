package fleet

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Every duration lies in a bucket that is at most 3 % wide.
func TestBuckets(t *testing.T) {
	for range 100_000 {
		d := time.Duration(rand.Uint64() >> (1 + rand.IntN(62)))
		top := upper(bucket(d))
		if top < d || float64(top) > float64(d)*1.035+1 {
			t.Fatalf("%d is in the bucket up to %d", d, top)
		}
		if bucket(top) != bucket(d) || bucket(top+1) == bucket(d) {
			t.Fatalf("the bucket of %d does not end at %d", d, top)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var l Latency
	if l.Quantile(0.5) != 0 {
		t.Error("of nothing there is", l.Quantile(0.5))
	}
	var all []time.Duration
	for range 5000 {
		d := time.Duration(rand.ExpFloat64() * float64(3*time.Millisecond))
		l.Add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		want := all[max(0, int(q*float64(len(all))+0.999999)-1)]
		if got := l.Quantile(q); float64(got) < float64(want)*0.999 || float64(got) > float64(want)*1.04 {
			t.Errorf("%v: %v, not %v", q, got, want)
		}
	}
	if s := l.Summary(); s.Count != 5000 || s.Max != millis(all[4999]) || s.Mean < 2 || s.Mean > 4 {
		t.Errorf("%+v", s)
	}
}
