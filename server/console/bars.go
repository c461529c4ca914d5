package console

import (
	"strconv"

	"github.com/deskbell/deskbell/server/noc"
)

// The bars of the inflow, in a picture of 240 × 48: an hour is 10 wide.

func at(i int) string { return strconv.Itoa(i * 10) }

func at1(i int) string { return strconv.Itoa(i*10 + 2) }

func barHeight(v float64, most int) string {
	return strconv.FormatFloat(44*v/float64(max(most, 1)), 'f', 1, 64)
}

func barTop(v float64, most int) string {
	return strconv.FormatFloat(47-44*v/float64(max(most, 1)), 'f', 1, 64)
}

// nocWhy says in a line why an endpoint is listed.
func nocWhy(e noc.View) string {
	switch {
	case e.State == "held":
		return "Two machines show this identity."
	case e.Presence != noc.Online:
		return hereOf(e).Why()
	case len(e.Reasons) > 0:
		return e.Reasons[0].Sentence
	}
	return ""
}
