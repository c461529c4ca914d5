package console

import (
	"testing"

	"github.com/deskbell/deskbell/server/incident"
)

// TestEvidenceWords: what endpoints show is said by its name, where it has one.
func TestEvidenceWords(t *testing.T) {
	for code, want := range map[string]string{
		"":                       "say nothing of it",
		"silent":                 "3 of 4 there went silent, elsewhere 1 of 900",
		"network.gateway_silent": "3 of 4 there show “Router silent”, elsewhere 1 of 900",
		"OurOwnRule":             "3 of 4 there show “OurOwnRule”, elsewhere 1 of 900",
	} {
		if got := evidenceWords(incident.Evidence{Code: code, In: 3, Of: 4, Out: 1, OutOf: 900}); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}
