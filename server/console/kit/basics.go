package kit

import (
	"strconv"

	"github.com/deskbell/deskbell/server/noc"
)

// ScoreClass names how a score looks: healthy, info, warning, critical or unknown.
func ScoreClass(n int) string {
	switch {
	case n < 0:
		return "unknown"
	case n < 40:
		return "critical"
	case n < noc.IllBelow:
		return "warning"
	case n < 90:
		return "info"
	}
	return "healthy"
}

func meterValue(share float64) string { return strconv.FormatFloat(share, 'f', 1, 64) }
