package probe

import (
	"encoding/binary"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseEDID reads what a screen says of itself: the base block of VESA's E-EDID,
// version 1.3 and 1.4. It reports whether it is one.
func parseEDID(b []byte) (inventory.Monitor, bool) {
	var m inventory.Monitor
	if len(b) < 128 || string(b[:8]) != "\x00\xff\xff\xff\xff\xff\xff\x00" {
		return m, false
	}
	var sum byte
	for _, c := range b[:128] {
		sum += c
	}
	if sum != 0 {
		return m, false // damaged on its way
	}
	maker := binary.BigEndian.Uint16(b[8:])
	for shift := 10; shift >= 0; shift -= 5 {
		if letter := byte(maker>>shift) & 31; letter >= 1 && letter <= 26 {
			m.Maker += string('A' + rune(letter) - 1)
		}
	}
	if b[17] > 0 && b[16] != 0xFF {
		m.Year = 1990 + int(b[17])
	}
	m.WidthCM, m.HeightCM = int(b[21]), int(b[22])
	for at := 54; at <= 108; at += 18 {
		d := b[at : at+18]
		if d[0] != 0 || d[1] != 0 { // a timing; the first is the preferred one
			if m.Width == 0 {
				m.Width = int(d[2]) | int(d[4]&0xF0)<<4
				m.Height = int(d[5]) | int(d[7]&0xF0)<<4
			}
			continue
		}
		text, _, _ := strings.Cut(string(d[5:]), "\n")
		switch d[3] {
		case 0xFC:
			m.Name = plainLine(text, 40)
		case 0xFF:
			m.Serial = plainLine(text, 40)
		}
	}
	return m, true
}
