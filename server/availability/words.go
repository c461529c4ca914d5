package availability

import (
	"math"
	"strconv"
)

// Words writes how available something was: never 100 % of what was down once.
func Words(p float64, ok bool) string {
	if !ok {
		return "–"
	}
	digits, round := 2, 1e2
	if p >= 99.99 {
		digits, round = 3, 1e3
	}
	s := strconv.FormatFloat(math.Floor(p*round+1e-9)/round, 'f', digits, 64)
	if p >= 100 {
		s = "100"
	}
	return s + " %"
}

// FileName is what the table of a report is called, from the first day to the last.
func FileName(kind Kind, first, last string) string {
	return "deskbell-availability-" + string(kind) + "s-" + first + "-to-" + last + ".csv"
}

// Definition says what a figure means.
type Definition struct{ Name, Words string }

// Definitions are the figures in words, as the console shows them.
func Definitions(kind Kind) []Definition {
	if kind == Check {
		return []Definition{
			{"Available", "Of the time in which the check is known to be up or down, how much it was up. It is down and up again after as many looks in a row as its settings say."},
			{"Outages", "How often it was down. One ends when it is up again; what was unknown or paused in between neither ends it nor counts."},
			{"Mean time to repair", "How long it was down on average in the outages that are over."},
			{"Taken out", "While the check was paused. This time counts neither as up nor as down."},
			{"Unknown", "Nobody could look: the Deskbell server was away or cut off. This time counts neither as up nor as down."},
		}
	}
	return []Definition{
		{"Available", "Of the time of all endpoints that have to be there, how much they were there. Down is an endpoint that is silent or stuck at an hour at which it usually is there, or of which too little is known; and one that is nearly always there, as servers are, and is switched off or asleep. A laptop that is away as usual counts neither way."},
		{"Outages", "How often the site or group was down: more than half of the endpoints that have to be there were, and at least three or all. An outage ends when it is not down any more; what was unknown or maintained in between neither ends it nor counts."},
		{"Mean time to repair", "How long it was down on average in the outages that are over."},
		{"With a problem", "Of the time in which endpoints had a score, how much it was under 70: the share of endpoints, and so of people, that suffer, on average over the time. The worst hour stands beside it."},
		{"Median, worst tenth", "The health score that half of all endpoints' time did not exceed, and the one that the worst tenth did not. Of those in maintenance none counts."},
		{"Taken out", "Endpoints in maintenance, at the moment when it was so. Their time counts neither as up nor as down, nor does their health."},
		{"Unknown", "The Deskbell server was away, or knew of too few endpoints. This time counts neither as up nor as down."},
	}
}
