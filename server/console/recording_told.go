package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/console/kit"
)

// aroundMark is how much of a recording is told in words: an employee clicks when the
// machine moves again, so most of it lies before the mark.
const (
	beforeMark = 90 * time.Second
	afterMark  = 15 * time.Second
)

// nearMark are the samples around the mark, of the stretch in which it is. Without a
// mark that can be found they are the last ones.
func nearMark(r *diagnostics.Recording) []diagnostics.RecordSample {
	stretch, sample, ok := r.Marked()
	if !ok {
		// The newest that there is: recording ended before the mark.
		stretch = len(r.Stretches) - 1
		for len(r.Stretches[stretch].Samples) == 0 {
			stretch--
		}
		sample = len(r.Stretches[stretch].Samples) - 1
	}
	list := r.Stretches[stretch].Samples
	at := list[sample].MS
	from := slices.IndexFunc(list, func(s diagnostics.RecordSample) bool { return s.MS >= at-beforeMark.Milliseconds() })
	to := sample
	for to < len(list) && list[to].MS <= at+afterMark.Milliseconds() {
		to++
	}
	return list[from:to]
}

// stoodStill is how long nothing was recorded when that is worth telling: a recorder
// that takes a sample each second was held up itself.
const stoodStill = 4 * time.Second

// longestGap is the longest time between two samples.
func longestGap(samples []diagnostics.RecordSample) (longest time.Duration) {
	for i := 1; i < len(samples); i++ {
		longest = max(longest, time.Duration(samples[i].MS-samples[i-1].MS)*time.Millisecond)
	}
	return longest
}

// worst is the worst of a column in some samples, and in how many of them it was bad.
func worst(r *diagnostics.Recording, samples []diagnostics.RecordSample, column int) (value float64, bad int, ok bool) {
	n := numberOf(r.Columns[column])
	for _, s := range samples {
		v, read := r.Value(s, column)
		if !read {
			continue
		}
		if !ok || (v < value) == n.Low {
			value, ok = v, true
		}
		if n.Bad > 0 && (n.Low && v <= n.Bad || !n.Low && v >= n.Bad) {
			bad++
		}
	}
	return value, bad, ok
}

// told says in sentences what stands out around the mark; what lasted longest first.
func told(r *diagnostics.Recording) []string {
	near := nearMark(r)
	type one struct {
		text string
		bad  int
	}
	var list []one
	for _, i := range inOrder(r.Columns) {
		n := numberOf(r.Columns[i])
		v, bad, ok := worst(r, near, i)
		if !ok || bad == 0 {
			continue
		}
		edge := "up to "
		if n.Low {
			edge = "down to "
		}
		list = append(list, one{fmt.Sprintf("%s: %s%s, %s.", n.Label, edge, amount(v, r.Columns[i].Unit), kit.Plural(bad, "bad in 1 second", "bad in %d seconds")), bad})
	}
	slices.SortStableFunc(list, func(a, b one) int { return cmp.Compare(b.bad, a.bad) })
	out := make([]string, 0, len(list)+1)
	if gap := longestGap(near); gap >= stoodStill {
		out = append(out, fmt.Sprintf("Nothing was recorded for %d seconds: the machine stood still, or slept.", int(gap.Seconds())))
	}
	for _, o := range list {
		out = append(out, o.text)
	}
	return out
}

// busyProgram is a program that weighed much around the mark.
type busyProgram struct {
	Name string
	PID  int64
	CPU  float64 // the mean over the samples in which it is, in per cent of a core
	Most int64   // memory in MiB
}

// busiest names the programs that took most around the mark, by processor time.
func busiest(r *diagnostics.Recording) []busyProgram {
	type key struct{ name, pid int64 }
	sum := map[key]*busyProgram{}
	near := nearMark(r)
	for _, s := range near {
		for _, p := range s.Top {
			b := sum[key{p[0], p[1]}]
			if b == nil {
				b = &busyProgram{Name: r.Names[p[0]], PID: p[1]}
				sum[key{p[0], p[1]}] = b
			}
			b.CPU += float64(p[2]) / 10
			b.Most = max(b.Most, p[3])
		}
	}
	list := make([]busyProgram, 0, len(sum))
	for _, b := range sum {
		b.CPU /= float64(len(near)) // it did nothing worth naming in the others
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b busyProgram) int {
		return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.Most, a.Most), cmp.Compare(a.PID, b.PID))
	})
	return list[:min(len(list), 5)]
}

// recordingLine is one number over the whole recording, as a small picture.
type recordingLine struct {
	Label string
	Value string // the worst around the mark
	Bad   bool
	Paths []string // of an SVG of 240 × 32, one for each piece without a gap
	Mark  string   // where the mark is, from the left; empty without one
}

const (
	sparkWide = 240.0
	sparkHigh = 32.0
	sparkMost = 240 // points: more than a pixel each cannot be seen
)

// linesOf are the few numbers that are shown beside the ticket.
func linesOf(r *diagnostics.Recording) []recordingLine {
	x := placesOf(r)
	near := nearMark(r)
	var out []recordingLine
	for _, i := range inOrder(r.Columns) {
		n := numberOf(r.Columns[i])
		v, bad, ok := worst(r, near, i)
		if !n.Key || !ok {
			continue
		}
		line := recordingLine{Label: n.Label, Value: amount(v, r.Columns[i].Unit), Bad: bad > 0, Paths: sparkOf(r, x, i, n)}
		if stretch, sample, marked := r.Marked(); marked {
			line.Mark = strconv.FormatFloat(x.of(stretch, sample)/x.long*sparkWide, 'f', 1, 64)
		}
		out = append(out, line)
	}
	return out
}

// sparkOf draws a column. Of the seconds that fall on one place the worst is drawn, so
// that a spike of one second is seen.
func sparkOf(r *diagnostics.Recording, x places, column int, n recordedNumber) []string {
	top := n.Top
	if top == 0 {
		for _, s := range r.Stretches {
			for _, one := range s.Samples {
				if v, ok := r.Value(one, column); ok {
					top = max(top, v)
				}
			}
		}
	}
	top = max(top, 1)
	var paths []string
	for i, s := range r.Stretches {
		var path strings.Builder
		for from := 0; from < len(s.Samples); {
			place := int(x.of(i, from) / x.long * sparkMost)
			to := from + 1
			for to < len(s.Samples) && int(x.of(i, to)/x.long*sparkMost) == place {
				to++
			}
			if v, _, ok := worst(r, s.Samples[from:to], column); ok {
				verb := "L"
				if path.Len() == 0 {
					verb = "M"
				}
				fmt.Fprintf(&path, "%s%.1f %.1f", verb, float64(place)*sparkWide/sparkMost, sparkHigh-1-min(v/top, 1)*(sparkHigh-2))
			} else if path.Len() > 0 {
				paths = append(paths, path.String())
				path.Reset()
			}
			from = to
		}
		if path.Len() > 0 {
			paths = append(paths, path.String())
		}
	}
	return paths
}

// tenSeconds is a line of the table that says the same as the pictures.
type tenSeconds struct {
	At     time.Time
	Why    string // what stands before it
	Marked bool
	Values []string
	Busy   string
}

// rowsOf puts each ten seconds into a line, with the worst of each number in them.
func rowsOf(r *diagnostics.Recording) []tenSeconds {
	order := inOrder(r.Columns)
	marked, at, ok := r.Marked()
	var rows []tenSeconds
	for i, s := range r.Stretches {
		for from := 0; from < len(s.Samples); {
			to := from + 1
			for to < len(s.Samples) && s.Samples[to].MS/10_000 == s.Samples[from].MS/10_000 {
				to++
			}
			row := tenSeconds{At: s.At(from), Marked: ok && i == marked && at >= from && at < to}
			if from == 0 && i > 0 {
				row.Why = s.Why
			}
			for _, c := range order {
				text := "–"
				if v, _, read := worst(r, s.Samples[from:to], c); read {
					text = amount(v, r.Columns[c].Unit)
				}
				row.Values = append(row.Values, text)
			}
			row.Busy = busyIn(r, s.Samples[from:to])
			rows = append(rows, row)
			from = to
		}
	}
	return rows
}

// busyIn names the program that took most in some samples.
func busyIn(r *diagnostics.Recording, samples []diagnostics.RecordSample) string {
	name, cpu := int64(-1), int64(0)
	for _, s := range samples {
		for _, p := range s.Top {
			if p[2] > cpu {
				name, cpu = p[0], p[2]
			}
		}
	}
	if name < 0 {
		return ""
	}
	return kit.Clip(r.Names[name], 40) + " " + kit.Percent(float64(cpu)/10)
}
