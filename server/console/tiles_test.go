package console

import (
	"testing"

	"github.com/deskbell/deskbell/server/noc"
)

// TestTilesInWords: who suffers is counted and has a share, and who is there stands beside
// who usually is, as far as that is known.
func TestTilesInWords(t *testing.T) {
	for _, c := range []struct {
		tile       noc.Tile
		ill, usual string
		words      string
	}{
		{noc.Tile{Score: -1}, "0", "–", "0 online"},
		{noc.Tile{Online: 40, Ill: 5, Offline: 3, Present: 38, Expected: 42}, "5 (12 %)", "38 of 42", "40 online, 3 away, 5 with a problem, 38 of 42 usual at this hour"},
		{noc.Tile{Online: 1200, Ill: 3, Present: 1100, Expected: 1000}, "3 (0.2 %)", "1\u2009100 of 1\u2009000", "1\u2009200 online, 3 with a problem, 1\u2009100 of 1\u2009000 usual at this hour"},
	} {
		if ill, usual, words := illWords(c.tile), usualWords(c.tile), tileWords(c.tile); ill != c.ill || usual != c.usual || words != c.words {
			t.Errorf("%+v: %q, %q, %q", c.tile, ill, usual, words)
		}
	}
}
