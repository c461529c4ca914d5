package wire

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// Stock tells the facts by which this machine is compared with others. Facts are all
// of them (stock.Pack); instead of them Base names the facts that the server has, and
// Changes leads from those to Hash. The server that has other facts answers conflict,
// and gets them all. Nothing else waits for it, and a lost one does no harm.
type Stock struct {
	Hash    string         `json:"hash"` // stock.Hash of the facts as they are now
	TakenAt time.Time      `json:"taken_at"`
	Base    string         `json:"base,omitempty"`
	Facts   []byte         `json:"facts,omitempty"`
	Changes []stock.Change `json:"changes,omitempty"` // oldest first; beside Facts: those of the last 90 days
	Left    int            `json:"left,omitempty"`    // so many facts had no room
}

// MaxStock bounds a Stock's body.
const MaxStock = 384 << 10
