package console

import (
	"net/http"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/incident"
)

// inflow is how many tickets came in each of the last 24 hours, and how many come
// in such an hour usually.
type inflow struct {
	Hours    []inflowHour // the oldest first
	Most     int
	Today    int
	Expected float64
	Known    bool // there is a past to expect from
	Learned  bool // by the hour of the week
	// Lately are the last two hours, or what has begun of them.
	Lately, LatelyUsual float64
	TooMany             bool // more came lately than chance and a busy day explain
}

type inflowHour struct {
	From     time.Time
	Count    int
	Expected float64
}

// weekOf is how many days the expectation looks back, until enough was learned.
const weekOf = 7

func (c *Console) inflow(r *http.Request, actor auth.Actor) (inflow, error) {
	now := c.Now()
	counts, err := c.Desk.Inflow(r.Context(), actor, now.Add(-(weekOf+1)*24*time.Hour), time.Hour)
	if err != nil {
		return inflow{}, err
	}
	sight, err := c.Incidents.Sight(actor)
	return inflowOf(now, counts, sight), err
}

// inflowOf sets what came against what is usual. Of the hour that has begun only what
// is over of it is expected.
func inflowOf(now time.Time, counts map[int64]int, sight incident.Sight) inflow {
	hour := now.Unix() / 3600
	f := inflow{Most: 1, Learned: sight.Enough, Known: sight.Enough}
	for slot := range counts {
		f.Known = f.Known || slot <= hour-24
	}
	for h := hour - 23; h <= hour; h++ {
		x := inflowHour{From: time.Unix(h*3600, 0), Count: counts[h]}
		end := x.From.Add(time.Hour)
		if end.After(now) {
			end = now
		}
		if f.Learned {
			x.Expected = sight.Usual.Between(x.From, end)
		} else {
			came := 0
			for day := range int64(weekOf) {
				came += counts[h-24*(day+1)]
			}
			x.Expected = float64(came) / weekOf * end.Sub(x.From).Hours()
		}
		f.Hours = append(f.Hours, x)
		f.Today += x.Count
		f.Expected += x.Expected
		f.Most = max(f.Most, x.Count, int(x.Expected+1))
		if h >= hour-1 {
			f.Lately += float64(x.Count)
			f.LatelyUsual += x.Expected
		}
	}
	f.TooMany = f.Learned && correlate.TooMany(int(f.Lately), f.LatelyUsual)
	return f
}

// usual writes an expected number of tickets; a fraction of one says no more than
// that there are hardly any.
func usual(n float64) string {
	if n < 1 {
		return "hardly any"
	}
	return kit.Count(int(n + 0.5))
}

// words says the inflow in a sentence.
func (f inflow) words() string {
	s := kit.Plural(f.Today, "1 ticket in 24 hours", "%d tickets in 24 hours")
	if f.Known {
		s += ", usually " + usual(f.Expected)
	}
	return s
}

// lately says what is out of the usual now; "" when nothing is.
func (f inflow) lately() string {
	if !f.TooMany {
		return ""
	}
	return "Since " + f.Hours[len(f.Hours)-2].From.UTC().Format("15:04 MST") + " " + kit.Count(int(f.Lately)) + " came, usually " + usual(f.LatelyUsual)
}
