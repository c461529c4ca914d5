package contrast

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// A hostile fleet fills the index to its bound and no further; what had no room is
// known to be missing, and room comes back when machines leave.
func TestTheIndexIsBounded(t *testing.T) {
	x := NewIndex()
	x.most = 1 << 20
	for i := range 200 {
		facts := []stock.Fact{{Kind: stock.Read, Name: "software"}}
		for n := range 50 {
			facts = append(facts, stock.Fact{Kind: stock.Software, Name: fmt.Sprintf("%d-%d-%s", i, n, strings.Repeat("x", 100))})
		}
		x.Set(fmt.Sprint(i), "", time.Time{}, facts)
	}
	if x.weight > x.most || !x.Whole("0") || x.Whole("199") {
		t.Errorf("it weighs %d of %d", x.weight, x.most)
	}
	facts := len(x.facts)
	for round := range 3 {
		for i := range 200 {
			x.Remove(fmt.Sprint(i))
		}
		if x.weight != 0 || len(x.ids) != 0 || len(x.names) != 0 {
			t.Fatalf("empty it weighs %d, with %d facts and %d names", x.weight, len(x.ids), len(x.names))
		}
		for i := range 60 {
			x.Set(fmt.Sprint(i), "", time.Time{}, []stock.Fact{{Kind: stock.Software, Name: fmt.Sprintf("%d-%d", round, i)}})
		}
	}
	if len(x.facts) != facts {
		t.Errorf("the list has grown from %d to %d", facts, len(x.facts))
	}
}
