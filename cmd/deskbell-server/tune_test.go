package main

import "testing"

func TestGCPercent(t *testing.T) {
	for perSecond, want := range map[uint64]int{0: 10, 900_000: 10, 2_100_000: 14, 4_200_000: 28, 15_000_000: 100, 1 << 40: 100} {
		if got := gcPercent(perSecond); got != want {
			t.Errorf("at %d bytes a second it is %d %%, want %d %%", perSecond, got, want)
		}
	}
}

// TestBurstIsFollowedByCalm raises the room for garbage at once, lowers it when the
// burst is over, and gives pages back once.
func TestBurstIsFollowedByCalm(t *testing.T) {
	var x tuner
	seconds := func(n int, allocated uint64) (sets, overs int) {
		for range n {
			set, over := x.second(allocated)
			if set {
				sets++
			}
			if over {
				overs++
			}
		}
		return sets, overs
	}
	if sets, _ := seconds(5, 50_000_000); sets != 3 || x.percent != 100 {
		t.Errorf("in a burst it is %d %%, set %d times", x.percent, sets)
	}
	// Not quite idle, with 11 % in place of 10: that is calm too. It falls by steps of a
	// fourth at least, while the burst leaves the seconds that count.
	if sets, overs := seconds(60, 1_700_000); sets > 8 || overs != 1 || x.percent < 11 || x.percent > 14 {
		t.Errorf("after it is %d %%, set %d times, and was over %d times", x.percent, sets, overs)
	}
	seconds(4, 50_000_000)
	if _, overs := seconds(60, 0); overs != 1 {
		t.Errorf("a second burst was over %d times", overs)
	}
}

// TestOneSecondIsNoBurst: rules are asked within a second, four times a minute.
func TestOneSecondIsNoBurst(t *testing.T) {
	var x tuner
	for s := range 300 {
		allocated := uint64(2_000_000)
		if s%15 == 0 {
			allocated = 40_000_000
		}
		if x.second(allocated); x.percent > calmBelow {
			t.Fatalf("after %d seconds it is %d %%", s, x.percent)
		}
	}
}
