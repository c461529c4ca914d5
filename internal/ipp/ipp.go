// Package ipp speaks the Internet Printing Protocol (RFC 8010, 8011) with the
// printing system of this machine, as far as Deskbell needs it.
package ipp

import (
	"encoding/binary"
	"errors"
	"strings"
)

// The operations that Deskbell asks for.
const (
	GetPrinters   uint16 = 0x4002 // CUPS-Get-Printers
	GetJobs       uint16 = 0x000a // Get-Jobs
	CancelJobs    uint16 = 0x0038 // Cancel-Jobs, of one queue
	ResumePrinter uint16 = 0x0011 // Resume-Printer
)

// The tags of RFC 8010's binary form, as far as they are needed.
const (
	TagOperation byte = 0x01 // begins what the request or the answer itself is about
	TagJob       byte = 0x02 // begins a job
	TagEnd       byte = 0x03
	TagPrinter   byte = 0x04 // begins a queue
	TagInteger   byte = 0x21
	TagEnum      byte = 0x23
	TagName      byte = 0x42
	TagKeyword   byte = 0x44
	TagURI       byte = 0x45
	tagCharset   byte = 0x47
	tagLanguage  byte = 0x48
)

// JobHeld is the state of a job that its owner holds back.
const JobHeld = 4

// Group is a group of attributes: a printer, a job.
type Group struct {
	Tag    byte
	values map[string][]datum
}

type datum struct {
	tag byte
	b   []byte
}

// Text is an attribute's values, as words.
func (g Group) Text(name string) string {
	var all []string
	for _, v := range g.values[name] {
		if v.tag >= 0x40 && v.tag <= 0x49 {
			all = append(all, string(v.b))
		}
	}
	return strings.Join(all, ", ")
}

// Number is an attribute's first value when it is a number, else 0.
func (g Group) Number(name string) int {
	for _, v := range g.values[name] {
		if (v.tag == TagInteger || v.tag == TagEnum) && len(v.b) == 4 {
			return int(int32(binary.BigEndian.Uint32(v.b)))
		}
	}
	return 0
}

// request writes a request with the attributes that every one begins with.
func request(operation uint16, attributes []byte) []byte {
	b := []byte{1, 1} // IPP/1.1, which every CUPS speaks
	b = binary.BigEndian.AppendUint16(b, operation)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = append(b, TagOperation)
	b = append(b, Attributes("attributes-charset", tagCharset, "utf-8")...)
	b = append(b, Attributes("attributes-natural-language", tagLanguage, "en")...)
	return append(append(b, attributes...), TagEnd)
}

// Attributes writes one attribute; further values have no name.
func Attributes(name string, tag byte, values ...string) []byte {
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

// Numbers writes one attribute that is a number, or several.
func Numbers(name string, tag byte, values ...int) []byte {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(binary.BigEndian.AppendUint32(nil, uint32(v)))
	}
	return Attributes(name, tag, all...)
}

// ErrNone says that there is nothing of what was asked for: no queue, no such printer.
var ErrNone = errors.New("the printing system has none")

var errCut = errors.New("the printing system's answer is cut off or none")

// parse reads an answer's groups. A status that is not a success is an error.
func parse(b []byte) ([]Group, error) {
	if len(b) < 8 {
		return nil, errCut
	}
	if status := binary.BigEndian.Uint16(b[2:]); status == 0x0406 {
		return nil, ErrNone
	} else if status >= 0x0100 {
		return nil, errors.New("the printing system refuses")
	}
	var groups []Group
	last := ""
	for b = b[8:]; len(b) > 0; {
		tag := b[0]
		b = b[1:]
		if tag == TagEnd {
			return groups, nil
		}
		if tag < 0x10 {
			groups = append(groups, Group{Tag: tag, values: map[string][]datum{}})
			last = ""
			continue
		}
		name, rest, ok := cut(b)
		if !ok {
			return nil, errCut
		}
		value, rest, ok := cut(rest)
		if !ok || len(groups) == 0 {
			return nil, errCut
		}
		b = rest
		if len(name) > 0 {
			last = string(name)
		}
		g := groups[len(groups)-1]
		g.values[last] = append(g.values[last], datum{tag, value})
	}
	return nil, errCut
}

// cut takes a length and as many bytes off the front.
func cut(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}
