package probe

import (
	"cmp"
	"encoding/binary"
	"strings"
	"time"
)

type signIn struct {
	at   time.Time
	from string
}

// utmpForm is how a system lays out its record of sign-ins, utmp(5): with seconds of
// 32 bits where 32-bit programs share the file (x86, POWER), with 64 bits elsewhere.
type utmpForm struct {
	size, secondsAt int
	wide            bool
	lastlog         int // the size of a record of lastlog(8)
}

var utmpForms = []utmpForm{{384, 340, false, 292}, {400, 344, true, 296}}

const utmpUser = 7 // USER_PROCESS

// utmpFormOf tells the form from the records: in the right one each begins with a kind
// from 1 to 9 and zeros.
func utmpFormOf(b []byte) utmpForm {
	best, most := utmpForms[0], -1.0
	for _, f := range utmpForms {
		good, all := 0, 0
		for at := 0; at+f.size <= len(b) && all < 100; at += f.size {
			all++
			if b[at] >= 1 && b[at] <= 9 && b[at+1] == 0 && b[at+2] == 0 && b[at+3] == 0 {
				good++
			}
		}
		share := float64(good) / float64(max(all, 1))
		if len(b)%f.size == 0 { // the last record is whole, as a rule
			share += 0.5
		}
		if all > 0 && share > most {
			best, most = f, share
		}
	}
	return best
}

// parse reads one record, when it is a sign-in.
func (f utmpForm) parse(b []byte) (string, signIn, bool) {
	if len(b) < f.size || binary.LittleEndian.Uint16(b) != utmpUser {
		return "", signIn{}, false
	}
	name := plainLine(cString(b[44:76]), 64)
	where := cmp.Or(cString(b[76:332]), cString(b[8:40]))
	at, ok := f.seconds(b[f.secondsAt:])
	return name, signIn{at, plainLine(where, 120)}, name != "" && ok
}

// seconds reads a time; false when there is none, or one that no clock shows.
func (f utmpForm) seconds(b []byte) (time.Time, bool) {
	n := int64(binary.LittleEndian.Uint32(b)) // until 2106
	if f.wide {
		n = int64(binary.LittleEndian.Uint64(b))
	}
	return time.Unix(n, 0).UTC(), n > 0 && n < 1<<33
}

// parseLastlog reads an account's record of lastlog(8): when, on which line, from where.
func (f utmpForm) parseLastlog(b []byte) (signIn, bool) {
	if len(b) < f.lastlog {
		return signIn{}, false
	}
	at, ok := f.seconds(b)
	rest := b[f.lastlog-288 : f.lastlog]
	return signIn{at, plainLine(cmp.Or(cString(rest[32:]), cString(rest[:32])), 120)}, ok
}

func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
