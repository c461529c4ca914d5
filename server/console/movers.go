package console

import (
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
)

// fallsTitle says of which time the worst movers are: an hour, or as long as is known.
func fallsTitle(f noc.Falls, now time.Time) string {
	if d := now.Sub(f.Since); !f.Since.IsZero() && d < 55*time.Minute {
		return "Worst movers, " + kit.Duration(max(d, time.Minute).Truncate(time.Minute))
	}
	return "Worst movers, 1 hour"
}

// newestAlarm is since when the newest of what is critical is: of alerts and of outages.
func newestAlarm(v nocView) time.Time {
	at := v.Alarm.Newest
	for _, i := range v.Incidents {
		if i.CreatedAt.After(at) {
			at = i.CreatedAt
		}
	}
	return at
}

// fallWords says how an endpoint's health fell.
func fallWords(f noc.Fall) string { return strconv.Itoa(f.Was) + " → " + strconv.Itoa(f.Score) }

// siteFallWords says how many more suffer at a site.
func siteFallWords(s noc.SiteFall) string {
	return kit.Count(s.Ill-s.IllWas) + " more of " + kit.Count(s.Of)
}

// oneOr is the word that stands below a number.
func oneOr(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
