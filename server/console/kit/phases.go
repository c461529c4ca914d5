package kit

import (
	"strconv"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/wire"
)

// phase is a part of how long something took: where it begins and how long it is, as
// shares of the whole.
type phase struct {
	name        string
	took        time.Duration
	from, share float64
}

// phases takes times that were measured one after the other.
func phases(total time.Duration, list ...phase) []phase {
	var out []phase
	var at time.Duration
	for _, p := range list {
		if p.took <= 0 {
			continue
		}
		if total > 0 {
			p.from = min(100*float64(at)/float64(total), 100)
			p.share = min(100*float64(p.took)/float64(total), 100-p.from)
		}
		at += p.took
		out = append(out, p)
	}
	return out
}

// httpPhases are the phases of the last request, after those that led to it. The time
// to the first byte is told from the request's beginning.
func httpPhases(p wire.HTTPPart) []phase {
	return phases(p.Total,
		phase{name: "Redirects before", took: p.Before},
		phase{name: "Name lookup", took: p.Lookup},
		phase{name: "Connecting", took: p.Connect},
		phase{name: "TLS", took: p.TLS},
		phase{name: "Waiting for the first byte", took: p.FirstByte - p.Lookup - p.Connect - p.TLS},
		phase{name: "Body", took: bodyTime(p)},
	)
}

// checkPhases are the phases of a look at a service.
func checkPhases(r check.Result) []phase {
	before := time.Duration(0)
	if r.Redirects > 0 && r.FirstByte > 0 {
		before = max(0, r.Took-r.FirstByte) // with what came after it, which nobody took the time of
	}
	return phases(r.Took,
		phase{name: "Redirects, and the text", took: before},
		phase{name: "Name lookup", took: r.Lookup},
		phase{name: "Connecting", took: r.Connect},
		phase{name: "TLS", took: r.TLS},
		phase{name: "Waiting for the first byte", took: r.FirstByte - r.Lookup - r.Connect - r.TLS},
	)
}

// bodyTime is how long the page itself came; 0 where it never began.
func bodyTime(p wire.HTTPPart) time.Duration {
	if p.FirstByte <= 0 {
		return 0
	}
	return p.Total - p.Before - p.FirstByte
}

func share(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// barWidth keeps the shortest phase visible.
func barWidth(p phase) string { return share(max(p.share, 0.6)) }
