package kit

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// shortlyBefore is how long before a ticket a change is worth a mark.
const shortlyBefore = 48 * time.Hour

// changeDay is what was noticed on one day, in UTC.
type changeDay struct {
	Day     time.Time
	Changes []inventory.Change
}

// changeDays groups changes, which come newest first, by day. The brief form is for
// beside a ticket: the newest few.
func changeDays(c *inventory.Changes, brief bool) (days []changeDay, more int) {
	list := c.Changes
	if most := 12; brief && len(list) > most {
		list, more = list[:most], len(list)-most
	}
	for _, one := range list {
		day := one.At.UTC().Truncate(24 * time.Hour)
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, changeDay{Day: day})
		}
		days[len(days)-1].Changes = append(days[len(days)-1].Changes, one)
	}
	return days, more
}

// justBefore reports whether a change came shortly before a moment: it can have come
// at any time between After and At.
func justBefore(c inventory.Change, moment time.Time) bool {
	began := c.At
	if !c.After.IsZero() && c.After.Before(c.At) {
		began = c.After
	}
	return !moment.IsZero() && began.Before(moment) && moment.Sub(c.At) <= shortlyBefore
}

// changeKind names what has changed.
func changeKind(k inventory.Kind) string {
	switch k {
	case inventory.KindSoftware:
		return "Software"
	case inventory.KindDriver:
		return "Driver"
	case inventory.KindService:
		return "Service"
	case inventory.KindStartup:
		return "Start-up item"
	case inventory.KindNetwork:
		return "Network"
	case inventory.KindDisk:
		return "Disk"
	case inventory.KindHardware:
		return "Hardware"
	case inventory.KindUpdates:
		return "Updates"
	}
	return Humanise(Clip(string(k), 20))
}

// changeDid says what became of it.
func changeDid(c inventory.Change) string {
	switch {
	case c.Did == "added" && c.Kind == inventory.KindSoftware:
		return "installed"
	case c.Did == "added" && (c.Kind == inventory.KindService || c.Kind == inventory.KindStartup):
		return "starts by itself now"
	case c.Did == "removed" && (c.Kind == inventory.KindService || c.Kind == inventory.KindStartup):
		return "no longer starts by itself"
	case c.Did == "added":
		return "is new"
	case c.Did == "removed":
		return "is gone"
	}
	return ""
}

// ChangeWords says in a line what has changed on a machine.
func ChangeWords(c inventory.Change) string {
	words := changeKind(c.Kind) + ": " + Clip(c.What, 120)
	if c.Did == "changed" {
		return words + ", " + Clip(c.From, 80) + " → " + Clip(c.To, 80)
	}
	return words + ", " + changeDid(c)
}
