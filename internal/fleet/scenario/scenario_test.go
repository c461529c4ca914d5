package scenario

import (
	"slices"
	"strings"
	"testing"
)

// A few days are made, found and summed up as all two hundred of each kind are: each
// outage is found, and what is made up of a seed is made up of it again.
func TestAFewDays(t *testing.T) {
	o := Options{People: 2500, Days: 1, First: 7}
	days, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rows := Table(days)
	if len(days) != 7 || len(rows) != 8 || rows[7].Kind != "all outages" || rows[7].Days != 6 {
		t.Fatalf("%d days, %+v", len(days), rows)
	}
	for _, d := range days[1:] {
		if !d.Detected || d.After <= 0 || d.After > lasts || d.Tickets > d.Rang || d.Cause < 1 || d.Cause > 3 {
			t.Errorf("%+v", d)
		}
	}
	if d := days[0]; d.Detected || d.Hours != 12 || d.Rang != 0 || d.False > 0 {
		t.Errorf("a normal day: %+v", d)
	}
	again, err := Run(t.Context(), Options{People: o.People, Days: 1, First: o.First, Kinds: []Kind{DNS}})
	if err != nil || again[0] != days[slices.IndexFunc(days, func(d Day) bool { return d.Kind == DNS })] {
		t.Errorf("the same seed made %+v, %v", again, err)
	}
}

// Whatever fails, somebody is touched by it, at least six people ring, and what is called
// its cell and cause is what the machines of those have in common.
func TestOutagesAreTrue(t *testing.T) {
	for _, k := range Kinds() {
		o := newOrg(newRand(3, k), 1500)
		x, tickets, failures := o.strike(k, monday)
		people := map[string]bool{}
		for _, c := range tickets {
			people[c.Person] = true
			if c.At.Before(x.at) {
				t.Errorf("%s: somebody rang before", k)
			}
		}
		if len(people) < 6 || len(x.affected) < len(people) || k != Service && len(failures) == 0 {
			t.Errorf("%s: %d of %d rang, %d endpoints fail", k, len(people), len(x.affected), len(failures))
		}
		if k == Service || k == Site {
			continue
		}
		for _, i := range x.affected {
			if !slices.ContainsFunc(o.machines[i].facts, func(p int32) bool { return x.part(o.parts[p]) }) {
				t.Fatalf("%s: a machine is touched that has no part in it", k)
			}
		}
	}
}

// The table stands in the page between its marks, and nothing else changes.
func TestTheTableInThePage(t *testing.T) {
	rows := Table([]Day{{Kind: Normal, Hours: 12, False: 1}, {Kind: DNS, Detected: true, Tickets: 4, After: 3e11, Cell: 2, Cause: 1, Hours: 6}, {Kind: DNS, Hours: 6}})
	page := "before\n" + begin + "old\n" + end + "after\n"
	got, err := Into([]byte(page), rows, 1001, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + begin, end + "after\n", "--days 1 --people 10000 --seed 1001", "| a normal day | 1 | – | – |", "| 1 | 1.000 |", "| DNS | 2 | 50.0 % | 5.0 | 5.0 | 4 | 0.0 % | 100.0 % | 100.0 % | 100.0 % | 0 | 0.000 |"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "old") {
		t.Error("the old table is still there")
	}
	if _, err := Into([]byte("no place"), rows, 1, 1); err == nil {
		t.Error("a page without a place was written")
	}
}
