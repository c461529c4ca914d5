package noc

import (
	"github.com/deskbell/deskbell/server/enrol"
)

// Standing is whether an endpoint has to be there, as far as that is known.
type Standing struct {
	ID       string
	Name     string
	Site     enrol.Site
	Presence Presence
	Missed   float64 // while it is away: how unusual that is; -1: too little is known
	Score    int     // -1: none
}

// Missed enough: an endpoint that is away at an hour at which it is there at least every
// other time, and one that nearly always is there, as the rules of alerts have it.
const (
	missedSilent = 0.5
	missedAway   = 0.99
)

// Owed reports whether an endpoint that is not there has to be: one that went without a
// word when it usually is there or too little is known of it, and one that said that it
// goes if it nearly always is there.
func (s *Standing) Owed() bool {
	switch s.Presence {
	case Silent:
		return s.Missed < 0 || s.Missed >= missedSilent
	case Asleep, Off:
		return s.Missed >= missedAway
	}
	return false
}

// Standings tells of every endpoint that may connect, in no order.
func (f *Fleet) Standings(tell func(*Standing)) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	local := now.In(f.zone())
	var s Standing
	for _, e := range f.endpoints {
		if e.state != enrol.Active {
			continue
		}
		s = Standing{ID: e.id, Name: e.name, Site: *e.site, Presence: e.presence, Missed: -1, Score: int(e.score)}
		if e.presence.Away() && e.habit != nil {
			s.Missed = e.habit.Missed(e.since, f.at(e, local), isServer(e.platform))
		}
		tell(&s)
	}
}
