package oncall

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func people(names ...string) []Person {
	var out []Person
	for _, n := range names {
		out = append(out, Person{ID: n, Name: n})
	}
	return out
}

func berlin(t interface{ Fatal(...any) }) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// said are shifts in short, by the clocks of a place.
func said(list []Shift, zone *time.Location) string {
	var out strings.Builder
	for _, s := range list {
		who := s.Person.ID
		if s.Gap() {
			who = "nobody"
		}
		if s.Override != "" {
			who += "!"
		}
		out.WriteString(s.From.In(zone).Format("Mon 02 15:04 ") + who + "\n")
	}
	return out.String()
}

// TestShifts: layers, hours, overrides and gaps, by the clocks of the place, as they are
// put forward and back.
func TestShifts(t *testing.T) {
	zone := berlin(t)
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	week := Rota{ID: "r", Zone: "Europe/Berlin", Layers: []Layer{{Name: "a", People: people("mia", "jo"), First: "2026-03-16", Minute: 9 * 60, Days: 7}}}
	night := Layer{Name: "n", People: people("kim"), First: "2026-03-16", Minute: 9 * 60, Days: 1, Hours: &Hours{Days: []time.Weekday{time.Friday, time.Saturday}, From: 22 * 60, To: 6 * 60}}
	both := week
	both.Layers = append([]Layer{}, week.Layers[0], night)
	fri := Override{ID: "o", Rota: "r", From: at("2026-03-20 18:00"), To: at("2026-03-23 08:00"), Person: Person{ID: "lu"}, Instead: Person{ID: "mia"}}
	office := Rota{ID: "r", Zone: "Europe/Berlin", Layers: []Layer{{People: people("mia"), First: "2026-03-16", Days: 1, Hours: &Hours{Days: []time.Weekday{time.Monday}, From: 8 * 60, To: 17 * 60}}}}
	early := Rota{ID: "r", Zone: "Europe/Berlin", Layers: []Layer{{People: people("mia", "jo"), First: "2026-03-28", Minute: 2*60 + 30, Days: 1}}}
	twice := early
	twice.Layers = []Layer{early.Layers[0]}
	twice.Layers[0].First = "2026-10-24"
	for name, c := range map[string]struct {
		rota     Rota
		over     []Override
		from, to string
		want     string
	}{
		"weeks over the change of clocks": {week, nil, "2026-03-15 00:00", "2026-04-01 00:00", "Sun 15 00:00 nobody\nMon 16 09:00 mia\nMon 23 09:00 jo\nMon 30 09:00 mia\n"},
		"nights cover":                    {both, nil, "2026-03-20 00:00", "2026-03-23 00:00", "Fri 20 00:00 mia\nFri 20 22:00 kim\nSat 21 06:00 mia\nSat 21 22:00 kim\nSun 22 06:00 mia\n"},
		"only instead of her":             {both, []Override{fri}, "2026-03-20 00:00", "2026-03-24 00:00", "Fri 20 00:00 mia\nFri 20 18:00 lu!\nFri 20 22:00 kim\nSat 21 06:00 lu!\nSat 21 22:00 kim\nSun 22 06:00 lu!\nMon 23 08:00 mia\nMon 23 09:00 jo\n"},
		"of another rota":                 {both, []Override{{ID: "o", Rota: "x", From: fri.From, To: fri.To, Person: fri.Person}}, "2026-03-20 00:00", "2026-03-20 23:00", "Fri 20 00:00 mia\nFri 20 22:00 kim\n"},
		"gaps are said":                   {office, []Override{{ID: "o", Rota: "r", From: at("2026-03-16 16:00"), To: at("2026-03-16 18:00"), Person: Person{ID: "lu"}}}, "2026-03-16 00:00", "2026-03-17 00:00", "Mon 16 00:00 nobody\nMon 16 08:00 mia\nMon 16 16:00 lu!\nMon 16 18:00 nobody\n"},
		"an hour that is left out":        {early, nil, "2026-03-28 12:00", "2026-03-30 12:00", "Sat 28 12:00 mia\nSun 29 03:00 jo\nMon 30 02:30 mia\n"},
		"an hour that comes twice":        {twice, nil, "2026-10-24 12:00", "2026-10-26 12:00", "Sat 24 12:00 mia\nSun 25 02:30 jo\nMon 26 02:30 mia\n"},
	} {
		if got := said(c.rota.Shifts(at(c.from), at(c.to), c.over), zone); got != c.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	// Of the hour that comes twice, the first counts.
	s := twice.Shifts(at("2026-10-24 12:00"), at("2026-10-25 12:00"), nil)
	if _, offset := s[1].From.In(zone).Zone(); offset != 2*3600 {
		t.Errorf("it is handed over at %s", s[1].From)
	}
}

// TestOneAtATime: whatever the rota, at each moment one person is on call or nobody;
// what is listed is what is so; the newest override that is for whoever would be on
// wins; and each hand-over is at its minute of the day by the clocks there.
func TestOneAtATime(t *testing.T) {
	zone := berlin(t)
	names := []string{"mia", "jo", "kim", "lu"}
	rapid.Check(t, func(rt *rapid.T) {
		r := Rota{ID: "r", Zone: "Europe/Berlin"}
		for range rapid.IntRange(1, 3).Draw(rt, "layers") {
			l := Layer{
				People: people(rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(rt, "people")...), Days: rapid.IntRange(1, 9).Draw(rt, "days"), Minute: rapid.IntRange(0, 24*60-1).Draw(rt, "minute"),
				First: time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(-20, 10).Draw(rt, "first")).Format(time.DateOnly),
			}
			if rapid.Bool().Draw(rt, "hours") {
				l.Hours = &Hours{Days: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) time.Weekday { return time.Weekday(rapid.IntRange(0, 6).Draw(t, "d")) }), 1, 7, rapid.ID).Draw(rt, "on"), From: rapid.IntRange(0, 1439).Draw(rt, "from"), To: rapid.IntRange(0, 1439).Draw(rt, "to")}
			}
			if f, s := l.wrong(); f != "" {
				rt.Fatal(f, s)
			}
			r.Layers = append(r.Layers, l)
		}
		from := time.Date(2026, 3, 25, 0, 0, 0, 0, zone) // the clocks are put forward on the 29th
		to := from.AddDate(0, 0, 10)
		moments := rapid.Custom(func(t *rapid.T) time.Time {
			return from.Add(time.Duration(rapid.IntRange(0, 10*24*60-61).Draw(t, "at")) * time.Minute)
		})
		var over []Override
		for n := range rapid.IntRange(0, 3).Draw(rt, "overrides") {
			o := Override{ID: string(rune('a' + n)), Rota: "r", From: moments.Draw(rt, "over"), Person: Person{ID: rapid.SampledFrom(names).Draw(rt, "who")}}
			o.To = o.From.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "for")) * time.Minute)
			over = append(over, o)
		}
		list := r.Shifts(from, to, over)
		if !list[0].From.Equal(from) || !list[len(list)-1].To.Equal(to) {
			rt.Fatalf("from %s to %s: %s", list[0].From, list[len(list)-1].To, said(list, zone))
		}
		for n, s := range list {
			if n > 0 && !list[n-1].To.Equal(s.From) || !s.To.After(s.From) {
				rt.Fatalf("they do not follow each other: %s", said(list, zone))
			}
		}
		for range 20 {
			at := moments.Draw(rt, "at")
			is := r.At(at, over)
			for _, s := range list {
				if !at.Before(s.From) && at.Before(s.To) && (s.Person != is.Person || s.Override != is.Override) {
					rt.Fatalf("at %s it is %v, and listed is %v", at, is, s)
				}
			}
			for n := len(over) - 1; n >= 0; n-- {
				if o := over[n]; !at.Before(o.From) && at.Before(o.To) {
					if is.Person != o.Person {
						rt.Fatalf("at %s it is %v, though %v stands in", at, is, o)
					}
					break
				}
			}
		}
		plain := Rota{ID: "r", Zone: r.Zone, Layers: []Layer{r.Layers[0]}}
		plain.Layers[0].Hours, plain.Layers[0].People = nil, people("mia", "jo")
		for _, s := range plain.Shifts(from, to, nil)[1:] {
			local := s.From.In(zone)
			gap := local.Day() == 29 && plain.Layers[0].Minute >= 120 && plain.Layers[0].Minute < 180
			if minute := local.Hour()*60 + local.Minute(); minute != plain.Layers[0].Minute && (!gap || minute != 180) {
				rt.Fatalf("handed over at %s instead of %d", local, plain.Layers[0].Minute)
			}
		}
	})
}
