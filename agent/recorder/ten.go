package recorder

import (
	"cmp"
	"slices"
	"time"
)

// spanLength is the span of one of the coarser samples.
const spanLength = 10 * time.Second

// ten makes one sample of the seconds of a span.
type ten struct {
	samples []Sample
	load    []processLoad
}

// processLoad is what a process did in the span.
type processLoad struct {
	Process
	cpu, rss uint64 // sums
	seen     uint64
}

// add takes a second. When it begins a new span, the finished one is returned.
func (t *ten) add(s Sample) (Sample, bool) {
	var done Sample
	var ok bool
	if n := len(t.samples); n > 0 {
		last := t.samples[n-1]
		if s.Up/spanLength != last.Up/spanLength || s.Up <= last.Up || !sameTime(last, s) {
			done, ok = t.end()
		}
	}
	t.samples = append(t.samples, s)
	return done, ok
}

// end finishes the span, however short it is.
func (t *ten) end() (Sample, bool) {
	if len(t.samples) == 0 {
		return Sample{}, false
	}
	out := Sample{At: t.samples[0].At, Up: t.samples[0].Up, Top: t.top()}
	for c := range columnCount {
		var sum, n int64
		var worst int32
		for _, s := range t.samples {
			if s.Values.have&(1<<c) == 0 {
				continue
			}
			v := s.Values.steps[c]
			if n == 0 || columnInfo[c].Low && v < worst || !columnInfo[c].Low && v > worst {
				worst = v
			}
			sum += int64(v)
			n++
		}
		if n == 0 {
			continue
		}
		out.Values.steps[c], out.Worst.steps[c] = int32(roundDiv(sum, n)), worst
		out.Values.have |= 1 << c
		out.Worst.have |= 1 << c
	}
	clear(t.samples)
	t.samples = t.samples[:0]
	return out, true
}

func roundDiv(sum, n int64) int64 {
	if sum < 0 {
		return -((-sum + n/2) / n)
	}
	return (sum + n/2) / n
}

// top returns the processes of the span: their processor time on the average of
// the seconds that were told of any process, their memory on that of the seconds in
// which they were listed.
func (t *ten) top() []Process {
	t.load = t.load[:0]
	told := uint64(0)
	for _, s := range t.samples {
		if s.Top != nil {
			told++
		}
		for _, p := range s.Top {
			i := slices.IndexFunc(t.load, func(l processLoad) bool { return l.PID == p.PID && l.Name == p.Name })
			if i < 0 {
				i = len(t.load)
				t.load = append(t.load, processLoad{Process: p})
			}
			l := &t.load[i]
			l.cpu, l.rss, l.seen = l.cpu+uint64(p.CPU), l.rss+uint64(p.RSS), l.seen+1
		}
	}
	if told == 0 {
		return nil
	}
	all := make([]Process, 0, len(t.load))
	for _, l := range t.load {
		l.CPU, l.RSS = uint32((l.cpu+told/2)/told), uint32((l.rss+l.seen/2)/l.seen)
		all = append(all, l.Process)
	}
	return heaviest(all)
}

// topEach is how many processes are kept by processor time, and by memory.
const topEach = 5

// heaviest keeps five processes by processor time, and then those of the five with
// the most memory that are not among them.
func heaviest(all []Process) []Process {
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(a.PID, b.PID)) })
	out := make([]Process, 0, 2*topEach)
	for _, p := range all[:min(topEach, len(all))] {
		if p.CPU > 0 {
			out = append(out, p)
		}
	}
	byCPU := len(out)
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(cmp.Compare(b.RSS, a.RSS), cmp.Compare(a.PID, b.PID)) })
	for _, p := range all[:min(topEach, len(all))] {
		if p.RSS > 0 && !slices.ContainsFunc(out[:byCPU], func(o Process) bool { return o.PID == p.PID }) {
			out = append(out, p)
		}
	}
	return out
}
