package recorder

import (
	"slices"
	"time"
)

// Recording is what was recorded in a span of time, oldest first.
type Recording struct {
	Seconds []Stretch
	Tens    []Stretch
	Marks   []Mark
	Damaged int // files of which a part could not be read, and is missing
}

// Stretch is recorded without the machine being started anew, or its clock being
// set, in between. Within it the times of the samples can be compared; those of
// two stretches cannot, but the later stretch was recorded later.
type Stretch struct {
	Why     Break
	Samples []Sample
}

// Break is what stands between a stretch and the one before.
type Break string

// The breaks.
const (
	Begins    Break = ""          // the first of what was read
	Restarted Break = "restarted" // the machine was started; where the system has no name for a start, the agent was
	ClockSet  Break = "clock_set"
)

// window is which samples are wanted.
type window struct {
	from, to time.Time
	// Of this start of the machine the time since it counts, and not the clock, which
	// may have been set. Zero spans take the clock always.
	boot       uint64
	first, end time.Duration
}

func (w window) holds(boot uint64, at time.Time, up time.Duration) bool {
	if w.end != 0 && boot == w.boot {
		return up >= w.first && up <= w.end
	}
	return !at.Before(w.from) && !at.After(w.to)
}

// overlaps reports whether a segment may have such samples.
func (w window) overlaps(s *segment) bool {
	if w.end != 0 && s.boot == w.boot {
		return s.end >= w.first && s.first <= w.end
	}
	return !s.to.Before(w.from) && !s.from.After(w.to)
}

// Read returns what was recorded between two times of the machine's clock. It waits
// for a disk that hangs.
func (r *Recorder) Read(from, to time.Time) Recording {
	return r.readWindow(window{from: from, to: to})
}

// Around returns what was recorded from so long before a mark to so long after it,
// also when the clock was set in between.
func (r *Recorder) Around(m Mark, d time.Duration) Recording {
	return r.readWindow(window{from: m.At.Add(-d), to: m.At.Add(d), boot: m.boot, first: m.Up - d, end: m.Up + d})
}

// Marks returns the newest marks, oldest first.
func (r *Recorder) Marks() []Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.marks)
}

// Newest returns the newest mark that is not older than most.
func (r *Recorder) Newest(most time.Duration) (Mark, bool) {
	at, up := r.clock()
	for _, m := range slices.Backward(r.Marks()) {
		age := at.Sub(m.At)
		if m.boot == r.boot {
			age = up - m.Up // also when the clock was set since
		}
		if age >= 0 && age <= most {
			return m, true
		}
	}
	return Mark{}, false
}

func (r *Recorder) readWindow(w window) Recording {
	r.disk.Lock()
	defer r.disk.Unlock()
	var out Recording
	if err := r.list(); err != nil {
		r.log.Warn("the flight recorder's folder cannot be read: only what is in memory is shown", "error", err)
	}
	found := map[kind]*stretches{seconds: {window: w}, tens: {window: w}}
	for _, s := range r.shelf.segments {
		if s.damaged {
			out.Damaged++
		}
		if s.samples == 0 || !w.overlaps(s) {
			continue
		}
		f := found[s.kind]
		if r.shelf.scan(s, f.add, func(Mark) {}) != nil && !s.damaged {
			s.damaged = true // since it was listed
			out.Damaged++
		}
	}
	r.mu.Lock()
	found[seconds].add(r.boot, r.seconds.items)
	found[tens].add(r.boot, r.tens.items)
	for _, m := range r.marks {
		if w.holds(m.boot, m.At, m.Up) {
			out.Marks = append(out.Marks, m)
		}
	}
	r.mu.Unlock()
	out.Seconds, out.Tens = found[seconds].wanted(), found[tens].wanted()
	return out
}

// stretches puts samples together as they come, in the order of recording.
type stretches struct {
	window window
	all    []Stretch
	last   Sample // wanted or not
	boot   uint64 // the last one's start of the machine
}

func (f *stretches) add(boot uint64, batch []Sample) {
	for _, s := range batch {
		why := Begins
		switch {
		case len(f.all) == 0:
		case boot != f.boot:
			why = Restarted
		case s.Up <= f.last.Up:
			continue // written twice, because the first time seemed to fail
		case !sameTime(f.last, s):
			why = ClockSet
		}
		if why != Begins || len(f.all) == 0 {
			f.all = append(f.all, Stretch{Why: why})
		}
		f.last, f.boot = s, boot
		if f.window.holds(boot, s.At, s.Up) {
			t := &f.all[len(f.all)-1]
			t.Samples = append(t.Samples, s)
		}
	}
}

// wanted returns the stretches that have samples.
func (f *stretches) wanted() []Stretch {
	all := slices.DeleteFunc(f.all, func(t Stretch) bool { return len(t.Samples) == 0 })
	if len(all) > 0 {
		all[0].Why = Begins
	}
	return all
}
