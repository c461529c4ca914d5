package scenario

import (
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
)

// What is true of the server's checks of services.
const (
	configured = 0.6   // share of services of which there is a check
	visible    = 0.7   // share of their outages that it sees
	blips      = 0.02  // chance a day that it fails for up to an hour, and nobody suffers
	falsely    = 0.002 // share of looks that fail by chance
)

// checked is a check of a service: it is looked each minute, and sooner never.
type checked struct {
	about string
	from  time.Time // of the first look
	fails map[int]bool
	seen  bool // it sees the outage of the day
	blip  time.Time
	long  time.Duration
}

// checks are those of an organisation on a day. What is called “network” and “computer” is
// no service that could be looked at.
func checks(r *rand.Rand, x outage, day time.Time) (out []checked) {
	for _, a := range abouts {
		if a.name == "network" || a.name == "computer" || r.Float64() >= configured {
			continue
		}
		c := checked{about: a.name, from: day.Add(time.Duration(r.Float64() * float64(time.Minute))), fails: map[int]bool{}}
		seen := a.name == x.service && r.Float64() < visible
		blip := time.Time{}
		if r.Float64() < blips {
			blip = day.Add(7*time.Hour + time.Duration(r.Float64()*float64(11*time.Hour)))
		}
		long := time.Duration(r.Float64() * float64(time.Hour))
		c.seen, c.blip, c.long = seen, blip, long
		for n := range 24 * 60 {
			at := c.from.Add(time.Duration(n) * time.Minute)
			if r.Float64() < falsely || seen && !at.Before(x.at) || !blip.IsZero() && !at.Before(blip) && at.Before(blip.Add(long)) {
				c.fails[n] = true
			}
		}
		out = append(out, c)
	}
	return out
}

// patience is how long a look waits for an answer that does not come.
const patience = 10 * time.Second

// downAt is what fails at a moment.
func downAt(list []checked, now time.Time) (out []correlate.Down) {
	for _, c := range list {
		n := int(now.Add(-patience).Sub(c.from) / time.Minute)
		d := correlate.Down{About: c.about, Check: c.about}
		for ; n >= 0 && c.fails[n]; n-- {
			d.Fails++
			d.Since = c.from.Add(time.Duration(n) * time.Minute)
		}
		if d.Fails > 0 {
			out = append(out, d)
		}
	}
	return out
}
