package rulebook

import (
	"time"

	"github.com/deskbell/deskbell/server/sla"
)

// CalendarKind is the kind of calendars of open hours.
const CalendarKind Kind = "calendar"

// Calendar says when a desk is open. One without an open hour in the year to come
// is refused.
type Calendar struct {
	Entry
	sla.Calendar
}

// Kind implements Item.
func (*Calendar) Kind() Kind { return CalendarKind }

// Check implements Item.
func (c *Calendar) Check(*Book) error { return c.Validate(time.Now()) }
