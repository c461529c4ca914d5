package find

import (
	"slices"
	"strings"
	"testing"
)

// TestChosenTree wants a category to mean all below it, by its name, path or id.
func TestChosenTree(t *testing.T) {
	list := []Choice{
		{ID: "1", Name: "Hardware", Path: "Hardware"}, {ID: "2", Name: "Printer", Parent: "1", Path: "Hardware › Printer"},
		{ID: "3", Name: "Tray", Parent: "2", Path: "Hardware › Printer › Tray", Retired: true}, {ID: "4", Name: "Software", Path: "Software"},
		{ID: "5", Name: "Printer", Parent: "4", Path: "Software › Printer"},
	}
	for typed, want := range map[string]string{
		"hardware": "1 2 3", "HARDWARE": "1 2 3", "1": "1 2 3", "printer": "2 3 5", "Hardware › Printer": "2 3", "hardware printer": "2 3", "tray": "3", "software": "4 5", "paint": "",
	} {
		got := chosen(list, typed)
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q means %q, not %q", typed, got, want)
		}
	}
}
