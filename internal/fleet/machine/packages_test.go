package machine

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// TestFactsAreSpreadAndStay: a machine tells the same of itself for ever, no two tell
// all the same, most have what is usual, and some were left behind.
func TestFactsAreSpreadAndStay(t *testing.T) {
	const n = 600
	odd, with := 0, map[string]int{}
	seen := map[string]bool{}
	for i := 1; i <= n; i++ {
		m := New(42, i, "BER", monday)
		m.WithIll(Healthy)
		m.spell = spell{Healthy, 0}
		told := m.Facts(monday)
		if later := m.Facts(monday.Add(20 * time.Hour)); later.Hash != told.Hash {
			t.Fatalf("machine %d has become another one in twenty hours", i)
		}
		facts, err := stock.Unpack(told.Facts)
		if err != nil || stock.Hash(facts) != told.Hash || told.Left != 0 {
			t.Fatalf("machine %d tells what no server would take: %v", i, err)
		}
		seen[told.Hash] = true
		for _, f := range facts {
			switch {
			case f.Kind == stock.Driver && f.Name == "netx" && f.Value == "12.4-beta2":
				odd++
			case f.Kind == stock.Software:
				with[f.Name]++
			}
		}
	}
	if odd < n/oddVersion/2 || odd > 2*n/oddVersion {
		t.Errorf("%d of %d have the odd driver", odd, n)
	}
	if len(seen) < n/2 {
		t.Errorf("%d machines tell only %d different things", n, len(seen))
	}
	if len(with) < 20 {
		t.Errorf("there are %d programs", len(with))
	}
}
