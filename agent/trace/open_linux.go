package trace

import "net/netip"

// open traces with echoes where we may, else with datagrams, for which nobody needs
// rights.
func open(target netip.Addr) (conn, error) {
	c, err := openEchoes(target)
	if err != nil && noRight(err) {
		return openDatagrams(target)
	}
	return c, err
}
