package survey

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestFleetIsNotMeasured says why, instead of sending thousands of downloads at once.
func TestFleetIsNotMeasured(t *testing.T) {
	_, err := checked(wire.AskSpeed, nil)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), "fill the server's own line") {
		t.Error(err)
	}
}
