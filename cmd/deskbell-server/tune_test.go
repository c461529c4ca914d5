package main

import "testing"

func TestGCPercent(t *testing.T) {
	for perSecond, want := range map[uint64]int{0: 10, 5_000_000: 10, 20_000_000: 40, 50_000_000: 100, 1 << 40: 100} {
		if got := gcPercent(perSecond); got != want {
			t.Errorf("at %d bytes a second it is %d %%, want %d %%", perSecond, got, want)
		}
	}
}
