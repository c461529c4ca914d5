package trace

import (
	"encoding/binary"
	"net/netip"
)

// The types of ICMP messages, and the other numbers of their headers, that we need
// (RFC 792, RFC 4443).
const (
	echo4, reply4, unreachable4, exceeded4 = 8, 0, 3, 11
	echo6, reply6, unreachable6, exceeded6 = 128, 129, 1, 3
	protoICMP4, protoICMP6                 = 1, 58
	headerICMP, headerIP4, headerIP6       = 8, 20, 40
)

// payload is what follows the header of an echo. Its first two bytes make up for the
// number before it, so that the checksum, by which some routers tell flows apart, is
// that of all others.
const payload = 32

// echoPacket is an echo request; the checksum is filled in for IPv4 only, the system
// does that for IPv6.
func echoPacket(six bool, id uint16, seq int) []byte {
	b := make([]byte, headerICMP+payload)
	b[0] = echo4
	if six {
		b[0] = echo6
	}
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], uint16(seq))
	binary.BigEndian.PutUint16(b[8:], ^uint16(seq))
	if !six {
		binary.BigEndian.PutUint16(b[2:], checksum(b))
	}
	return b
}

// checksum is the internet's (RFC 1071) over an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 > 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// parse reads an ICMP message and reports whether it answers an echo of ours. What
// comes is anybody's: only what quotes our own probe counts.
func parse(b []byte, target netip.Addr, id uint16) (event, bool) {
	if len(b) < headerICMP {
		return event{}, false
	}
	mine := func(b []byte, kind byte) (int, bool) {
		if len(b) < headerICMP || b[0] != kind || b[1] != 0 || binary.BigEndian.Uint16(b[4:]) != id {
			return 0, false
		}
		return int(binary.BigEndian.Uint16(b[6:])), true
	}
	var e event
	var quoted []byte
	var ok bool
	if target.Is4() {
		switch b[0] {
		case reply4:
			e.kind = reached
			e.seq, ok = mine(b, reply4)
			return e, ok
		case exceeded4:
			e.kind = exceeded
		case unreachable4:
			e.kind, e.says = unreachable, says4(b[1])
		default:
			return e, false
		}
		if b[0] == exceeded4 && b[1] != 0 {
			return e, false // a fragment's time, which says nothing of the way
		}
		quoted, ok = quoted4(b[headerICMP:], target)
		if ok {
			e.seq, ok = mine(quoted, echo4)
		}
		return e, ok
	}
	switch b[0] {
	case reply6:
		e.kind = reached
		e.seq, ok = mine(b, reply6)
		return e, ok
	case exceeded6:
		e.kind = exceeded
	case unreachable6:
		e.kind, e.says = unreachable, says6(b[1])
	default:
		return e, false
	}
	if b[0] == exceeded6 && b[1] != 0 {
		return e, false
	}
	quoted, ok = quoted6(b[headerICMP:], target)
	if ok {
		e.seq, ok = mine(quoted, echo6)
	}
	return e, ok
}

// quoted4 is what follows the IPv4 header of the packet that an answer is about.
func quoted4(b []byte, target netip.Addr) ([]byte, bool) {
	if len(b) < headerIP4 || b[0]>>4 != 4 {
		return nil, false
	}
	n := int(b[0]&15) * 4
	if n < headerIP4 || len(b) < n+headerICMP || b[9] != protoICMP4 || netip.AddrFrom4([4]byte(b[16:20])) != target {
		return nil, false
	}
	return b[n:], true
}

func quoted6(b []byte, target netip.Addr) ([]byte, bool) {
	if len(b) < headerIP6+headerICMP || b[0]>>4 != 6 || b[6] != protoICMP6 || netip.AddrFrom16([16]byte(b[24:40])) != target.WithZone("") {
		return nil, false
	}
	return b[headerIP6:], true
}

// says4 is why a router carries no further.
func says4(code byte) string {
	switch code {
	case 0, 6, 11:
		return "knows no way to that network"
	case 1, 7, 12:
		return "the host cannot be reached from here"
	case 2:
		return "the host does not speak this protocol"
	case 3:
		return ""
	case 4:
		return "the packet is too large for the next link"
	case 9, 10, 13:
		return "a filter forbids it"
	}
	return "carries it no further"
}

func says6(code byte) string {
	switch code {
	case 0:
		return "knows no way to that network"
	case 1, 5, 6:
		return "a filter forbids it"
	case 3:
		return "the host cannot be reached from here"
	case 4:
		return ""
	}
	return "carries it no further"
}
