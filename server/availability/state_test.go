package availability_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/availability"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// line makes spans of a text, a letter a minute: u is up, d down, o out, i idle, ? was
// looked at and is unknown, and of anything else there is no span. It begins at noon.
func line(text string) []availability.Span {
	var out []availability.Span
	for i, c := range text {
		s, known := map[rune]availability.State{'u': availability.Up, 'd': availability.Down, 'o': availability.Out, 'i': availability.Idle, '?': availability.Unknown}[c]
		if known {
			out = append(out, availability.Span{From: minute(i), To: minute(i + 1), State: s})
		}
	}
	return out
}

// TestTimes wants each time in the state that it was in, and outages to end by being up
// alone.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		name, line             string
		from, to               int
		up, down, unknown, out int // minutes
		idle                   int
		outages                []int // minutes that each was down
		open                   bool  // the last of them
		longest, repair        int   // repair is in seconds, -1: none
		percent                float64
	}{
		{name: "nothing", line: "", to: 10, unknown: 10, repair: -1, percent: -1},
		{name: "all well", line: "uuuuuuuuuu", to: 10, up: 10, repair: -1, percent: 100},
		{name: "an outage", line: "uuudduuuuu", to: 10, up: 8, down: 2, outages: []int{2}, longest: 2, repair: 120, percent: 80},
		{name: "two outages", line: "uddduuuudu", to: 10, up: 6, down: 4, outages: []int{3, 1}, longest: 3, repair: 120, percent: 60},
		{name: "it goes on", line: "uuuuuuuddd", to: 10, up: 7, down: 3, outages: []int{3}, open: true, longest: 3, repair: -1, percent: 70},
		{name: "one is over, one goes on", line: "duuuuuuudd", to: 10, up: 7, down: 3, outages: []int{1, 2}, open: true, longest: 2, repair: 60, percent: 70},
		{name: "the server was away within", line: "uud....duu", to: 10, up: 4, down: 2, unknown: 4, outages: []int{2}, longest: 2, repair: 120, percent: 100 * 4.0 / 6},
		{name: "it could not be looked at within", line: "uud???uduu", to: 10, up: 5, down: 2, unknown: 3, outages: []int{1, 1}, longest: 1, repair: 60, percent: 100 * 5.0 / 7},
		{name: "it could not be looked at", line: "uud??duuuu", to: 10, up: 6, down: 2, unknown: 2, outages: []int{2}, longest: 2, repair: 120, percent: 75},
		{name: "nobody knows how it ended", line: "uud.......", to: 10, up: 2, down: 1, unknown: 7, outages: []int{1}, open: true, longest: 1, repair: -1, percent: 100 * 2.0 / 3},
		{name: "it is up after nobody knew", line: "uud....uuu", to: 10, up: 5, down: 1, unknown: 4, outages: []int{1}, longest: 1, repair: 60, percent: 100 * 5.0 / 6},
		{name: "maintenance", line: "uoooouuuuu", to: 10, up: 6, out: 4, repair: -1, percent: 100},
		{name: "maintenance in an outage", line: "udooodddud", to: 10, up: 2, down: 5, out: 3, outages: []int{4, 1}, open: true, longest: 4, repair: 240, percent: 100 * 2.0 / 7},
		{name: "nobody there at night", line: "udiiiiiduu", to: 10, up: 3, down: 2, idle: 5, outages: []int{2}, longest: 2, repair: 120, percent: 60},
		{name: "cut at both ends", line: "dddduuuudddd", from: 2, to: 10, up: 4, down: 4, outages: []int{2, 2}, open: true, longest: 2, repair: 120, percent: 50},
		{name: "before and after it", line: "dddduuuudddd", from: 4, to: 8, up: 4, repair: -1, percent: 100},
		{name: "beyond what is known", line: "uu", from: -5, to: 5, up: 2, unknown: 8, repair: -1, percent: 100},
		{name: "no time", line: "uuuu", from: 3, to: 3, repair: -1, percent: -1},
		{name: "backwards", line: "uuuu", from: 3, to: 1, repair: -1, percent: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := availability.Of(line(c.line), minute(c.from), minute(c.to))
			var outages []int
			for i, o := range got.Outages {
				outages = append(outages, int(o.Down.Minutes()))
				if want := c.open && i == len(got.Outages)-1; o.Open != want {
					t.Errorf("outage %d: open is %v", i, o.Open)
				}
			}
			percent, known := got.Percent()
			if !known {
				percent = -1
			}
			mean, ended := got.Repair()
			repair := int(mean.Seconds())
			if !ended {
				repair = -1
			}
			type sum struct {
				Up, Down, Unknown, Out, Idle, Longest, Repair int
				Percent                                       float64
				Outages                                       []int
			}
			if d := cmp.Diff(sum{c.up, c.down, c.unknown, c.out, c.idle, c.longest, c.repair, c.percent, c.outages}, sum{
				int(got.Up.Minutes()), int(got.Down.Minutes()), int(got.Unknown.Minutes()), int(got.Out.Minutes()), int(got.Idle.Minutes()),
				int(got.Longest().Minutes()), repair, percent, outages,
			}); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTimesHoldTogether wants of any line: that all of the time is accounted for, that the
// outages are what is down, that cutting the time in two loses nothing of either, and that
// neither maintenance nor ignorance changes how available it was.
func TestTimesHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("uuudo.i?")), 0, 90, -1).Draw(t, "line")
		from := rapid.IntRange(-5, 50).Draw(t, "from")
		to := rapid.IntRange(from, 95).Draw(t, "to")
		cut := rapid.IntRange(from, to).Draw(t, "cut")
		all := availability.Of(line(text), minute(from), minute(to))
		if sum := all.Up + all.Down + all.Unknown + all.Out + all.Idle; sum != minute(to).Sub(minute(from)) {
			t.Fatalf("%v of %v are accounted for", sum, minute(to).Sub(minute(from)))
		}
		down := time.Duration(0)
		for i, o := range all.Outages {
			down += o.Down
			if o.Down <= 0 || o.Down > o.To.Sub(o.From) || i > 0 && !o.From.After(all.Outages[i-1].To) || o.Open && i < len(all.Outages)-1 {
				t.Fatalf("outage %d is %+v", i, o)
			}
		}
		if down != all.Down {
			t.Fatalf("the outages are %v, and it was down for %v", down, all.Down)
		}
		parts := availability.Of(line(text), minute(from), minute(cut)).Add(availability.Of(line(text), minute(cut), minute(to)))
		if parts.Up != all.Up || parts.Down != all.Down || parts.Unknown != all.Unknown || parts.Out != all.Out || parts.Idle != all.Idle {
			t.Fatalf("cut in two it is %+v, in one %+v", parts, all)
		}
		var known []rune
		for _, c := range []rune(text)[max(0, min(from, len([]rune(text)))):max(0, min(to, len([]rune(text))))] {
			if c == 'u' || c == 'd' {
				known = append(known, c)
			}
		}
		same := availability.Of(line(string(known)), noon, minute(len(known)))
		p, ok := all.Percent()
		if q, also := same.Percent(); p != q || ok != also || len(same.Outages) != len(all.Outages) {
			t.Fatalf("%v %v in %d outages; without what does not count %v %v in %d", p, ok, len(all.Outages), q, also, len(same.Outages))
		}
	})
}

// TestSiteIsDown is when machines that are down are an outage of their site.
func TestSiteIsDown(t *testing.T) {
	for _, c := range []struct {
		count availability.Count
		want  availability.State
	}{
		{availability.Count{}, availability.Idle},
		{availability.Count{Up: 1}, availability.Up},
		{availability.Count{Down: 1}, availability.Down},
		{availability.Count{Down: 2}, availability.Down},
		{availability.Count{Up: 1, Down: 2}, availability.Up}, // two machines have faults of their own
		{availability.Count{Up: 1, Down: 3}, availability.Down},
		{availability.Count{Up: 3, Down: 3}, availability.Up}, // half is not more than half
		{availability.Count{Up: 499, Down: 501}, availability.Down},
		{availability.Count{Up: 501, Down: 499}, availability.Up},
		{availability.Count{Out: 4}, availability.Out},
		{availability.Count{Up: 1, Out: 400}, availability.Up},
		{availability.Count{Down: 3, Out: 400}, availability.Down},
		{availability.Count{Unknown: 1}, availability.Unknown},
		{availability.Count{Unknown: 1, Out: 5}, availability.Unknown},
		{availability.Count{Up: 3, Down: 4, Unknown: 7}, availability.Down},
		{availability.Count{Up: 3, Down: 4, Unknown: 8}, availability.Unknown}, // too few are known
	} {
		if got := c.count.State(); got != c.want {
			t.Errorf("%+v is %d, and has to be %d", c.count, got, c.want)
		}
	}
}

// TestScores are who suffers, the median and the worst tenth.
func TestScores(t *testing.T) {
	var s availability.Scores
	if _, ok := s.Ill(); ok {
		t.Error("a share of nobody is known")
	}
	if _, ok := s.At(50); ok {
		t.Error("a median of nothing is known")
	}
	for score, n := range map[int]int{100: 6, 85: 2, 69: 1, 10: 1, -1: 50, 101: 3} {
		for range n {
			s.Take(score)
		}
	}
	ill, _ := s.Ill()
	median, _ := s.At(50)
	worst, _ := s.At(10)
	if s.All() != 10 || ill != 20 || median != 100 || worst != 10 {
		t.Errorf("%d scores, %v %% ill, median %d, worst tenth %d", s.All(), ill, median, worst)
	}
	s.Take(70)
	if ill, _ := s.Ill(); ill != 100*2.0/11 {
		t.Errorf("70 is no problem, and %v %% have one", ill)
	}
}

// TestHourIsWrittenDown wants of any hour what was written, and of broken bytes an error.
func TestHourIsWrittenDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h availability.Hour
		for i := range h.Minutes {
			h.Minutes[i] = availability.State(rapid.IntRange(0, int(availability.Idle)).Draw(t, "state"))
		}
		n := rapid.Int64Range(0, 1<<40)
		for i := range h.Quarters {
			h.Quarters[i].Count = availability.Count{Up: n.Draw(t, "up"), Down: n.Draw(t, "down"), Unknown: n.Draw(t, "unknown"), Out: n.Draw(t, "out")}
			for range rapid.IntRange(0, 5).Draw(t, "scores") {
				h.Quarters[i].Scores[rapid.IntRange(0, 100).Draw(t, "score")] = n.Draw(t, "n")
			}
		}
		b := h.Encode()
		got, err := availability.Decode(b)
		if err != nil || got != h {
			t.Fatalf("%v: %+v is %+v", err, h, got)
		}
		if _, err := availability.Decode(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("what is cut off was read")
		}
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		availability.Decode(b) // it may be anything, and does not panic
	})
	if size := len((&availability.Hour{}).Encode()); size > 32 {
		t.Errorf("an hour of nothing takes %d bytes", size)
	}
}
