// Package habit learns when an endpoint is usually there: for each hour of the week how
// much of it, over the weeks, and the older the less. Pure: the clock, and what is known
// of the endpoint, are the caller's.
//
// It tells a server that fell silent from a laptop that is off at night. Of an hour in
// which the endpoint was away nearly every week nothing is concluded from silence; and
// of one that is there at nearly all hours of the week, much.
package habit

import (
	"math"
	"time"
)

// Presence is what is known of an endpoint at a moment.
type Presence int8

// The presences. While nothing is known, nothing is learned.
const (
	Unknown Presence = iota
	There
	Away
)

const (
	hours = 168 // of a week

	// enough is how many hours have to be known before anything is said: two weeks.
	enough = 14 * 24
	// forget is what a week leaves of what was known before: half of it after four.
	forget = 0.8409
	// Steady is the share of the hours of a week, from which on an endpoint that usually
	// is there in them is one that is nearly always there.
	Steady = 0.99
	// certain is the most that is ever said.
	certain = 0.999
	// server is what Steady is for an endpoint that is known to be a server.
	server = 0.9

	// longest is how long one look stands for: whoever looks more rarely was away.
	longest = 2 * time.Minute
	// judged is for how long a silence is judged; after it every hour of the week was.
	judged = 7 * 24 * time.Hour
	// same is by how much the begin of one silence may be known differently after a restart.
	same = 5 * time.Minute
)

// slot is one hour of the week: in how many weeks it was known, and in how many of them
// the endpoint was there, in 1/scale.
type slot struct{ known, there uint16 }

const scale = 8192 // what is known is less than seven weeks, by what is forgotten

// Habit is what is known of one endpoint. The zero value knows nothing. It is not safe
// for concurrent use.
type Habit struct {
	slots   [hours]slot
	learned uint16 // hours that were known, enough at most

	// The hour that goes on.
	begun        int64 // its first look, in Unix seconds; 0: none goes on
	at           uint8 // its slot
	known, there uint16
	last         int64 // the last look, in Unix seconds

	// How long it has been away, and what that means.
	since  int64   // Unix seconds; 0: it is not away
	upTo   int64   // the hours that begin before it are judged
	least  float32 // how likely it was there in the least likely of them
	steady float32 // what it was before it went: see Habit.always; 0: not steady

	changed bool // since it was encoded
}

// slotOf is the hour of the week; t says in which zone.
func slotOf(t time.Time) uint8 { return uint8(int(t.Weekday())*24 + t.Hour()) }

// See takes one look at the endpoint in; t is in the zone by which its people live. What
// lies between two looks counts as the later of them says, unless it is too long.
func (h *Habit) See(t time.Time, p Presence) {
	now := t.Unix()
	passed := time.Duration(now-h.last) * time.Second
	h.last = now
	if i := slotOf(t); h.begun != 0 && (i != h.at || now-h.begun > int64(2*time.Hour/time.Second) || now < h.begun) {
		h.fold()
	}
	if p == Unknown || passed <= 0 || passed > longest {
		return
	}
	if h.begun == 0 {
		h.begun, h.at = now, slotOf(t)
	}
	h.changed = true
	h.known += uint16(passed / time.Second)
	if p == There {
		h.there += uint16(passed / time.Second)
	}
}

// fold puts the hour that is over to its slot. An hour that was known in part weighs as
// much, and as much of the past is forgotten.
func (h *Habit) fold() {
	if h.known > 0 {
		weight := min(float64(h.known)/3600, 1)
		share := float64(h.there) / float64(h.known)
		keep := math.Pow(forget, weight)
		s := &h.slots[h.at]
		known := float64(s.known)*keep + scale*weight
		there := float64(s.there)*keep + scale*weight*share
		s.known = uint16(math.Round(min(known, math.MaxUint16)))
		s.there = min(uint16(math.Round(min(there, math.MaxUint16))), s.known)
		h.learned = min(h.learned+uint16(math.Round(weight)), enough)
	}
	h.begun, h.known, h.there = 0, 0, 0
}

// Known reports whether enough is known of the endpoint to say anything.
func (h *Habit) Known() bool { return h.learned >= enough }

// always is the share of the known hours of the week in which the endpoint usually is
// there, if it is steady; 0 otherwise. isServer says that it is known to be a server.
func (h *Habit) always(isServer bool) float64 {
	known, there := 0, 0
	for _, s := range h.slots {
		if s.known > 0 {
			known++
			if s.usual() {
				there++
			}
		}
	}
	share := float64(there) / float64(max(known, 1))
	switch {
	case share >= Steady:
		return min(share, certain)
	case isServer && share >= server:
		return Steady
	}
	return 0
}

// usual reports whether the endpoint usually is there in this hour: in two of three. A week
// without, of three or more that are known, is a fault, and three weeks in a row are a habit.
func (s slot) usual() bool { return s.known > 0 && uint32(s.there)*3 >= uint32(s.known)*2 }

// expected is how likely the endpoint is there in an hour of the week. What is known of
// one hour alone is a handful of weeks, and never comes near to what is said of an
// endpoint that is nearly always there.
func (h *Habit) expected(i uint8, steady float64) float64 {
	s := h.slots[i]
	if steady > 0 && s.usual() {
		return steady
	}
	return (float64(s.there)/scale + 0.5) / (float64(s.known)/scale + 1)
}

// Expected is how likely the endpoint is there at a moment: from Steady on it nearly
// always is. -1: not enough is known.
func (h *Habit) Expected(t time.Time, isServer bool) float64 {
	if !h.Known() {
		return -1
	}
	return h.expected(slotOf(t), h.always(isServer))
}

// Missed is how unusual it is that the endpoint is away since a moment: how likely it is
// there in the least likely hour of those that it was away in, so that an evening ends
// it. -1: not enough is known. It has to be asked again and again while the endpoint is
// away, and judges by what was known when it went: what is away for long would else
// become its own habit.
func (h *Habit) Missed(since, now time.Time, isServer bool) float64 {
	if !h.Known() {
		return -1
	}
	if from := since.Unix(); h.since == 0 || from > h.since+int64(same/time.Second) {
		h.since, h.upTo, h.least, h.steady = from, from, 1, float32(h.always(isServer))
		h.changed = true
	}
	// Each hour is judged when it begins, before it is learned.
	for end := min(now.Unix(), h.since+int64(judged/time.Second)); h.upTo <= end; {
		at := time.Unix(h.upTo, 0).In(now.Location())
		h.least = min(h.least, float32(h.expected(slotOf(at), float64(h.steady))))
		h.upTo += int64(3600 - (at.Minute()*60 + at.Second()))
	}
	return float64(h.least)
}

// Back notes that the endpoint is not away any more.
func (h *Habit) Back() {
	if h.since != 0 {
		h.since, h.upTo, h.least, h.steady, h.changed = 0, 0, 0, 0, true
	}
}
