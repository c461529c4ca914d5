//go:build unix && !linux

package trace

import "net/netip"

func open(target netip.Addr) (conn, error) {
	c, err := openEchoes(target)
	if err != nil && noRight(err) {
		return nil, ErrNoRights
	}
	return c, err
}
