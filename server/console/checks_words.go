package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/synthetic"
)

// checkKind is a kind in words.
func checkKind(k check.Kind) string {
	return map[check.Kind]string{check.HTTP: "Page", check.TCP: "Port", check.ICMP: "Ping", check.DNS: "Name server", check.TLS: "Certificate"}[k]
}

// checkSign is a state's icon, and its class.
func checkSign(s synthetic.State) string {
	switch s {
	case synthetic.Up:
		return "healthy"
	case synthetic.Partly:
		return "warning"
	case synthetic.Down:
		return "critical"
	case synthetic.Paused:
		return "maintenance"
	}
	return "unknown"
}

// checkWord is a state in a word.
func checkWord(s synthetic.State) string {
	return map[synthetic.State]string{
		synthetic.Awaited: "Not known yet", synthetic.Up: "Up", synthetic.Partly: "Fails from some", synthetic.Down: "Fails", synthetic.Unknown: "Unknown", synthetic.Paused: "Paused",
	}[s]
}

// checkPlaces is how many places of a check the list has.
const checkPlaces = 4

// checkSitesHint says what cannot be looked at from sites.
func checkSitesHint(k check.Kind) string {
	if k == check.HTTP {
		return "Headers, a text and what follows a question mark are sent from this server only, and only GET, HEAD and OPTIONS from elsewhere: a check with any of it has no sites."
	}
	return "They look at other machines only, and need an agent that knows checks."
}

// checkSentence says what a state means.
func checkSentence(s synthetic.Standing) string {
	switch s.State {
	case synthetic.Awaited:
		return "It has not answered yet since it is looked at."
	case synthetic.Partly:
		return "It " + s.Evidence + " It answers elsewhere, so that rather the way from there fails than the service."
	case synthetic.Down:
		return "It " + s.Evidence
	case synthetic.Unknown:
		return "Nobody could look: this server was started a moment ago, may not do it, or is cut off itself, or no computer at the sites that were chosen answers. What stood here before still counts."
	case synthetic.Paused:
		return "Nobody looks at it, and no alert is about it."
	}
	return "It answers as is asked for."
}

func outcomeSign(o check.Outcome) string {
	return map[check.Outcome]string{check.OK: "healthy", check.Failed: "critical", check.Unable: "unknown"}[o]
}

func outcomeWord(o check.Outcome) string {
	return map[check.Outcome]string{check.OK: "Well", check.Failed: "Failed", check.Unable: "Could not look"}[o]
}

func lineSign(d synthetic.Did) string {
	return map[synthetic.Did]string{synthetic.WentDown: "critical", synthetic.WentUp: "healthy", synthetic.Failed: "warning", synthetic.Worked: "info", synthetic.Unable: "unknown"}[d]
}

func lineWord(d synthetic.Did) string {
	return map[synthetic.Did]string{synthetic.WentDown: "Down", synthetic.WentUp: "Up", synthetic.Failed: "Failed once", synthetic.Worked: "Answers again", synthetic.Unable: "Could not look"}[d]
}

// checkBar is one look of the last, as it is drawn: 3 × at most 24.
type checkBar struct {
	X, Y, High string
	Failed     bool
}

func checkBars(times []time.Duration) []checkBar {
	top := time.Millisecond
	for _, t := range times {
		top = max(top, t)
	}
	out := make([]checkBar, len(times))
	for i, t := range times {
		high := max(1.5, 24*float64(t)/float64(top))
		if t == 0 {
			high = 24
		}
		out[i] = checkBar{X: strconv.Itoa(3 * i), Y: fmt.Sprintf("%.1f", 24-high), High: fmt.Sprintf("%.1f", high), Failed: t == 0}
	}
	return out
}

// checkBarsWords says what is drawn.
func checkBarsWords(times []time.Duration) string {
	failed := 0
	for _, t := range times {
		if t == 0 {
			failed++
		}
	}
	last := "failed"
	if n := len(times); n > 0 && times[n-1] > 0 {
		last = kit.Millis(times[n-1])
	}
	return fmt.Sprintf("The last %s: %d failed, the newest %s", kit.Plural(len(times), "look", "%d looks"), failed, last)
}
