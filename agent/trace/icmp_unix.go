//go:build unix

package trace

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/icmp"
)

// echoes traces with ICMP over a raw socket, for which one must be root.
type echoes struct {
	c      *icmp.PacketConn
	target netip.Addr
	id     uint16
	buffer [1500]byte
}

func openEchoes(target netip.Addr) (conn, error) {
	network, address := "ip4:icmp", "0.0.0.0"
	if target.Is6() {
		network, address = "ip6:ipv6-icmp", "::"
	}
	c, err := icmp.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	var id [2]byte
	rand.Read(id[:])
	return &echoes{c: c, target: target, id: binary.BigEndian.Uint16(id[:])}, nil
}

func (c *echoes) method() string { return "icmp" }

func (c *echoes) send(ttl, seq int) error {
	var err error
	if c.target.Is4() {
		err = c.c.IPv4PacketConn().SetTTL(ttl)
	} else {
		err = c.c.IPv6PacketConn().SetHopLimit(ttl)
	}
	if err != nil {
		return err
	}
	_, err = c.c.WriteTo(echoPacket(c.target.Is6(), c.id, seq), &net.IPAddr{IP: c.target.AsSlice(), Zone: c.target.Zone()})
	return err
}

func (c *echoes) receive() (event, error) {
	for {
		n, from, err := c.c.ReadFrom(c.buffer[:])
		if err != nil {
			return event{}, err
		}
		at := time.Now()
		e, ok := parse(c.buffer[:n], c.target, c.id)
		address, isIP := from.(*net.IPAddr)
		if !ok || !isIP {
			continue
		}
		if e.from, ok = netip.AddrFromSlice(address.IP); ok {
			e.from, e.at = e.from.Unmap(), at
			return e, nil
		}
	}
}

func (c *echoes) close() { c.c.Close() }
