package fix

import (
	"fmt"
	"time"
)

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func daysText(d time.Duration) string { return plural(int(d/(24*time.Hour)), "day", "%d days") }

// bytesText writes "1.2 GB", as disks are sold.
func bytesText(n uint64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if float64(n) >= u.size {
			return fmt.Sprintf("%.1f %s", float64(n)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.0f KB", float64(n)/1e3)
}

// clockText writes how far a clock is off, as "3 h 12 min".
func clockText(d time.Duration) string {
	d = d.Abs()
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d/time.Hour%24)
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d/time.Minute%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d/time.Second%60)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
