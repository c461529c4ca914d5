package probe

import (
	"math"
)

// celsius makes °C of tenths of a kelvin, unless no machine is so warm or so cold.
func celsius(tenths uint32) (float64, bool) {
	c := math.Round(float64(tenths)-2731.5) / 10
	if c < -50 || c > 200 {
		return 0, false
	}
	return c, true
}
