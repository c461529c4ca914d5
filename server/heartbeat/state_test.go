package heartbeat

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/internal/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// play tells a daily heartbeat with an hour's grace its calls, and writes down how it
// does at each of these hours. It hears since the beginning of time.
func play(h Heartbeat, calls map[float64]Kind, hours ...float64) string {
	var out []string
	for _, at := range hours {
		var l Life
		for q := range 200 * 4 { // in their order
			t := float64(q) / 4
			if k := calls[t]; k != "" && t <= at {
				l = l.take(&Call{At: noon.Add(time.Duration(t * float64(time.Hour))), Kind: k})
			}
		}
		out = append(out, string(h.StateAt(l, noon.Add(time.Duration(at*float64(time.Hour))), time.Time{})))
	}
	return strings.Join(out, " ")
}

// TestLife: new until its first call; then up, late, missed; what fails is failed until
// all is well; what begins and does not end is stuck after its grace, also before it is
// due; a pause is nothing else.
func TestLife(t *testing.T) {
	h := Usual()
	for name, c := range map[string]struct {
		calls map[float64]Kind
		at    []float64
		want  string
	}{
		"never called":     {nil, []float64{0, 100}, "new new"},
		"in time":          {map[float64]Kind{0: Success}, []float64{0, 23.9, 24, 24.9, 25, 100}, "up up late late missed missed"},
		"back":             {map[float64]Kind{0: Success, 30: Success}, []float64{29, 30, 54, 55}, "missed up late missed"},
		"fails":            {map[float64]Kind{0: Success, 24: Failure, 25: Success}, []float64{24, 24.5, 25}, "failed failed up"},
		"fails at first":   {map[float64]Kind{0: Failure}, []float64{0, 50}, "failed failed"},
		"runs":             {map[float64]Kind{0: Success, 10: Start, 10.5: Success}, []float64{10, 10.5, 34.5}, "up up late"},
		"hangs":            {map[float64]Kind{0: Success, 10: Start}, []float64{10.9, 11, 30}, "up stuck stuck"},
		"hangs at first":   {map[float64]Kind{0: Start}, []float64{0, 0.9, 1}, "up up stuck"},
		"begins when late": {map[float64]Kind{0: Success, 24.5: Start}, []float64{24.9, 25, 25.5}, "late late stuck"},
		"begins for ever":  {map[float64]Kind{0: Success, 24.5: Start, 25: Start, 25.5: Start, 25.75: Start}, []float64{25.75, 26}, "late missed"},
		"fails, and again": {map[float64]Kind{0: Failure, 5: Start}, []float64{5, 7}, "failed failed"},
	} {
		if got := play(h, c.calls, c.at...); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	h.Paused = true
	if got := play(h, map[float64]Kind{0: Failure}, 0, 50); got != "paused paused" {
		t.Errorf("paused: %s", got)
	}
	l := Life{}.take(&Call{At: noon, Kind: Start})
	end := Call{At: noon.Add(90 * time.Second), Kind: Failure, Exit: 3}
	if l = l.take(&end); end.Took != 90*time.Second || l.Took != end.Took || l.Exit != 3 || end.N != 2 {
		t.Errorf("the run: %+v, %+v", end, l)
	}
}

// TestAway: what was due while nobody could hear is unknown, and is missed only when a
// whole grace has passed since; what was missed before is so still, and what is due
// later is not touched.
func TestAway(t *testing.T) {
	h := Usual()
	l := Life{}.take(&Call{At: noon.Add(-24 * time.Hour), Kind: Success}) // due at noon
	back := noon.Add(10 * time.Hour)
	for after, want := range map[time.Duration]State{0: Unknown, 59 * time.Minute: Unknown, time.Hour: Missed} {
		if got := h.StateAt(l, back.Add(after), back); got != want {
			t.Errorf("%v after: %s, want %s", after, got, want)
		}
	}
	down := l
	down.DownAt = noon.Add(time.Hour)
	if got := h.StateAt(down, back, back); got != Missed {
		t.Errorf("what was missed before is %s", got)
	}
	started := l.take(&Call{At: noon.Add(-30 * time.Minute), Kind: Start})
	if got := h.StateAt(started, noon.Add(35*time.Minute), noon.Add(20*time.Minute)); got != Unknown {
		t.Errorf("what ran while nobody heard is %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := Heartbeat{Grace: time.Duration(rapid.IntRange(1, 200).Draw(t, "grace")) * time.Minute, Schedule: Schedule{Every: time.Duration(rapid.IntRange(1, 3000).Draw(t, "every")) * time.Minute}}
		var l Life
		now, back := noon, noon
		for range 80 {
			now = now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "minutes")) * time.Minute)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				l = l.take(&Call{At: now, Kind: Success})
			case 1:
				l = l.take(&Call{At: now, Kind: Start})
			case 2:
				back = now // the server was away until now
			}
			s := h.StateAt(l, now, back)
			due := h.DueAt(l)
			waits, runs := due, !l.StartedAt.IsZero()
			if runs {
				waits = l.StartedAt
			}
			// A whole grace has passed in which it was waited for, and could be heard.
			late := !waits.IsZero() && !now.Before(later(waits, back).Add(h.Grace)) || runs && !due.IsZero() && !waits.Before(back) && !now.Before(later(due, back).Add(2*h.Grace))
			if down := s == Missed || s == Stuck; down != (late || !l.DownAt.IsZero()) {
				t.Fatalf("%s at %v: waited for since %v, due %v, heard since %v, grace %v", s, now, waits, due, back, h.Grace)
			}
			if s == Missed || s == Stuck {
				l.DownAt = now
			}
		}
	})
}

// TestSchedule: cron in a time zone, over both changes of the clocks, and what is no
// schedule.
func TestSchedule(t *testing.T) {
	next := func(expr, zone, after string) string {
		t.Helper()
		s := Schedule{Cron: expr, Zone: zone}
		if err := s.check(); err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		from, err := time.Parse(time.RFC3339, after)
		if err != nil {
			t.Fatal(err)
		}
		return s.next(from).UTC().Format(time.RFC3339)
	}
	for _, c := range [][4]string{
		{"30 2 * * *", "Europe/Berlin", "2026-11-23T12:00:00Z", "2026-11-24T01:30:00Z"},
		{"@daily", "", "2026-11-23T12:00:00Z", "2026-11-24T00:00:00Z"},
		{"  0 9 *  * MON-FRI ", "UTC", "2026-11-20T10:00:00Z", "2026-11-23T09:00:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"}, // there was no half past two
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}, // it came twice, and the first counts
		{"*/20 * * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", "2026-10-25T02:00:00Z"},
		{"0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
	} {
		if got := next(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s in %s after %s: %s, want %s", c[0], c[1], c[2], got, c[3])
		}
	}
	for field, list := range map[string][]Schedule{
		"every": {{}, {Every: time.Second}, {Every: -1}, {Every: 400 * 24 * time.Hour}},
		"zone":  {{Cron: "0 0 * * *", Zone: "Mars/Olympus"}, {Cron: "0 0 * * *", Zone: "Local"}, {Cron: "0 0 * * *", Zone: "../../etc/passwd"}},
		"cron": {
			{Cron: "0 0 31 2 *"}, {Cron: "* * * *"}, {Cron: "61 * * * *"}, {Cron: "TZ=UTC 0 0 * * *"}, {Cron: "CRON_TZ=0"}, {Cron: "TZ="}, {Cron: "@every 5s"}, {Cron: "x"},
			{Cron: "*/0 * * * *"}, {Cron: "0 0 * * 8"}, {Cron: strings.Repeat("1,", 100) + "1 * * * *"}, {Cron: "@reboot"},
		},
	} {
		for _, s := range list {
			if err := s.check(); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
				t.Errorf("%+v: %v", s, err)
			}
		}
	}
}

// FuzzSchedule: whatever somebody writes is refused or has a next time, and that is
// later.
func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"30 2 * * 1-5", "@weekly", "TZ=", "*/15 0-6,22 1 JAN ?", "0 0 31 2 *"} {
		f.Add(s, "Europe/Berlin", int64(1774659600))
	}
	f.Fuzz(func(t *testing.T, expr, zone string, at int64) {
		s := Schedule{Cron: expr, Zone: zone}
		after := time.Unix(at%(1<<34), 0)
		if s.Cron == "" || s.check() != nil || s.Cron == "" {
			return
		}
		if next := s.next(after); !next.IsZero() && !next.After(after) {
			t.Fatalf("%q in %q after %v: %v", expr, zone, after, next)
		}
	})
}

// TestBucket: some calls at once, and then one in ten seconds.
func TestBucket(t *testing.T) {
	var b bucket
	taken := 0
	for i := range 1000 {
		if b.take(noon.Add(time.Duration(i) * 100 * time.Millisecond)) {
			taken++
		}
	}
	if want := burst + 9; taken != want {
		t.Errorf("%d of 1000 in 100 s were taken, want %d", taken, want)
	}
	if !b.take(noon.Add(-time.Hour)) && !b.take(noon.Add(time.Hour)) {
		t.Error("a clock that was put back keeps it shut")
	}
}
