package noc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/noc"
)

// TestStretches: what is marked each minute is said as it was, one that is lost is bridged,
// and of what nobody marked nothing is known.
func TestStretches(t *testing.T) {
	from := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, marks, want string }{
		{"nothing", "", "unknown 0-60"},
		{"all the time", "0-60:1", "online 0-60"},
		{"from a moment on", "20-60:1", "unknown 0-20, online 20-60"},
		{"it sleeps", "0-19:1 20-40:3 41-60:1", "online 0-20, asleep 20-41, online 41-60"},
		{"one mark is lost", "0-19:1 22-60:1", "online 0-60"},
		{"the server was away", "0-19:1 40-60:6", "online 0-20, unknown 20-40, silent 40-60"},
		{"the server was away, and nothing changed", "0-19:1 40-60:1", "online 0-20, unknown 20-40, online 40-60"},
		{"until now", "0-58:4", "off 0-60"},
		{"no more", "0-29:5", "stopped 0-30, unknown 30-60"},
		{"between two", "0-19:1 20-20:3.5 21-60:6", "online 0-21, silent 21-60"},
		{"nonsense", "0-60:9 3-3:-1 4-4:0", "unknown 0-60"},
		{"stuck for a moment", "0-9:1 10-10:2 11-60:1", "online 0-10, stuck 10-11, online 11-60"},
	} {
		var marks []noc.Mark
		for _, part := range strings.Fields(c.marks) {
			var a, b int
			var n float64
			if _, err := fmt.Sscanf(part, "%d-%d:%g", &a, &b, &n); err != nil {
				t.Fatal(err)
			}
			for i := a; i <= b; i++ {
				marks = append(marks, noc.Mark{At: from.Add(time.Duration(i) * time.Minute), Number: n})
			}
		}
		var got []string
		for _, s := range noc.Stretches(marks, from, from.Add(time.Hour)) {
			got = append(got, fmt.Sprintf("%s %.0f-%.0f", s.Presence, s.From.Sub(from).Minutes(), s.To.Sub(from).Minutes()))
		}
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("%s: %s, want %s", c.name, g, c.want)
		}
	}
}

// TestStretchesAreWhole: whatever is marked, they follow each other from the beginning to
// the end, none is empty, and no two beside each other say the same.
func TestStretchesAreWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		from := time.Unix(1780000000, 0)
		to := from.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(r, "seconds")) * time.Second)
		var marks []noc.Mark
		at := from.Add(-time.Hour)
		for range rapid.IntRange(0, 60).Draw(r, "marks") {
			at = at.Add(time.Duration(rapid.IntRange(0, 5000).Draw(r, "later")) * time.Second)
			marks = append(marks, noc.Mark{At: at, Number: float64(rapid.IntRange(-1, 20).Draw(r, "number")) / 2})
		}
		list := noc.Stretches(marks, from, to)
		end := from
		for i, s := range list {
			if !s.From.Equal(end) || s.Long() <= 0 || i > 0 && s.Presence == list[i-1].Presence {
				r.Fatalf("of %v stretch %d does not fit", list, i)
			}
			end = s.To
		}
		if !end.Equal(to) {
			r.Fatalf("%v end at %v instead of %v", list, end, to)
		}
	})
}
