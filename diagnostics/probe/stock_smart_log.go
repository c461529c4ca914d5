package probe

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseNVMeHealth reads the log page 02h of NVM Express, “SMART / Health Information”:
// 512 bytes. A temperature of 0 K, and numbers that no drive reaches, are not known.
func parseNVMeHealth(b []byte, d *inventory.Drive) error {
	if len(b) < 512 {
		return errors.New("the drive's log is torn")
	}
	passed := b[0] == 0 // a bit for each ill
	d.Passed = &passed
	if k := binary.LittleEndian.Uint16(b[1:]); k > 200 && k < 500 {
		d.TempC = float64(k) - 273
	}
	d.WearPct = int(b[5])
	d.Hours = countOf(b[128:144])
	d.MediaErrors = countOf(b[160:176])
	return nil
}

// countOf reads a counter of 16 bytes, as far as an int goes.
func countOf(b []byte) int {
	low := binary.LittleEndian.Uint64(b)
	if binary.LittleEndian.Uint64(b[8:]) != 0 || low > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(low)
}

// parseATAAttributes reads the 512 bytes that ATA's “SMART READ DATA” returns: thirty
// attributes of twelve bytes after the version of the table. The sum of all is zero.
func parseATAAttributes(b []byte, d *inventory.Drive) error {
	if len(b) < 512 {
		return errors.New("the drive's table is torn")
	}
	var sum byte
	for _, c := range b[:512] {
		sum += c
	}
	if sum != 0 {
		return errors.New("the drive's table is damaged")
	}
	for at := 2; at < 2+30*12; at += 12 {
		raw := b[at+5 : at+11]
		low := int(binary.LittleEndian.Uint32(raw))
		switch b[at] {
		case 5:
			d.Reallocated = low
		case 9:
			d.Hours = low & 0xFFFFFF // some makers keep minutes above it
		case 190, 194:
			if t := raw[0]; d.TempC == 0 && t > 0 && t < 150 {
				d.TempC = float64(t)
			}
		case 197:
			d.Pending = low
		}
	}
	return nil
}
