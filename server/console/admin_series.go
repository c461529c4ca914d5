package console

import (
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/metrics"
)

const seriesPath = "/admin/series"

type seriesView struct {
	Frame frame
	Usage metrics.Usage
	Now   time.Time
}

// seriesPage shows what the time series take, how far back they reach, and what was
// not stored.
func (c *Console) seriesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := seriesView{Usage: c.Series.Usage(), Now: c.Now()}
	var err error
	if v.Frame, err = c.adminFrame(r, actor, "Time series"); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, seriesWhole(v))
}

// haltWords says why no reading is stored.
func haltWords(u metrics.Usage) string {
	if u.Halt.Full {
		return "The server's disk was full."
	}
	return "The server's disk has " + kit.Bytes(u.Free) + " free, and " + kit.Bytes(u.Reserve) + " of it are kept for tickets."
}

// storeAwayWords says what becomes of readings while another store does not take them.
func storeAwayWords(a metrics.AwayUsage) string {
	s := "Readings wait on this server's disk, " + kit.Bytes(a.Waiting) + " of at most " + kit.Bytes(a.Buffer) + "; charts and rules that look back have to wait for it. Tickets go on."
	if a.Dropped > 0 {
		s += " The oldest have been dropped."
	}
	return s
}

// retentionWords says what ends the time series.
func retentionWords(u metrics.Usage) string {
	s := kit.Duration(u.Retention)
	if u.MaxBytes > 0 {
		s += ", and at most " + kit.Bytes(u.MaxBytes)
	}
	return s
}

// growthWords says what a day takes, and what all of it comes to.
func (v seriesView) growthWords() string {
	day, known := v.Usage.ADay(v.Now)
	if !known {
		return "Not known yet: it is worked out after six hours."
	}
	whole := int64(float64(day) * v.Usage.Retention.Hours() / 24)
	s := kit.Bytes(day) + " a day; all of what is kept comes to about " + kit.Bytes(whole)
	if most := v.Usage.MaxBytes; most > 0 && whole > most && day > 0 {
		s += ", of which the newest " + kit.Duration(time.Duration(float64(most)/float64(day)*24*float64(time.Hour))) + " have room"
	}
	return s + "."
}

// lostRow is a reason for which values were not stored.
type lostRow struct {
	Why   string
	Count uint64
	Help  string
}

func lostRows(u metrics.Usage) []lostRow {
	return []lostRow{
		{"No room", u.NoRoom, "They came while the disk was full."},
		{"Too many series", u.TooMany, "A metric has more series than one may have; those that were there first go on."},
		{"Too late", u.TooOld, "They were recorded longer ago than is taken in."},
		{"Refused elsewhere", u.Refused, "The other store did not want them: too old for it, or a limit of its own."},
		{"From the future", u.Future, "A clock runs ahead of the server's by more than ten minutes."},
	}
}
