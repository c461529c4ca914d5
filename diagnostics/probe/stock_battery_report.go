package probe

import (
	"encoding/binary"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseBatteryInformation reads BATTERY_INFORMATION of poclass.h. Capacities are in
// milliwatt-hours or, of some, in parts of what it once held: the share is the same.
func parseBatteryInformation(b []byte, to *inventory.OneBattery) bool {
	if len(b) < 36 {
		return false
	}
	const unknown = 0xFFFFFFFF
	switch string(b[8:12]) {
	case "LION", "LiP\x00", "LIP\x00", "Li-I", "Lion":
		to.Technology = "Li-ion"
	case "NiMH", "NiCd", "PbAc":
		to.Technology = string(b[8:12])
	}
	designed, full := binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[16:])
	if designed > 0 && designed != unknown && full != unknown {
		to.HealthPct = min(100, float64(full)/float64(designed)*100)
	}
	if n := binary.LittleEndian.Uint32(b[32:]); n < 100_000 {
		to.Cycles = int(n)
	}
	return true
}
