package agent

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	vocabulary "github.com/deskbell/deskbell/diagnostics/stock"
)

// Where the machine is follows what its radios say: the newest value, none at a network
// that is kept to itself, and not known any more after some readings that failed.
func TestFollowPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := []byte("key")
		at := func(addresses ...string) inventory.Section[inventory.Wireless] {
			w := &inventory.Wireless{}
			for _, a := range addresses {
				w.Radios = append(w.Radios, inventory.Radio{AccessPoint: a})
			}
			return inventory.Section[inventory.Wireless]{State: diagnostics.StateOK, Data: w}
		}
		is := func(s diagnostics.SectionState) inventory.Section[inventory.Wireless] {
			return inventory.Section[inventory.Wireless]{State: s}
		}
		says := []inventory.Section[inventory.Wireless]{
			at("54:05:db:aa:bb:cc"), at("54:05:DB:AA:BB:CD", ""), at(""), at(), is(diagnostics.StateFailed), at("54:05:db:aa:bb:cc"),
			is(diagnostics.StateTimeout), is(diagnostics.StateFailed), is(diagnostics.StateFailed), is(diagnostics.StateFailed), is(diagnostics.StateUnsupported), at("nonsense"),
		}
		one, two := vocabulary.AccessPointName(key, "54:05:db:aa:bb:cc"), vocabulary.AccessPointName(key, "54:05:db:aa:bb:cd")
		want := []string{
			"0s [" + one + "] true", "5m0s [" + two + "] true", "10m0s [] true", "15m0s [] true", "25m0s [" + one + "] true",
			"40m0s [] false", "50m0s [] false", "1h50m0s [] true",
		}
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var got []string
		n := 0
		followPlace(ctx, func() inventory.Section[inventory.Wireless] {
			if n == len(says) {
				cancel()
				return at("54:05:db:aa:bb:cc") // half of it: it does not count
			}
			n++
			return says[n-1]
		}, key, func(names []string, known bool) {
			got = append(got, fmt.Sprint(time.Since(start), " ", names, " ", known))
		})
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}
