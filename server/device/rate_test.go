package device

import (
	"strings"
	"testing"
	"time"
)

const minute = time.Minute

func narrow(v uint64) Counter { return Counter{Value: v, OK: true} }
func wide(v uint64) Counter   { return Counter{Value: v, OK: true, Wide: true} }

// TestRates: what an interface carried is counted over the time that really passed; a
// counter of 32 bits goes around, one of 64 bits does not; and where nobody can tell,
// nothing is told.
func TestRates(t *testing.T) {
	const gigabit, megabit = 1_000_000_000, 1_000_000
	none := Rate{}
	for name, c := range map[string]struct {
		was, is Counter
		speed   uint64
		span    time.Duration
		want    Rate // bits
	}{
		"wide":                             {wide(1000), wide(61000), gigabit, minute, Rate{8000, true}},
		"nothing":                          {wide(1000), wide(1000), gigabit, minute, Rate{0, true}},
		"two looks were missed":            {wide(1000), wide(61000), gigabit, 3 * minute, Rate{60000 * 8.0 / 180, true}},
		"too many were":                    {wide(1000), wide(61000), gigabit, 16 * minute, none},
		"at once":                          {wide(1000), wide(61000), gigabit, time.Millisecond, none},
		"time went back":                   {wide(1000), wide(61000), gigabit, -minute, none},
		"wide, and began anew":             {wide(61000), wide(1000), gigabit, minute, none},
		"wide, beyond half of all numbers": {wide(1 << 63), wide(1<<63 + 600), 0, minute, Rate{80, true}},
		"narrow":                           {narrow(1000), narrow(61000), megabit, minute, Rate{8000, true}},
		"narrow, around":                   {narrow(turn32 - 1000), narrow(5000), megabit, minute, Rate{6000 * 8 / 60, true}},
		"narrow, more than the line has":   {narrow(4_000_000_000), narrow(3_000_000_000), megabit, minute, none},
		"narrow, of unknown speed":         {narrow(turn32 - 1000), narrow(5000), 0, minute, Rate{6000 * 8 / 60, true}},
		"narrow, unknown, likely anew":     {narrow(3_000_000), narrow(5000), 0, minute, none},
		"narrow, and too fast for it":      {narrow(1000), narrow(61000), 10 * gigabit, minute, none},
		"wide, more than the line has":     {wide(0), wide(1 << 40), gigabit, minute, none},
		"wide now":                         {narrow(1000), wide(61000), gigabit, minute, none},
		"not told":                         {Counter{}, wide(61000), gigabit, minute, none},
	} {
		was, is := Interface{Name: "a", Speed: c.speed, In: c.was}, Interface{Name: "a", Speed: c.speed, In: c.is}
		got := ratesOf(&was, &is, c.span)
		if got.In.OK != c.want.OK || abs(got.In.PerSecond-c.want.PerSecond) > 0.01 || got.Out.OK || got.Errors.OK {
			t.Errorf("%s: %+v, want %+v", name, got.In, c.want)
		}
	}
	was := Interface{Name: "a", Speed: 100 * gigabit, InErrors: narrow(turn32 - 60), OutErrors: narrow(0), InDiscards: narrow(7)}
	is := Interface{Name: "a", Speed: 100 * gigabit, InErrors: narrow(0), OutErrors: narrow(60), InDiscards: narrow(67)}
	if got := ratesOf(&was, &is, minute); got.Errors != (Rate{2, true}) || got.Discards != (Rate{1, true}) {
		t.Errorf("%+v", got)
	}
	for what, change := range map[string]func(i *Interface){"another's number": func(i *Interface) { i.Name = "b" }, "counters that began anew": func(i *Interface) { i.Discontinuity = 7 }} {
		other := is
		change(&other)
		if got := ratesOf(&was, &other, minute); got != (Rates{}) {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func abs(v float64) float64 { return max(v, -v) }

// TestBegan: a device began anew when it runs for less long than it should; not when its
// clock of 497 days does, when looks were missed, when clocks differ, or when ours was set.
func TestBegan(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	const turn = turn32 * 10 * time.Millisecond
	for name, c := range map[string]struct {
		was, passed, is time.Duration
		ticks           bool
		want            bool
	}{
		"goes on":                       {day, minute, day + minute, true, false},
		"anew":                          {day, minute, 20 * time.Second, true, true},
		"anew, soon after the last":     {30 * time.Second, 30 * time.Second, 5 * time.Second, true, true},
		"anew, while we were away":      {10 * minute, day, 15 * time.Hour, true, true},
		"goes on, while we were away":   {10 * minute, day, day + 10*minute, true, false},
		"a clock that is slow":          {10 * day, day, 11*day - 5*minute, true, false},
		"its clock of 497 days":         {turn - 30*time.Second, minute, 30 * time.Second, true, false},
		"that, while we were away":      {turn - day, 2 * day, day, true, false},
		"497 days by a clock that goes": {turn - 30*time.Second, minute, 30 * time.Second, false, true},
		"our clock is set ahead":        {100 * day, day, 100*day + minute, true, false},
		"our clock is set back":         {100 * day, -day, 100*day + minute, true, false},
	} {
		was := Reading{At: noon, Timed: true, Uptime: c.was, Ticks: c.ticks}
		is := Reading{At: noon.Add(c.passed), Timed: true, Uptime: c.is, Ticks: c.ticks}
		if got := began(&was, &is); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if began(&Reading{At: noon, Timed: true, Uptime: day}, &Reading{At: noon.Add(minute)}) {
		t.Error("one that does not tell its time began anew")
	}
}

// TestPort: an interface that was up and is down is trouble; one at which nobody ever was,
// one that is switched off, and one of which nothing is expected are not.
func TestPort(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// u up, d down, o switched off, w waiting for a call, l its lower layer is down
	play := func(what string, e Expected, alias string) string {
		var p Port
		var out strings.Builder
		for _, r := range what {
			i := Interface{Alias: alias, Admin: IfUp, Oper: map[rune]Oper{'u': IfUp, 'd': IfDown, 'o': IfDown, 'w': IfDormant, 'l': 7}[r]}
			if r == 'o' {
				i.Admin = IfDown
			}
			p = p.take(&i, e, at)
			out.WriteString(map[State]string{PortUp: "U", PortOff: "O", PortUnused: "-", PortDown: "D"}[p.State])
		}
		return out.String()
	}
	for _, c := range []struct {
		what  string
		e     Expected
		alias string
		want  string
	}{
		{"ddd", WereUp, "", "---"},
		{"dudu", WereUp, "", "-UDU"},
		{"ulu", WereUp, "", "UDU"},
		{"udodu", WereUp, "", "UDO-U"},
		{"uwdw", WereUp, "", "UUDD"},
		{"ud", Described, "", "U-"},
		{"ud", Described, "uplink", "UD"},
		{"ud", Nothing, "uplink", "U-"},
	} {
		if got := play(c.what, c.e, c.alias); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.what, c.e, got, c.want)
		}
	}
	p := Port{}.take(&Interface{Admin: IfUp, Oper: IfUp}, WereUp, at)
	if !p.Since.IsZero() {
		t.Error("of one that was just met it is known since when")
	}
	if p = p.take(&Interface{Admin: IfUp, Oper: IfDown}, WereUp, at.Add(minute)); !p.Since.Equal(at.Add(minute)) {
		t.Errorf("it is down since %s", p.Since)
	}
}
