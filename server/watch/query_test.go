package watch

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/alert"
)

// TestFewAreTheFirstOfAll: what is kept of many is what sorting all of them begins with.
func TestFewAreTheFirstOfAll(t *testing.T) {
	start := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var all []*Item
		for n := range rapid.IntRange(0, 60).Draw(t, "alerts") {
			all = append(all, &Item{
				ID: fmt.Sprintf("A.%03d", n), Severity: rapid.SampledFrom([]alert.Severity{alert.Critical, alert.Warning, alert.Info}).Draw(t, "severity"),
				Alert: alert.Alert{State: rapid.SampledFrom([]alert.State{alert.Firing, alert.Pending}).Draw(t, "state"), Since: start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "since")) * time.Minute)},
			})
		}
		f := few{most: rapid.IntRange(0, 12).Draw(t, "most")}
		for _, i := range rapid.Permutation(all).Draw(t, "order") {
			f.add(i)
		}
		slices.SortFunc(all, order)
		if f.most > 0 && len(all) > f.most {
			all = all[:f.most]
		}
		got := f.copied()
		if len(got) != len(all) {
			t.Fatalf("%d are kept, want %d", len(got), len(all))
		}
		for n, i := range got {
			if i.ID != all[n].ID {
				t.Fatalf("at %d is %s, want %s", n, i.ID, all[n].ID)
			}
		}
	})
}
