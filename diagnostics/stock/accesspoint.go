package stock

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"slices"
)

// AccessPointName is the opaque name of an access point: the same on all machines of a
// server, which is known by its key, and another one at every other server's. "" when
// address is no hardware address of one. Whoever has the key can try addresses, and so
// find out which access point is meant; so the name is told in networks for work alone.
func AccessPointName(server []byte, address string) string {
	a, err := net.ParseMAC(address)
	if err != nil || len(a) != 6 || len(server) == 0 || a[0]&1 != 0 || bytes.Equal(a, make([]byte, 6)) {
		return ""
	}
	h := hmac.New(sha256.New, server)
	h.Write([]byte("deskbell access point\x00"))
	h.Write(a)
	s := hex.EncodeToString(h.Sum(nil)[:6])
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// AtAccessPoints replaces in clean facts at which access points the machine is; known is
// false where it could not be read.
func AtAccessPoints(facts []Fact, names []string, known bool) []Fact {
	out := slices.DeleteFunc(slices.Clone(facts), ofAccessPoint)
	if known {
		out = append(out, Fact{Kind: Read, Name: string(AccessPoint)})
		for _, n := range names {
			out = append(out, Fact{Kind: AccessPoint, Name: n})
		}
	}
	out, _ = Clean(out)
	return out
}

// AccessPointsOf are those that facts tell; known is false where the machine could not
// read it.
func AccessPointsOf(facts []Fact) (names []string, known bool) {
	for _, f := range facts {
		switch {
		case f.Kind == AccessPoint:
			names = append(names, f.Name)
		case ofAccessPoint(f):
			known = true
		}
	}
	return names, known
}

func ofAccessPoint(f Fact) bool {
	return f.Kind == AccessPoint || f.Kind == Read && f.Name == string(AccessPoint)
}

// Passing reports whether of a kind only the newest is kept, and no change: what an
// access point was before would say where in the house somebody was, and when.
func Passing(k Kind) bool { return k == AccessPoint }
