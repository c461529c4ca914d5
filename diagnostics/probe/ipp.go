package probe

import (
	"encoding/binary"
	"errors"
	"strings"
)

// What we need of RFC 8010's binary form: tags, and the operations of CUPS.
const (
	ippGetPrinters uint16 = 0x4002 // CUPS-Get-Printers
	ippGetJobs     uint16 = 0x000a // Get-Jobs

	tagOperation byte = 0x01
	tagJob       byte = 0x02
	tagEnd       byte = 0x03
	tagPrinter   byte = 0x04
	tagInteger   byte = 0x21
	tagEnum      byte = 0x23
	tagKeyword   byte = 0x44
	tagURI       byte = 0x45
	tagCharset   byte = 0x47
	tagLanguage  byte = 0x48
)

// ippGroup is a group of attributes: a printer, a job.
type ippGroup struct {
	tag    byte
	values map[string][]ippValue
}

type ippValue struct {
	tag byte
	b   []byte
}

// text is an attribute's values, as words.
func (g ippGroup) text(name string) string {
	var all []string
	for _, v := range g.values[name] {
		if v.tag >= 0x40 && v.tag <= 0x49 {
			all = append(all, string(v.b))
		}
	}
	return strings.Join(all, ", ")
}

// number is an attribute's first value when it is a number, else 0.
func (g ippGroup) number(name string) int {
	for _, v := range g.values[name] {
		if (v.tag == tagInteger || v.tag == tagEnum) && len(v.b) == 4 {
			return int(int32(binary.BigEndian.Uint32(v.b)))
		}
	}
	return 0
}

func ippRequest(operation uint16, attributes []byte) []byte {
	b := []byte{1, 1} // IPP/1.1, which every CUPS speaks
	b = binary.BigEndian.AppendUint16(b, operation)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = append(b, tagOperation)
	b = append(b, ippAttributes("attributes-charset", tagCharset, "utf-8")...)
	b = append(b, ippAttributes("attributes-natural-language", tagLanguage, "en")...)
	return append(append(b, attributes...), tagEnd)
}

// ippAttributes writes one attribute; further values have no name.
func ippAttributes(name string, tag byte, values ...string) []byte {
	var b []byte
	for i, v := range values {
		if i > 0 {
			name = ""
		}
		b = append(b, tag)
		b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
		b = append(b, name...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	return b
}

var errIPP = errors.New("the printing system's answer is cut off or none")

// parseIPP reads an answer's groups. A status that is not a success is an error.
func parseIPP(b []byte) ([]ippGroup, error) {
	if len(b) < 8 {
		return nil, errIPP
	}
	if status := binary.BigEndian.Uint16(b[2:]); status == 0x0406 { // not found: no printers, no jobs
		return nil, nil
	} else if status >= 0x0100 {
		return nil, errors.New("the printing system refuses")
	}
	var groups []ippGroup
	last := ""
	for b = b[8:]; len(b) > 0; {
		tag := b[0]
		b = b[1:]
		if tag == tagEnd {
			return groups, nil
		}
		if tag < 0x10 {
			groups = append(groups, ippGroup{tag: tag, values: map[string][]ippValue{}})
			last = ""
			continue
		}
		name, rest, ok := ippField(b)
		if !ok {
			return nil, errIPP
		}
		value, rest, ok := ippField(rest)
		if !ok || len(groups) == 0 {
			return nil, errIPP
		}
		b = rest
		if len(name) > 0 {
			last = string(name)
		}
		g := groups[len(groups)-1]
		g.values[last] = append(g.values[last], ippValue{tag, value})
	}
	return nil, errIPP
}

// ippField takes a length and as many bytes off the front.
func ippField(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}
