package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/availability"
)

// testAvailability is how sites and services did: hours are kept as they are, the newer
// in place of the older, found by time, kind and id in order, and forgotten from the
// oldest on.
func testAvailability(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Availability()
	begin := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	hour := func(kind availability.Kind, id string, n int) availability.Row {
		return availability.Row{Kind: kind, ID: id, Name: "Name of " + id, Begin: begin.Add(time.Duration(n) * time.Hour), Doc: []byte{1, 0, byte(n), 0xff}}
	}
	var rows []availability.Row
	for n := range 80 { // three days and more
		rows = append(rows, hour(availability.Site, "b", n), hour(availability.Site, "a", n))
	}
	rows = append(rows, hour(availability.Check, "a", 79))
	must(t, s.SaveHours(ctx, nil))
	must(t, s.SaveHours(ctx, rows))
	newer := hour(availability.Site, "a", 2)
	newer.Name, newer.Doc = "Renamed", []byte{7}
	must(t, s.SaveHours(ctx, []availability.Row{newer}))
	w.Reopen(t)
	s = w.DB.Availability()
	list := func(kind availability.Kind, id string, from, to int) (out []string) {
		t.Helper()
		must(t, s.Hours(ctx, kind, id, begin.Add(time.Duration(from)*time.Hour), begin.Add(time.Duration(to)*time.Hour), func(r availability.Row) error {
			out = append(out, fmt.Sprintf("%s %s %s %s %v", r.Kind, r.ID, r.Name, r.Begin.Format("02T15"), r.Doc))
			return nil
		}))
		return out
	}
	want := []string{
		"site a Name of a 29T01 [1 0 1 255]", "site b Name of b 29T01 [1 0 1 255]", "site a Renamed 29T02 [7]", "site b Name of b 29T02 [1 0 2 255]",
	}
	if d := cmp.Diff(want, list(availability.Site, "", 1, 3)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[:1], list(availability.Site, "a", 1, 2)); d != "" {
		t.Error(d)
	}
	first := func() map[string]time.Time {
		t.Helper()
		m, err := s.First(ctx, availability.Site)
		must(t, err)
		return m
	}
	if d := cmp.Diff(map[string]time.Time{"a": begin, "b": begin}, first()); d != "" {
		t.Error(d)
	}
	left := begin.Add(60 * time.Hour)
	must(t, s.ForgetHours(ctx, left))
	if d := cmp.Diff(map[string]time.Time{"a": left, "b": left}, first()); d != "" {
		t.Error(d)
	}
	if n := len(list(availability.Check, "", 0, 100)); n != 1 {
		t.Errorf("%d hours of checks are left", n)
	}
}
