package device

import "time"

// Rates are what an interface carried between two looks, a second.
type Rates struct {
	In, Out          Rate // bits
	Errors, Discards Rate // in both directions
}

// Rate is how much a second; not OK: nobody can tell.
type Rate struct {
	PerSecond float64
	OK        bool
}

// The shortest and the longest time between two looks of which a rate says something.
const (
	leastSpan = time.Second
	mostSpan  = 15 * time.Minute
)

// ratesOf are those between two looks at one interface. It is for looks between which
// neither the device nor its counters began anew.
func ratesOf(was, is *Interface, span time.Duration) Rates {
	if was.Name != is.Name || was.Discontinuity != is.Discontinuity || span < leastSpan || span > mostSpan {
		return Rates{} // the number is another's now, or counts anew, or was read too long ago
	}
	// More than the line carries was not carried: the counter went back, or around more
	// than once. A tenth is for what clocks and speeds are off by.
	most := float64(max(was.Speed, is.Speed)) * 1.1 / 8
	octets := func(was, is Counter) Rate {
		r := rateOf(was, is, span, most)
		r.PerSecond *= 8
		return r
	}
	return Rates{
		In: octets(was.In, is.In), Out: octets(was.Out, is.Out),
		Errors:   sum(rateOf(was.InErrors, is.InErrors, span, 0), rateOf(was.OutErrors, is.OutErrors, span, 0)),
		Discards: sum(rateOf(was.InDiscards, is.InDiscards, span, 0), rateOf(was.OutDiscards, is.OutDiscards, span, 0)),
	}
}

const turn32 = 1 << 32

// rateOf is what a counter counted a second. most is what it can have counted a second; 0:
// nobody knows.
func rateOf(was, is Counter, span time.Duration, most float64) Rate {
	if !was.OK || !is.OK || was.Wide != is.Wide {
		return Rate{}
	}
	counted := float64(is.Value - was.Value)
	if is.Value < was.Value {
		if is.Wide {
			return Rate{} // nothing carries 16 exabytes between two looks: it began anew
		}
		if counted = float64(is.Value + turn32 - was.Value); most == 0 && counted > turn32/2 {
			return Rate{} // it is as likely that it began anew
		}
	}
	if !is.Wide && most > 0 && most*span.Seconds() >= turn32 {
		return Rate{} // it may have been around more often than one sees
	}
	r := counted / span.Seconds()
	if most > 0 && r > most {
		return Rate{}
	}
	return Rate{PerSecond: r, OK: true}
}

func sum(a, b Rate) Rate {
	return Rate{PerSecond: a.PerSecond + b.PerSecond, OK: a.OK || b.OK}
}

// began reports whether a device began anew between two looks. A clock of the device that
// counts hundredths of a second in 32 bits begins anew every 497 days without that.
func began(was, is *Reading) bool {
	if !was.Timed || !is.Timed || was.Ticks != is.Ticks {
		return false
	}
	passed := is.At.Sub(was.At)
	slack := max(time.Minute, passed/100) // for clocks that differ, and answers that take their time
	missing := was.Uptime + passed - is.Uptime
	switch {
	case missing <= slack && is.Uptime >= was.Uptime:
		return false
	case is.Uptime > passed+slack:
		return false // it ran before we looked last: our clock was set
	}
	if is.Ticks {
		const turn = turn32 * 10 * time.Millisecond
		if off := missing - turn; off.Abs() <= slack {
			return false
		}
	}
	return true
}
