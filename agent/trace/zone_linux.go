package trace

import (
	"net"
	"strconv"
)

// zoneOf is the number of the interface behind a link-local address.
func zoneOf(zone string) uint32 {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	in, err := net.InterfaceByName(zone)
	if err != nil {
		return 0
	}
	return uint32(in.Index)
}
