package probe

import (
	"slices"
	"testing"
	"time"
)

func TestHeaviest(t *testing.T) {
	var all []Task
	for i := range int32(20) {
		all = append(all, Task{PID: i + 1, CPUPct: float64((i * 7) % 20), RSS: uint64((i*3)%20) << 20})
	}
	got := heaviest(nil, slices.Clone(all))
	pids := func(l []Task) (out []int32) {
		for _, t := range l {
			out = append(out, t.PID)
		}
		return out
	}
	// By processor time 18, 15, 12, 9, 6; by memory 14, 7, 20, 13, 6 which is there already.
	if want := []int32{18, 15, 12, 9, 6, 14, 7, 20, 13}; !slices.Equal(pids(got), want) {
		t.Errorf("the heaviest are %v, not %v", pids(got), want)
	}
	if got := heaviest(got, []Task{{PID: 1}, {PID: 2, RSS: 1}}); !slices.Equal(pids(got), []int32{2}) {
		t.Errorf("who uses nothing is among the heaviest: %v", got)
	}
	if got := heaviest(got, nil); len(got) != 0 {
		t.Errorf("of none the heaviest are %v", got)
	}
}

// However many processes there are, looking at all of them takes a thousandth of
// the time at most.
func TestScanDue(t *testing.T) {
	for _, tc := range []struct {
		since, cost time.Duration
		soon, want  bool
	}{
		{9 * time.Second, time.Millisecond, false, false},
		{10 * time.Second, time.Millisecond, false, true},
		{time.Second, time.Millisecond, true, false},
		{2 * time.Second, time.Millisecond, true, true},
		{2 * time.Second, 5 * time.Millisecond, true, false},
		{5 * time.Second, 5 * time.Millisecond, true, true},
		{59 * time.Second, 60 * time.Millisecond, false, false},
		{60 * time.Second, 60 * time.Millisecond, false, true},
		{299 * time.Second, time.Second, true, false},
		{300 * time.Second, time.Second, true, true}, // five seconds' work at least every five minutes
	} {
		if got := scanDue(tc.since, tc.cost, tc.soon); got != tc.want {
			t.Errorf("%v after one that took %v, hurried %v: %v", tc.since, tc.cost, tc.soon, got)
		}
	}
}
