package console

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/incident"
)

// TestInflow sets what came against what is usual: by the hour of the week once enough
// was learned, by the days before until then, and against nothing without a past. Of
// the hour that has begun only its part is expected; what is far above is said.
func TestInflow(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) // a Monday
	hour := now.Unix() / 3600
	var past []correlate.Ticket
	first := now.Truncate(24*time.Hour).AddDate(0, 0, -28)
	for at := first; at.Before(now.Truncate(24 * time.Hour)); at = at.Add(time.Hour) {
		if at.Weekday() == time.Monday && at.Hour() == 9 {
			for n := range 20 {
				past = append(past, correlate.Ticket{At: at.Add(time.Duration(n) * time.Minute)})
			}
		}
	}
	learned := incident.Sight{Enough: true, Usual: correlate.New(nobodys{}, past, first, now.Truncate(24*time.Hour), correlate.Options{}).Usual()}
	f := inflowOf(now, map[int64]int{hour: 11, hour - 1: 1, hour - 30: 4}, learned)
	last := f.Hours[23]
	if !f.Known || !f.Learned || f.Today != 12 || last.Count != 11 || last.Expected < 8 || last.Expected > 10.5 || f.TooMany {
		t.Errorf("on a Monday at half past nine: %+v", f)
	}
	if f := inflowOf(now, map[int64]int{hour: 60}, learned); !f.TooMany || f.lately() != "Since 08:00 UTC 60 came, usually 9" {
		t.Errorf("with 60: %q, %+v", f.lately(), f)
	}
	days := map[int64]int{hour: 3}
	for d := range int64(weekOf) {
		days[hour-24*(d+1)] = 4
	}
	if f := inflowOf(now, days, incident.Sight{}); !f.Known || f.Learned || f.Hours[23].Expected != 2 || f.TooMany || f.words() != "3 tickets in 24 hours, usually 2" {
		t.Errorf("by the days before: %q, %+v", f.words(), f)
	}
	if f := inflowOf(now, map[int64]int{hour: 30}, incident.Sight{}); f.Known || f.TooMany || f.words() != "30 tickets in 24 hours" {
		t.Errorf("without a past: %q", f.words())
	}
}

// nobodys is a fleet without machines.
type nobodys struct{}

func (nobodys) Size() int                     { return 0 }
func (nobodys) Count(correlate.Part) int      { return 0 }
func (nobodys) Parts(string) []correlate.Part { return nil }
func (nobodys) New(correlate.Part) bool       { return false }
