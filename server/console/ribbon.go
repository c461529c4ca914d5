package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/habit"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
)

// ribbon is where an endpoint was in a time that ends now.
type ribbon struct {
	Key, Word string
	Ticks     []string // from the beginning to the end, evenly
	From, To  time.Time
	Stretches []noc.Stretch // in order, without a gap
}

// ribbonLong is what is read of the series, once for all ribbons.
const (
	ribbonLong   = 7 * 24 * time.Hour
	ribbonPoints = 10_000 // of seven days nearly one a minute
	ribbonRows   = 200
)

// ribbons are those of an endpoint's page, the shortest first. Before it was enrolled there
// is nothing to be said. While the series cannot be read there are none.
func (c *Console) ribbons(ctx context.Context, id string, enrolled time.Time) ([]ribbon, error) {
	to := c.Now()
	points, err := c.Series.Range(ctx, id, metrics.PresenceSeries, to.Add(-ribbonLong), to, ribbonPoints)
	if fault.Is(err, fault.Unavailable) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	marks := make([]noc.Mark, len(points))
	for i, p := range points {
		marks[i] = noc.Mark{At: p.At, Number: p.Value}
	}
	out := []ribbon{
		{Key: "day", Word: "The last 24 hours", From: to.Add(-24 * time.Hour), Ticks: []string{"24 h ago", "18", "12", "6", "now"}},
		{Key: "week", Word: "The last 7 days", From: to.Add(-ribbonLong), Ticks: []string{"7 d ago", "6", "5", "4", "3", "2", "1", "now"}},
	}
	for i := range out {
		out[i].To = to
		begin := out[i].From
		if enrolled.After(begin) && enrolled.Before(to) {
			begin = enrolled
		}
		out[i].Stretches = noc.Stretches(marks, begin, to)
	}
	return out, nil
}

// The ribbon is drawn 1000 wide and 32 high.
const (
	ribbonWide = 1000
	ribbonLow  = 32
	ribbonThin = 1.5 // what lasts a moment is seen all the same
)

func (r *ribbon) x(t time.Time) float64 {
	return ribbonWide * float64(t.Sub(r.From)) / float64(r.To.Sub(r.From))
}

// bar is one stretch as it is drawn.
type bar struct {
	Class, Fill         string
	X, Y, Width, Height string
	Title               string
}

// drawn is how a presence is drawn: what it is is told by its height and its pattern, not
// by its colour alone.
func drawn(p noc.Presence) (height float64, pattern bool) {
	switch p {
	case noc.Online:
		return 30, false
	case noc.Stuck:
		return 30, true
	case noc.Silent:
		return 30, false // hollow
	case noc.Asleep:
		return 16, false
	case noc.Off:
		return 7, false
	case noc.Stopped:
		return 16, true
	case noc.Awaited:
		return 3, false
	}
	return 30, true
}

func figureOf(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func barOf(p noc.Presence, x, width float64, title string) bar {
	height, pattern := drawn(p)
	b := bar{Class: "ribbon-bar ribbon-" + string(p), X: figureOf(x), Y: figureOf(ribbonLow - 1 - height), Width: figureOf(width), Height: figureOf(height), Title: title}
	if pattern {
		b.Fill = "url(#ribbon-" + string(p) + ")"
	}
	return b
}

// bars are the stretches as they are drawn: what lasted a moment is widened, and lies over
// its neighbours.
func (r *ribbon) bars() []bar {
	var wide, thin []bar
	for _, s := range r.Stretches {
		x := r.x(s.From)
		width := r.x(s.To) - x
		if b := barOf(s.Presence, x, width, stretchWords(s)); width >= ribbonThin {
			wide = append(wide, b)
		} else {
			b.X, b.Width = figureOf(min(x, ribbonWide-ribbonThin)), figureOf(ribbonThin)
			thin = append(thin, b)
		}
	}
	return append(wide, thin...)
}

func presenceSaid(p noc.Presence) string {
	if p == noc.Unknown {
		return "Nothing known"
	}
	return kit.PresenceWord(p)
}

func stretchWords(s noc.Stretch) string {
	return presenceSaid(s.Presence) + " for " + kit.Duration(s.Long()) + ", until " + kit.Exact(s.To)
}

// part is how long an endpoint was in a presence.
type part struct {
	Presence noc.Presence
	Long     time.Duration
	Share    float64 // in per cent
}

// parts are the presences of a ribbon, the longest first.
func (r *ribbon) parts() []part {
	long, all := map[noc.Presence]time.Duration{}, time.Duration(0)
	for _, s := range r.Stretches {
		long[s.Presence] += s.Long()
		all += s.Long()
	}
	var out []part
	for p, d := range long {
		out = append(out, part{p, d, 100 * float64(d) / float64(max(all, 1))})
	}
	slices.SortFunc(out, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.Long, a.Long), strings.Compare(string(a.Presence), string(b.Presence)))
	})
	return out
}

// words say the ribbon in a sentence.
func (r *ribbon) words() string {
	var list []string
	for _, p := range r.parts() {
		list = append(list, strings.ToLower(presenceSaid(p.Presence))+" for "+kit.Duration(p.Long))
	}
	return r.Word + ": " + strings.Join(list, ", ") + "."
}

// rows are the stretches, the newest first, and how many more there are.
func (r *ribbon) rows() (rows []noc.Stretch, more int) {
	rows = slices.Clone(r.Stretches)
	slices.Reverse(rows)
	n := min(len(rows), ribbonRows)
	return rows[:n], len(rows) - n
}

// usuallyWords say how likely an endpoint is there at this hour; "": it is not known.
func usuallyWords(expected float64) string {
	switch {
	case expected < 0:
		return ""
	case expected >= habit.Steady:
		return "It is nearly always there."
	}
	return "At this hour of the week it is there in about " + strconv.Itoa(int(100*expected+0.5)) + " of 100 cases."
}
