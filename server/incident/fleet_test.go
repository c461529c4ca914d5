package incident

import (
	"testing"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// TestWhatIsNew has versions that came lately to most of those that have them, to a few of
// them, and to none.
func TestWhatIsNew(t *testing.T) {
	part := func(name string) correlate.Part {
		return correlate.Part{Kind: stock.Software, Name: name, Value: "2"}
	}
	f := &fleet{
		count: map[correlate.Part]int{part("half"): 10, part("few"): 10, part("none"): 10},
		came:  map[correlate.Part]int{part("half"): 5, part("few"): 4, part("gone"): 0},
	}
	for name, want := range map[string]bool{"half": true, "few": false, "none": false, "gone": false} {
		if got := f.New(part(name)); got != want {
			t.Errorf("%s is new: %v", name, got)
		}
	}
	if (&fleet{count: f.count}).New(part("half")) {
		t.Error("it is new where nobody has counted")
	}
}
