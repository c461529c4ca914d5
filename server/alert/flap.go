package alert

import "math/bits"

// Changes is how restless a condition is: what the last twenty observations said,
// whether each differed from the one before, and whether it flaps. Observations
// without data are left out.
//
// The rule is that of Icinga 2 (lib/icinga/checkable-flapping.cpp): each change counts
// 0.80, for the oldest, to 1.18, for the newest. Above 30 % of twenty a condition flaps,
// at 25 % or below it does so no more.
type Changes uint32

const (
	observed = 20
	changes  = 1<<observed - 1 // a bit for each observation, the newest is the lowest

	lastBit  Changes = 1 << 20 // what the last observation said
	knownBit Changes = 1 << 21 // there was one
	flapsBit Changes = 1 << 22

	flapsAbove  = 0.30
	steadyUntil = 0.25
)

// Saw is the restlessness after one more observation.
func (c Changes) Saw(holds bool) Changes {
	if c&knownBit == 0 && !holds {
		return 0 // nothing has ever happened
	}
	changed := c&knownBit != 0 && (c&lastBit != 0) != holds
	next := c << 1 & changes
	if changed {
		next |= 1
	}
	flaps := c&flapsBit != 0
	if share := next.Share(); flaps {
		flaps = share > steadyUntil
	} else {
		flaps = share > flapsAbove
	}
	if next == 0 && !holds {
		return 0 // quiet for so long that nothing is left to remember
	}
	next |= knownBit
	if holds {
		next |= lastBit
	}
	if flaps {
		next |= flapsBit
	}
	return next
}

// Share is the weighted share of the last twenty observations that differed from the
// one before them, 0 to about 1.
func (c Changes) Share() float64 {
	sum := 0.0
	for b := uint32(c & changes); b != 0; b &= b - 1 {
		age := bits.TrailingZeros32(b) // 0 is the newest
		sum += 0.80 + 0.02*float64(observed-1-age)
	}
	return sum / observed
}

// Flapping reports whether the condition comes and goes so often that its end is not
// believed.
func (c Changes) Flapping() bool { return c&flapsBit != 0 }
