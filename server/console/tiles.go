package console

import (
	"strings"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
)

// tileWords tells in a line how a site is.
func tileWords(t noc.Tile) string {
	parts := []string{kit.Count(t.Online) + " online"}
	for _, p := range []struct {
		n    int
		word string
	}{{t.Stuck, "stuck"}, {t.Offline, "away"}, {t.Unknown, "unknown"}, {t.Held, "held"}, {t.Ill, "with a problem"}} {
		if p.n > 0 {
			parts = append(parts, kit.Count(p.n)+" "+p.word)
		}
	}
	if t.Expected > 0 {
		parts = append(parts, usualWords(t)+" usual at this hour")
	}
	return strings.Join(parts, ", ")
}

// illWords say how many machines of a site have a problem, and which share of those that
// are here that is: a mean hides them.
func illWords(t noc.Tile) string {
	if t.Ill == 0 || t.Online == 0 {
		return kit.Count(t.Ill)
	}
	return kit.Count(t.Ill) + " (" + kit.Percent(100*float64(t.Ill)/float64(t.Online)) + ")"
}

// usualWords say how many are there, of how many that usually are at this hour.
func usualWords(t noc.Tile) string {
	if t.Expected == 0 {
		return "–" // too little is known, or nobody usually is
	}
	return kit.Count(t.Present) + " of " + kit.Count(t.Expected)
}

// lossWords says what is to be thought of many machines that fell silent at once.
func lossWords(l noc.Loss) string {
	switch {
	case l.Back >= l.Lost:
		return "All of them are back."
	case l.Back == 0:
		return "That is more likely this server’s own network than each of them. They are unknown, and not gone, as long as they may still come back."
	}
	return "That is more likely this server’s own network than each of them. " + kit.Count(l.Back) + " came back; the others are unknown, and not gone, as long as they may still come back."
}

// awayWords says of a machine what has kept it from being asked.
func awayWords(p noc.Presence) string {
	switch p {
	case noc.Asleep:
		return " has been asleep"
	case noc.Off:
		return " has been switched off"
	case noc.Stopped:
		return " has had its agent stopped"
	case noc.Awaited:
		return " has never been there"
	}
	return " has been silent"
}
