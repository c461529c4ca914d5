package synthetic

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// answer is what a computer's look came to.
type answer struct {
	name string
	check.Result
}

const maxName = 40 // of a computer, in a sentence

// agree is what the computers of a site say together: it is down from there when all that
// answered say so, and nobody knows when none did.
func agree(site string, asked int, answers []answer) check.Result {
	var well, failed, unable []answer
	for _, a := range answers {
		switch a.name = check.OneLine(a.name, maxName); a.Outcome {
		case check.OK:
			well = append(well, a)
		case check.Failed:
			failed = append(failed, a)
		default:
			unable = append(unable, a)
		}
	}
	var r check.Result
	switch {
	case len(well) > 0:
		r = slices.MinFunc(well, func(a, b answer) int { return int(a.Took - b.Took) }).Result
		r.Says = saying(append(well, failed...))
	case len(failed) > 0:
		r = failed[0].Result
		r.Says = saying(failed)
	case len(unable) > 0:
		r = check.Result{Outcome: check.Unable, Says: saying(unable)}
	case asked > 0:
		r = check.Result{Outcome: check.Unable, Says: "Of the computers at " + site + " none answered that was asked. Their agents may be older than this server, or not allow it."}
	default:
		r = check.Result{Outcome: check.Unable, Says: "No computer at " + site + " is connected that could look."}
	}
	for _, a := range answers { // the end that comes first counts
		if !a.Expires.IsZero() && (r.Expires.IsZero() || a.Expires.Before(r.Expires)) && a.Outcome != check.Unable {
			r.Expires = a.Expires
		}
	}
	return r.Clean()
}

// saying joins what computers say; those that say the same are named together.
func saying(list []answer) string {
	out := ""
	for i, a := range list {
		if slices.ContainsFunc(list[:i], func(b answer) bool { return b.Says == a.Says }) {
			continue
		}
		var names []string
		for _, b := range list[i:] {
			if b.Says == a.Says {
				names = append(names, b.name)
			}
		}
		if out != "" {
			out += " "
		}
		out += "From " + and(names) + ": " + a.Says
	}
	return out
}

// afarWait is how much longer than its time a computer has to answer.
const afarWait = 15 * time.Second
