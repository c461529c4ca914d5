package alert

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestUntilStable: a silence ends when nothing that it matches has fired for long
// enough, begins to wait anew whenever something does, and ends at its time anyway.
func TestUntilStable(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := Silence{Stable: time.Duration(rapid.IntRange(1, 10).Draw(r, "stable")) * time.Minute, Times: Times{Stretch: Stretch{From: noon}}}
		if rapid.Bool().Draw(r, "with an end") {
			s.Times.To = noon.Add(20 * time.Minute)
		}
		quiet := -1 // the minute since which nothing fires
		over := false
		for n := range 40 {
			now := noon.Add(time.Duration(n) * time.Minute)
			over = over || quiet >= 0 && time.Duration(n-quiet)*time.Minute >= s.Stable || !s.Times.To.IsZero() && !now.Before(s.Times.To)
			fires := rapid.IntRange(0, 5).Draw(r, "fires") == 0
			if fires {
				quiet = -1
			} else if quiet < 0 {
				quiet = n
			}
			s = s.Settle(fires, now)
			if s.Over(now) != over {
				r.Fatalf("minute %d: over %v, quiet since %v", n, s.Over(now), s.Quiet)
			}
			if until, on := s.On(now); on == over || on && !until.IsZero() && !until.After(now) {
				r.Fatalf("minute %d: on %v until %v", n, on, until)
			}
		}
	})
}

// TestAnnounced: a silence is announced to end a quarter of an hour before it does.
func TestAnnounced(t *testing.T) {
	s := Silence{Times: Times{Stretch: Stretch{noon, noon.Add(time.Hour)}}}
	if _, soon := s.Ends(noon.Add(44 * time.Minute)); soon {
		t.Error("16 minutes before")
	}
	if at, soon := s.Ends(noon.Add(45 * time.Minute)); !soon || !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("%v", at)
	}
	if _, soon := s.Ends(noon.Add(time.Hour)); soon {
		t.Error("it is over")
	}
	open := Silence{Stable: 10 * time.Minute, Times: Times{Stretch: Stretch{From: noon}}}
	if _, soon := open.Ends(noon); soon {
		t.Error("nobody knows when")
	}
	open = open.Settle(false, noon)
	if at, soon := open.Ends(noon); !soon || !at.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("%v", at)
	}
}

// TestWeekly: what recurs begins by the clocks of its place, also on the days on which
// they are changed, and goes on for as long as it was told.
func TestWeekly(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	every := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		name, now string
		days      []time.Weekday
		minute    int
		length    time.Duration
		want      string
	}{
		{"in the night", "2026-03-04T23:30:00+01:00", []time.Weekday{3}, 22 * 60, 8 * time.Hour, "2026-03-04T22:00:00+01:00 2026-03-05T06:00:00+01:00"},
		{"after midnight", "2026-03-05T05:59:59+01:00", []time.Weekday{3}, 22 * 60, 8 * time.Hour, "2026-03-04T22:00:00+01:00 2026-03-05T06:00:00+01:00"},
		{"its end is not in it", "2026-03-05T06:00:00+01:00", []time.Weekday{3}, 22 * 60, 8 * time.Hour, ""},
		{"another day", "2026-03-05T23:30:00+01:00", []time.Weekday{3}, 22 * 60, 8 * time.Hour, ""},
		{"clocks forward in it", "2026-03-29T06:30:00+02:00", []time.Weekday{6}, 22 * 60, 8 * time.Hour, "2026-03-28T22:00:00+01:00 2026-03-29T07:00:00+02:00"},
		{"clocks back in it", "2026-10-25T04:30:00+01:00", []time.Weekday{6}, 22 * 60, 8 * time.Hour, "2026-10-24T22:00:00+02:00 2026-10-25T05:00:00+01:00"},
		{"a time that is left out", "2026-03-29T03:10:00+02:00", every, 2*60 + 30, 30 * time.Minute, "2026-03-29T03:00:00+02:00 2026-03-29T03:30:00+02:00"},
		{"a time that comes twice, the first", "2026-10-25T02:40:00+02:00", every, 2*60 + 30, 30 * time.Minute, "2026-10-25T02:30:00+02:00 2026-10-25T02:00:00+01:00"},
		{"a time that comes twice, the second", "2026-10-25T02:40:00+01:00", every, 2*60 + 30, 30 * time.Minute, ""},
		{"the day after", "2026-10-26T02:40:00+01:00", every, 2*60 + 30, 30 * time.Minute, "2026-10-26T02:30:00+01:00 2026-10-26T03:00:00+01:00"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		times := Times{Stretch: Stretch{From: now.AddDate(-1, 0, 0)}, Weekly: &Weekly{Days: c.days, Minute: c.minute, For: c.length, Zone: "Europe/Berlin"}}
		if err := times.Check(); err != nil {
			t.Fatal(err)
		}
		got := ""
		if s, on := times.At(now); on {
			got = s.From.In(zone).Format(time.RFC3339) + " " + s.To.In(zone).Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWeeklyOverYears walks minute by minute against a plain reading of the clock: it
// holds when so long ago or less the clock showed the beginning for the first time on
// one of its days.
func TestWeeklyOverYears(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC"}).Draw(r, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			r.Fatal(err)
		}
		w := Weekly{Days: []time.Weekday{time.Weekday(rapid.IntRange(0, 6).Draw(r, "day")), 0}, Minute: rapid.IntRange(0, 47).Draw(r, "half hour") * 30, For: time.Duration(rapid.IntRange(1, 48).Draw(r, "for")) * 30 * time.Minute, Zone: name}
		times := Times{Stretch: Stretch{From: noon.AddDate(-30, 0, 0)}, Weekly: &w}
		start := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 27, 0, 0, 0, 0, zone), time.Date(2026, 10, 23, 0, 0, 0, 0, zone), time.Date(2026, 3, 6, 0, 0, 0, 0, zone),
			time.Date(2026, 10, 30, 0, 0, 0, 0, zone), time.Date(2026, 4, 3, 0, 0, 0, 0, zone), time.Date(2026, 10, 2, 0, 0, 0, 0, zone), time.Date(2018, 11, 2, 0, 0, 0, 0, zone),
		}).Draw(r, "around")
		var until time.Time
		begun := "" // the day on which it has begun already
		first := true
		for now := start.AddDate(0, 0, -2); now.Before(start.AddDate(0, 0, 4)); now = now.Add(30 * time.Minute) {
			local := now.In(zone)
			day := local.Format(time.DateOnly)
			if day != begun && slices.Contains(w.Days, local.Weekday()) && local.Hour()*60+local.Minute() >= w.Minute {
				begun = day
				if !first || local.Hour()*60+local.Minute() == w.Minute {
					if end := now.Add(w.For); end.After(until) {
						until = end
					}
				}
			}
			first = false
			if now.Before(start) {
				continue // what began before the walk is not known to it
			}
			if s, on := times.At(now); on != now.Before(until) {
				r.Fatalf("%s: on %v, %+v; until %v", local, on, s, until)
			}
		}
	})
}

// TestTimes: the beginning and the end bound what recurs, what touches is one, and what
// comes next is known.
func TestTimes(t *testing.T) {
	daily := &Weekly{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Minute: 10 * 60, For: 4 * time.Hour, Zone: "UTC"}
	times := Times{Stretch: Stretch{noon, noon.AddDate(0, 0, 2)}, Weekly: daily}
	if s, on := times.At(noon); !on || !s.To.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("%+v", s)
	}
	if s, on := times.At(noon.AddDate(0, 0, 2).Add(-1)); !on || !s.To.Equal(noon.AddDate(0, 0, 2)) {
		t.Errorf("it goes beyond its end: %+v", s)
	}
	if _, on := times.At(noon.Add(-time.Minute)); on {
		t.Error("it begins before its beginning")
	}
	if s, more := times.Next(noon); !more || !s.From.Equal(noon.Add(22*time.Hour)) {
		t.Errorf("%+v", s)
	}
	if s, more := times.Next(noon.AddDate(0, 0, -20)); !more || !s.From.Equal(noon.Add(-2*time.Hour)) {
		t.Errorf("%+v", s)
	}
	if s, more := times.Next(noon.AddDate(0, 0, 2)); more || !times.Over(noon.AddDate(0, 0, 2)) {
		t.Errorf("%+v", s)
	}
	daily.For = 24 * time.Hour
	open := Times{Stretch: Stretch{From: noon}, Weekly: daily}
	if s, on := open.At(noon); !on || s.To.Sub(noon) < 7*24*time.Hour {
		t.Errorf("days that touch are told apart: %+v", s)
	}
	listed := Times{Stretch: Stretch{From: noon}, Listed: []Stretch{{noon, noon.Add(time.Hour)}, {noon.Add(time.Hour), noon.Add(2 * time.Hour)}, {noon.Add(5 * time.Hour), noon.Add(6 * time.Hour)}}}
	if s, on := listed.At(noon); !on || !s.To.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("%+v", s)
	}
	if s, more := listed.Next(noon); !more || !s.From.Equal(noon.Add(time.Hour)) || listed.Over(noon.Add(5*time.Hour)) || !listed.Over(noon.Add(6*time.Hour)) {
		t.Errorf("%+v", s)
	}
	for name, bad := range map[string]Times{
		"end first": {Stretch: Stretch{noon, noon}},
		"no days":   {Weekly: &Weekly{For: time.Hour, Zone: "UTC"}},
		"no day":    {Weekly: &Weekly{Days: []time.Weekday{7}, For: time.Hour, Zone: "UTC"}},
		"minute":    {Weekly: &Weekly{Days: []time.Weekday{1}, Minute: 1440, For: time.Hour, Zone: "UTC"}},
		"too long":  {Weekly: &Weekly{Days: []time.Weekday{1}, For: 25 * time.Hour, Zone: "UTC"}},
		"too short": {Weekly: &Weekly{Days: []time.Weekday{1}, Zone: "UTC"}},
		"no zone":   {Weekly: &Weekly{Days: []time.Weekday{1}, For: time.Hour}},
		"local":     {Weekly: &Weekly{Days: []time.Weekday{1}, For: time.Hour, Zone: "Local"}},
		"a zone":    {Weekly: &Weekly{Days: []time.Weekday{1}, For: time.Hour, Zone: "Mars/Olympus"}},
	} {
		if bad.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
