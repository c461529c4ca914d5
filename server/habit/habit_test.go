package habit_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/habit"
)

// machine is an endpoint that is looked at each minute, as the fleet does.
type machine struct {
	t testing.TB
	habit.Habit
	now   time.Time
	gone  time.Time // since when it is away; zero: it is there
	worst float64   // the most that Missed said since it was set back
	least float64   // and the least
}

func begun(t testing.TB, at string, zone string) *machine {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", at, l)
	if err != nil {
		t.Fatal(err)
	}
	return &machine{t: t, now: now, least: 1}
}

// look takes one look.
func (m *machine) look(p habit.Presence) {
	m.See(m.now, p)
	switch p {
	case habit.There:
		m.Back()
		m.gone = time.Time{}
	case habit.Away:
		if m.gone.IsZero() {
			m.gone = m.now
		}
		missed := m.Missed(m.gone, m.now, false)
		m.worst, m.least = max(m.worst, missed), min(m.least, missed)
	}
}

// live goes through the minutes of a time; is says where it is at each.
func (m *machine) live(d time.Duration, is func(time.Time) habit.Presence) {
	for end := m.now.Add(d); m.now.Before(end); m.now = m.now.Add(time.Minute) {
		m.look(is(m.now))
	}
}

// until goes on to the next such moment of a week.
func (m *machine) until(day time.Weekday, hour, minute int, is func(time.Time) habit.Presence) {
	for m.now.Weekday() != day || m.now.Hour() != hour || m.now.Minute() != minute {
		m.live(time.Minute, is)
	}
}

func (m *machine) afresh() { m.worst, m.least = 0, 1 }

func always(time.Time) habit.Presence  { return habit.There }
func never(time.Time) habit.Presence   { return habit.Away }
func unknown(time.Time) habit.Presence { return habit.Unknown }

// office is a laptop that is taken home at six, and there on working days alone.
func office(t time.Time) habit.Presence {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday || t.Hour() < 8 || t.Hour() >= 18 {
		return habit.Away
	}
	return habit.There
}

const (
	week = 7 * 24 * time.Hour
	// quietBelow is from where on a rule says something of a laptop.
	quietBelow = 0.8
)

// TestAServerThatFallsSilentIsMissed: whatever the hour, at once, for as long as it lasts,
// and again when it was back for a day.
func TestAServerThatFallsSilentIsMissed(t *testing.T) {
	m := begun(t, "2026-02-02 00:00", "Europe/Berlin")
	m.live(2*week-2*time.Hour, always)
	if m.Known() || m.Expected(m.now, false) >= 0 || m.Missed(m.now, m.now.Add(time.Minute), false) >= 0 {
		t.Error("something is said before two weeks are known")
	}
	m.live(3*time.Hour, always)
	m.live(2*week, always)
	if p := m.Expected(m.now, false); !m.Known() || p < habit.Steady {
		t.Errorf("it is expected with %v", p)
	}
	for _, away := range []time.Duration{2 * time.Minute, 26 * time.Hour, 5 * week, 3 * time.Hour} {
		m.afresh()
		m.live(away, never)
		if m.least < habit.Steady {
			t.Errorf("away for %v it was missed by %v only", away, m.least)
		}
		m.live(3*24*time.Hour+7*time.Hour, always)
		if away > week { // it has been away longer than that it was there: a server no more, for some weeks
			m.live(6*week, always)
		}
	}
}

// TestAnHourThatIsMissingEachWeek of a server is no reason to call, and the others are.
func TestAnHourThatIsMissingEachWeek(t *testing.T) {
	m := begun(t, "2026-02-02 00:00", "Europe/Berlin")
	backup := func(t time.Time) habit.Presence {
		if t.Weekday() == time.Sunday && t.Hour() == 4 {
			return habit.Away
		}
		return habit.There
	}
	m.live(4*week, backup)
	m.afresh()
	m.live(2*week, backup)
	if m.worst >= quietBelow {
		t.Errorf("in its weekly hour it was missed by %v", m.worst)
	}
	m.afresh()
	m.live(time.Hour, never) // Monday
	if m.least < habit.Steady {
		t.Errorf("in another hour it was missed by %v only", m.least)
	}
}

// TestALaptopAtNightIsNotMissed, when the clocks are put forward and back, and over three
// weeks of vacation; and when somebody unplugs it in the middle of the day, that is no
// more than worth a look.
func TestALaptopAtNightIsNotMissed(t *testing.T) {
	for _, begin := range []string{"2026-02-23 00:00", "2026-09-28 00:00"} { // five weeks before the clocks change
		m := begun(t, begin, "Europe/Berlin")
		m.live(3*week, office)
		m.afresh()
		m.live(5*week, office)
		if m.worst >= quietBelow {
			t.Errorf("from %s on it was missed by %v at night", begin, m.worst)
		}
		m.until(time.Friday, 18, 0, office)
		m.afresh()
		m.live(3*week, never)
		m.until(time.Monday, 8, 0, never)
		if m.worst >= quietBelow {
			t.Errorf("in its vacation it was missed by %v", m.worst)
		}
		m.live(6*week, office)
		m.until(time.Tuesday, 10, 20, office)
		m.afresh()
		m.live(2*time.Hour, never)
		if m.least < quietBelow || m.worst >= habit.Steady {
			t.Errorf("unplugged on Tuesday at 10:20 it was missed by %v to %v", m.least, m.worst)
		}
		m.until(time.Tuesday, 18, 15, never)
		m.afresh()
		m.live(18*time.Hour, never)
		if m.worst >= quietBelow {
			t.Errorf("after the evening it was still missed by %v", m.worst)
		}
	}
}

// TestHabitsChange: a server that becomes a laptop is none after some weeks, and what is
// there every second week only never was one.
func TestHabitsChange(t *testing.T) {
	m := begun(t, "2026-02-02 00:00", "UTC")
	m.live(12*week, always)
	m.live(5*week, office)
	m.until(time.Monday, 18, 0, office)
	m.afresh()
	m.live(10*time.Hour, never)
	if m.worst >= quietBelow {
		t.Errorf("at night it is missed by %v", m.worst)
	}
	m = begun(t, "2026-02-02 00:00", "UTC")
	for range 4 {
		m.live(week, always)
		m.live(week, never)
		if p := m.Expected(m.now, true); p >= quietBelow {
			t.Errorf("there in every second week it is expected with %v", p)
		}
	}
}

// TestAServerByItsKind may be away more often than one that is learned to be one.
func TestAServerByItsKind(t *testing.T) {
	m := begun(t, "2026-02-02 00:00", "UTC")
	nightly := func(t time.Time) habit.Presence {
		if t.Weekday() == time.Sunday && t.Hour() < 10 {
			return habit.Away
		}
		return habit.There
	}
	m.live(4*week+12*time.Hour, nightly)
	if p := m.Expected(m.now, false); p >= habit.Steady {
		t.Errorf("learned, it is expected with %v", p)
	}
	if p := m.Expected(m.now, true); p < habit.Steady {
		t.Errorf("known to be a server, it is expected with %v", p)
	}
	m.live(7*24*time.Hour-12*time.Hour-week/7, nightly) // Sunday, about midnight
	if p := m.Expected(m.now.Truncate(24*time.Hour).Add(3*time.Hour), true); p >= quietBelow {
		t.Errorf("in the hours in which it never is there it is expected with %v", p)
	}
}

// TestNothingIsLearnedWhileNothingIsKnown: the server was away, or did not look.
func TestNothingIsLearnedWhileNothingIsKnown(t *testing.T) {
	for what, gap := range map[string]func(*machine){
		"unknown for a day":             func(m *machine) { m.live(24*time.Hour, unknown) },
		"no look for a day":             func(m *machine) { m.now = m.now.Add(24 * time.Hour); m.look(habit.Away); m.now = m.now.Add(time.Hour) },
		"no look for a week":            func(m *machine) { m.now = m.now.Add(week); m.look(habit.Away); m.now = m.now.Add(time.Hour) },
		"no look, and then it is there": func(m *machine) { m.now = m.now.Add(24 * time.Hour); m.look(habit.There); m.now = m.now.Add(time.Hour) },
	} {
		m := begun(t, "2026-02-02 00:00", "UTC")
		m.live(3*week+10*time.Hour, office)
		m.look(habit.Unknown) // the hour is over
		before := week168(m)
		gap(m)
		m.look(habit.Unknown)
		for i, after := range week168(m) {
			if after != before[i] {
				t.Errorf("%s: of hour %d of the week %v was known, and then %v", what, i, before[i], after)
			}
		}
	}
}

// week168 is what is expected in each hour of the week, from Monday on.
func week168(m *machine) (out [168]float64) {
	monday := time.Date(2026, 1, 5, 0, 30, 0, 0, m.now.Location())
	for i := range out {
		out[i] = m.Expected(monday.Add(time.Duration(i)*time.Hour), false)
	}
	return out
}

// TestRestartForgetsNothing: whoever is written down and read again at any moments says
// what one says that never was, whatever happened.
func TestRestartForgetsNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		start := time.Unix(1770000000+rapid.Int64Range(0, 30e6).Draw(r, "start"), 0).UTC()
		a := &machine{now: start}
		b := &machine{now: start}
		for range rapid.IntRange(1, 40).Draw(r, "stretches") {
			p := habit.Presence(rapid.IntRange(0, 2).Draw(r, "presence"))
			d := time.Duration(rapid.IntRange(1, 3000).Draw(r, "minutes")) * time.Minute
			is := func(time.Time) habit.Presence { return p }
			a.live(d, is)
			b.live(d, is)
			doc := b.Encode()
			if b.Changed() {
				r.Fatal("what was written down has to be written down")
			}
			h, err := habit.Decode(doc)
			if err != nil {
				r.Fatal(err)
			}
			b.Habit = *h
			if !bytes.Equal(a.Encode(), b.Encode()) {
				r.Fatal("after a restart something else is known")
			}
		}
		if a.worst != b.worst || a.least != b.least {
			r.Fatalf("missed by %v to %v, and after restarts by %v to %v", a.least, a.worst, b.least, b.worst)
		}
	})
}

// TestOfficeHours: whatever the hours of an office, the zone and the season, a laptop that
// goes with their end, without a word, is not missed; and only what is there at night too
// is ever missed as a server is.
func TestOfficeHours(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"}
	rapid.Check(t, func(r *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			r.Fatal(err)
		}
		start := time.Unix(1770000000+rapid.Int64Range(0, 30e6).Draw(r, "start"), 0).In(zone)
		from := rapid.IntRange(5, 12).Draw(r, "from")
		to := rapid.IntRange(from+2, 22).Draw(r, "to")
		hours := func(t time.Time) habit.Presence {
			if t.Weekday() == time.Sunday || t.Hour() < from || t.Hour() >= to {
				return habit.Away
			}
			return habit.There
		}
		m := &machine{now: start}
		m.live(3*week, hours)
		m.afresh()
		m.live(week, hours)
		if m.worst >= quietBelow {
			r.Fatalf("it was missed by %v in the hours in which nobody is there", m.worst)
		}
		m.live(time.Duration(rapid.IntRange(0, 10_000).Draw(r, "minutes"))*time.Minute, hours)
		m.afresh()
		m.live(2*week, never)
		if m.worst >= habit.Steady {
			r.Fatalf("it was missed by %v, as if it was a server", m.worst)
		}
	})
}

// TestBytesThatAreNone are refused, and what can be read says nothing impossible.
func TestBytesThatAreNone(t *testing.T) {
	good := (&habit.Habit{}).Encode()
	for _, b := range [][]byte{nil, {}, {1}, good[:len(good)-1], append(bytes.Clone(good), 0), append([]byte{9}, good[1:]...)} {
		if _, err := habit.Decode(b); err == nil {
			t.Errorf("%d bytes were read", len(b))
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), len(good), len(good)).Draw(r, "bytes")
		b[0] = good[0]
		h, err := habit.Decode(b)
		if err != nil {
			r.Fatal(err)
		}
		now := time.Unix(1770000000, 0).UTC()
		h.See(now, habit.Away)
		if p := h.Expected(now, false); p > 1 || p != -1 && p < 0 {
			r.Fatalf("it is expected with %v", p)
		}
	})
}
