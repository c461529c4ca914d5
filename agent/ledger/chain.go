package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/deskbell/deskbell/agent/local"
)

// line is a line of the file as it is written. The hash that the next one carries
// is over exactly these bytes, without the end of the line: they are the canonical
// form, so that whoever verifies needs to know nothing of JSON.
type line struct {
	N    uint64 `json:"n"`    // from 1; the lines of older agents have none
	Prev hash   `json:"prev"` // of the line before
	local.Look
}

// hash is a SHA-256 in hexadecimal digits.
type hash string

func hashOf(b []byte) hash {
	h := sha256.Sum256(b)
	return hash(hex.EncodeToString(h[:]))
}

// place is a place in the chain: a line and its hash. Number 0 is the beginning;
// its hash is over what older agents had written before there was a chain.
type place struct {
	N    uint64 `json:"n"`
	Hash hash   `json:"hash"`
}

// reading is what was found in the file.
type reading struct {
	looks   []local.Look // in the order of their last lines' first ones
	from    place        // after which the file begins
	old     int          // bytes of lines without a number before that
	last    place        // of what is linked, as far as it goes
	good    int64        // bytes to the end of the last line that is a link
	removed int
	changed int
}

// read reads the file against its head. A line at the very end that is no link is
// no damage where the head says that all it knows of is there: the power went, or
// the disk was full, while that line was written, and nobody was told that it was.
func read(b []byte, h head) reading {
	r := reading{from: h.From, old: h.Old}
	first, _ := firstOf(b)
	if h.Next != nil && (first.N == h.Next.N+1 || len(b) == 0 && *h.Next == h.Last) {
		r.from, r.old = *h.Next, 0 // it was cut, and the head did not hear of it any more
	}
	old := min(r.old, len(b))
	r.collect(b[:old])
	if old > 0 && h.Last.N > 0 && hashOf(b[:old]) != h.From.Hash {
		r.changed++
	}
	r.last, r.good = r.from, int64(old)
	odd := 0 // lines since the last link that are none
	for at := old; at < len(b); {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			end = len(b) - at
		}
		text := b[at : at+end]
		at = min(at+end+1, len(b))
		var l line
		bad := json.Unmarshal(text, &l) != nil || l.ID == ""
		if !bad { // it is shown in any case: better an invented look than a hidden one
			r.looks = append(r.looks, l.Look)
		}
		if bad || l.N <= r.last.N {
			if len(text) > 0 {
				odd++
			}
			continue
		}
		r.link(l, hashOf(text), &odd, h)
		r.good = int64(at)
	}
	if r.last.N < h.Last.N {
		r.gap(h.Last.N-r.last.N, &odd)
		r.changed += odd
	} else if odd > 1 { // one may be a line that was being written
		r.changed += odd
	}
	return r
}

// link takes in a line that has a number.
func (r *reading) link(l line, sum hash, odd *int, h head) {
	if gap := l.N - r.last.N - 1; gap > 0 {
		r.gap(gap, odd)
	} else if l.Prev != r.last.Hash {
		r.changed++
	}
	r.changed += *odd
	*odd = 0
	r.last = place{l.N, sum}
	if l.N == h.Last.N && sum != h.Last.Hash {
		r.changed++
	}
}

// gap takes in numbers that are missing: lines that are no links stand for some.
func (r *reading) gap(n uint64, odd *int) {
	known := min(n, uint64(*odd))
	*odd -= int(known)
	r.changed += int(known)
	r.removed += int(min(n-known, maxBytes))
}

// whole reports whether nothing was removed and nothing changed.
func (r *reading) whole() bool { return r.removed+r.changed == 0 }

// collect takes in the lines of older agents.
func (r *reading) collect(b []byte) {
	for text := range bytes.Lines(b) {
		var k local.Look
		if json.Unmarshal(text, &k) == nil && k.ID != "" {
			r.looks = append(r.looks, k)
		}
	}
}

// unchained is how many bytes are before the first line with a number.
func unchained(b []byte) int {
	at := 0
	for text := range bytes.Lines(b) {
		var l line
		if json.Unmarshal(text, &l) == nil && l.N > 0 {
			return at
		}
		at += len(text)
	}
	return at
}

// firstOf is the first line, if it has a number.
func firstOf(b []byte) (l line, ok bool) {
	text, _, _ := bytes.Cut(b, []byte("\n"))
	err := json.Unmarshal(text, &l)
	return l, err == nil && l.N > 0
}
