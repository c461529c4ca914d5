package probe

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// smbiosStructures cuts a table of SMBIOS into its structures: each is its formatted
// part, as long as its second byte says, and its texts up to two zeros.
func smbiosStructures(table []byte) [][]byte {
	var all [][]byte
	for len(table) >= 4 && len(all) < 1000 {
		size := int(table[1])
		if size < 4 || size > len(table) {
			break
		}
		end := size
		for end+1 < len(table) && (table[end] != 0 || table[end+1] != 0) {
			end++
		}
		if end+1 >= len(table) {
			break // torn
		}
		all = append(all, table[:end+1])
		if table[0] == 127 { // the end of the table
			break
		}
		table = table[end+2:]
	}
	return all
}

// parseFirmwareTable reads what Windows hands out as firmware table “RSMB”: a head of
// eight bytes, then SMBIOS. The serial number, the kind of machine and its memory.
func parseFirmwareTable(b []byte, h *inventory.Hardware) error {
	if len(b) < 8 || uint64(binary.LittleEndian.Uint32(b[4:])) > uint64(len(b)-8) {
		return errors.New("the firmware's table is torn")
	}
	for _, s := range smbiosStructures(b[8 : 8+binary.LittleEndian.Uint32(b[4:])]) {
		switch {
		case s[0] == 1 && s[1] >= 8 && h.Serial == "":
			if v := smbiosText(s, 7); !forgotten(v) {
				h.Serial = v
			}
		case s[0] == 3 && s[1] >= 6 && h.Chassis == "":
			h.Chassis = chassisOf(int64(s[5] & 0x7F)) // the highest bit is about a lock
		case s[0] == 17:
			if m, ok := parseMemoryModule(s); ok && len(h.MemoryModule) < 64 {
				h.MemoryModule = append(h.MemoryModule, m)
			}
		}
	}
	return nil
}

// smbiosText is the text that the byte at this place counts to.
func smbiosText(s []byte, at int) string {
	if at >= int(s[1]) || s[at] == 0 {
		return ""
	}
	words := strings.Split(string(s[s[1]:]), "\x00")
	if int(s[at]) > len(words) {
		return ""
	}
	return plainLine(words[s[at]-1], 40)
}

// forgotten recognises what makers leave in when they forget.
func forgotten(v string) bool {
	switch strings.ToLower(v) {
	case "to be filled by o.e.m.", "default string", "system serial number", "none", "not specified", "0", "system product name", "system manufacturer":
		return true
	}
	return false
}

// chassisOf names the kinds of SMBIOS, table 17 of the specification.
func chassisOf(n int64) string {
	switch n {
	case 3, 4, 5, 6, 7, 15, 16, 24, 35, 36:
		return "desktop"
	case 8, 9, 10, 14:
		return "laptop"
	case 11:
		return "handheld"
	case 13:
		return "all-in-one"
	case 17, 23, 25, 28, 29:
		return "server"
	case 30:
		return "tablet"
	case 31, 32:
		return "convertible"
	}
	return ""
}

// parseMemoryModule reads one memory device of SMBIOS (type 17). An empty slot is none.
func parseMemoryModule(b []byte) (inventory.MemoryModule, bool) {
	var m inventory.MemoryModule
	if len(b) < 0x15 || b[0] != 17 || int(b[1]) > len(b) || b[1] < 0x15 {
		return m, false
	}
	body := b[:b[1]]
	size := binary.LittleEndian.Uint16(body[0x0C:])
	switch {
	case size == 0 || size == 0xFFFF:
		return m, false
	case size == 0x7FFF && len(body) >= 0x20:
		m.Bytes = uint64(binary.LittleEndian.Uint32(body[0x1C:])&0x7FFFFFFF) << 20
	case size&0x8000 != 0:
		m.Bytes = uint64(size&0x7FFF) << 10
	default:
		m.Bytes = uint64(size) << 20
	}
	m.Type = map[byte]string{0x12: "DDR", 0x13: "DDR2", 0x18: "DDR3", 0x1A: "DDR4", 0x1D: "LPDDR3", 0x1E: "LPDDR4", 0x22: "DDR5", 0x23: "LPDDR5"}[body[0x12]]
	if len(body) >= 0x17 {
		m.MTs = int(binary.LittleEndian.Uint16(body[0x15:]))
	}
	words := strings.Split(string(b[b[1]:]), "\x00")
	word := func(at int) string {
		if at >= len(body) || body[at] == 0 || int(body[at]) > len(words) {
			return ""
		}
		return plainLine(words[body[at]-1], 40)
	}
	m.Slot = word(0x10)
	m.Maker, m.Part = word(0x17), word(0x1A)
	return m, true
}
