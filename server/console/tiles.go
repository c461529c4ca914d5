package console

import (
	"strings"

	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
)

// tileWords tells in a line how a site is.
func tileWords(t noc.Tile) string {
	parts := []string{kit.Count(t.Online) + " online"}
	for _, p := range []struct {
		n    int
		word string
	}{{t.Offline, "offline"}, {t.Unknown, "unknown"}, {t.Held, "held"}, {t.Ill, "with a problem"}} {
		if p.n > 0 {
			parts = append(parts, kit.Count(p.n)+" "+p.word)
		}
	}
	return strings.Join(parts, ", ")
}
