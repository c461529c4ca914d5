package ledger

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
)

// head is kept beside the file: without it nobody could tell a file whose end was
// removed from one that ends there.
type head struct {
	Began time.Time `json:"began"`
	Last  place     `json:"last"`          // of what is on the disk
	From  place     `json:"from"`          // after which the file begins; older lines were let go
	Old   int       `json:"old,omitempty"` // bytes of older agents' lines, before the first one with a number
	// Next is From once the file has been cut, while that is under way: whenever the
	// power goes, the file begins after the one or the other.
	Next *place `json:"next,omitempty"`
	// Doubt is the line before which a head was found to be missing or unreadable. It
	// is told of until that line is let go.
	Doubt uint64 `json:"doubt,omitempty"`
}

// readHead returns the head; ok is false when there is none that can be read.
func readHead(path string) (h head, ok bool, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	bad := json.Unmarshal(b, &h)
	return h, bad == nil && h.From.Hash != "" && h.Last.Hash != "" && h.Last.N >= h.From.N, nil
}

// begins notes that the file begins after a place, with so many bytes of older
// agents' lines before it.
func (h *head) begins(from place, old int) {
	h.From, h.Next, h.Old = from, nil, old
	if h.Doubt <= from.N {
		h.Doubt = 0
	}
}

func (h head) write(path string) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return durable.Write(path, append(b, '\n'), 0o644)
}

// begin is the head of a file that had none. For lines with numbers it must have
// had one: somebody took it away.
func begin(b []byte, now time.Time) head {
	old := unchained(b)
	genesis := place{0, hashOf(b[:old])}
	h := head{Began: now.UTC(), Last: genesis, From: genesis, Old: old}
	if first, chained := firstOf(b[old:]); chained {
		if first.N > 1 {
			h.From, h.Old = place{first.N - 1, first.Prev}, 0
		}
		h.Last = h.From
		h.Last = read(b, h).last
		h.Doubt = h.Last.N
	}
	return h
}
