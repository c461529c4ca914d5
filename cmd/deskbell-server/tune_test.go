package main

import "testing"

func TestGCPercent(t *testing.T) {
	for perSecond, want := range map[uint64]int{0: 10, 1_500_000: 10, 3_500_000: 50, 7_000_000: 100, 1 << 40: 100} {
		if got := gcPercent(perSecond); got != want {
			t.Errorf("at %d bytes a second it is %d %%, want %d %%", perSecond, got, want)
		}
	}
}
