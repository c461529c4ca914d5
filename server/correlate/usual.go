package correlate

import "time"

// rates are how many tickets come in each hour of the week.
type rates struct {
	where   *time.Location
	perHour [hourWeek]float64
}

// Usual is what is usual, apart from the detector that has learned it. It does not change.
type Usual struct{ rates }

// Usual returns what the detector has learned.
func (d *Detector) Usual() Usual { return Usual{d.rates} }

// Between is how many tickets usually come in a span, on a day like any other.
func (u Usual) Between(from, to time.Time) float64 {
	if u.where == nil {
		return 0
	}
	return u.expected(from, to)
}

// TooMany reports whether so many tickets are more than chance and a busy day explain,
// where mean are usual: once in a thousand times.
func TooMany(n int, mean float64) bool { return n >= minimum && tail(n, mean, days) < unusual }

func (r *rates) hour(at time.Time) int {
	at = at.In(r.where)
	return int(at.Weekday())*24 + at.Hour()
}

// expected is how many tickets are usual in a span, on a day like any other.
func (r *rates) expected(from, to time.Time) (sum float64) {
	for at := from; at.Before(to); {
		next := at.Truncate(time.Hour).Add(time.Hour)
		if next.After(to) {
			next = to
		}
		sum += r.perHour[r.hour(at)] * next.Sub(at).Hours()
		at = next
	}
	return sum
}
