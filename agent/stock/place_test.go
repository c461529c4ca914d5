package stock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
)

// At which access point the machine is, is told with the rest, the newest alone, also
// over a restart; what it was before is neither kept nor told as the past.
func TestOnlyTheNewestAccessPointIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		k, s := keeper(dir, false), &server{t: t}
		has := func(what string, names []string, known bool) {
			t.Helper()
			got, is := stock.AccessPointsOf(s.facts)
			if d := cmp.Diff(names, got); d != "" || is != known {
				t.Errorf("%s: known %v, %s", what, is, d)
			}
		}
		kept := func() string {
			b, err := os.ReadFile(filepath.Join(dir, "stock.json"))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		k.At([]string{"aaaa-1"}, true) // before anything else is known
		k.Noted(machine(inventory.Package{Name: "a", Version: "1"}))
		attend(t, k, "E", s, true, time.Hour)
		has("at first", []string{"aaaa-1"}, true)

		k.At([]string{"cccc-3", "bbbb-2"}, true)
		attend(t, k, "E", s, false, time.Hour)
		has("elsewhere", []string{"bbbb-2", "cccc-3"}, true)
		k.At([]string{"bbbb-2", "cccc-3"}, true)
		k.At([]string{"cccc-3"}, true)
		k.At([]string{"bbbb-2", "cccc-3"}, true)
		k.Noted(machine(inventory.Package{Name: "a", Version: "2"}))
		attend(t, k, "E", s, false, time.Hour)
		has("there and back", []string{"bbbb-2", "cccc-3"}, true)

		k = keeper(dir, false)
		k.Noted(machine(inventory.Package{Name: "a", Version: "3"}))
		attend(t, k, "E", s, false, time.Hour)
		has("after a restart, before it was looked", []string{"bbbb-2", "cccc-3"}, true)
		if d := cmp.Diff([]string{"whole", "delta", "delta", "delta"}, s.log); d != "" {
			t.Error(d)
		}
		if strings.Contains(kept(), "aaaa-1") || strings.Contains(kept(), "accesspoint") {
			t.Errorf("where it was is kept: %s", kept())
		}

		k.At(nil, true)
		attend(t, k, "E", s, false, time.Hour)
		has("at home", nil, true)
		k.At(nil, false)
		attend(t, k, "E", s, false, time.Hour)
		has("not known", nil, false)

		k.At([]string{"dddd-4"}, true)
		other := &server{t: t}
		attend(t, k, "E2", other, true, time.Hour)
		for _, c := range other.last.Changes {
			if c.Kind == stock.AccessPoint {
				t.Errorf("another server is told of the past: %+v", c)
			}
		}
		if len(other.last.Changes) != 2 {
			t.Errorf("the other changes are lost: %+v", other.last.Changes)
		}
	})
}
