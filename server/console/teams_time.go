package console

import (
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// localTime is how a browser writes a moment into a field of the type
// datetime-local (HTML Living Standard, section 2.3.5.5).
const localTime = "2006-01-02T15:04"

// parseLocal reads a moment that a browser wrote, in the zone it says it is in.
func parseLocal(text, zone string) (time.Time, error) {
	where, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		where = time.UTC
	}
	t, err := time.ParseInLocation(localTime, text, where)
	if err != nil {
		return t, fault.Field("away_until", "This is not a moment: write a day and a time.")
	}
	return t, nil
}
