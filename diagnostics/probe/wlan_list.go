package probe

import (
	"encoding/binary"
	"fmt"
)

// parseWLANInterfaces reads WLAN_INTERFACE_INFO_LIST of wlanapi.h: the names of those
// that are connected, as the adapters have them too.
func parseWLANInterfaces(b []byte) []string {
	const (
		head, each, stateAt = 8, 532, 528
		connected           = 1
	)
	if len(b) < head {
		return nil
	}
	var all []string
	for n := range min(binary.LittleEndian.Uint32(b), 64) {
		at := head + int(n)*each
		if at+each > len(b) {
			break
		}
		g := b[at : at+16]
		if binary.LittleEndian.Uint32(b[at+stateAt:]) == connected {
			all = append(all, fmt.Sprintf("{%08X-%04X-%04X-%X-%X}", binary.LittleEndian.Uint32(g), binary.LittleEndian.Uint16(g[4:]), binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:16]))
		}
	}
	return all
}
