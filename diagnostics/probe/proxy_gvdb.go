package probe

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

const (
	maxGVDBItems = 100_000
	maxGVDBDepth = 32
)

// gvdbValues reads the values under a path of a dconf database, as GVariants that are
// still serialised. The form is GVDB: a hash table of names that each name the one
// that they continue. What does not have it gives none.
func gvdbValues(b []byte, prefix string) map[string][]byte {
	if len(b) < 24 || string(b[:8]) != "GVariant" || binary.LittleEndian.Uint32(b[8:]) != 0 {
		return nil
	}
	table := span(b, b[16:])
	if len(table) < 8 {
		return nil
	}
	bloom, buckets := uint64(binary.LittleEndian.Uint32(table)&(1<<27-1)), uint64(binary.LittleEndian.Uint32(table[4:]))
	skip := 8 + 4*bloom + 4*buckets
	if skip > uint64(len(table)) {
		return nil
	}
	const size = 24
	items := table[skip:]
	n := min(len(items)/size, maxGVDBItems)
	key := func(i int) string {
		var parts []string
		for range maxGVDBDepth {
			item := items[size*i:]
			start, length := uint64(binary.LittleEndian.Uint32(item[8:])), uint64(binary.LittleEndian.Uint16(item[12:]))
			if start+length > uint64(len(b)) {
				return ""
			}
			parts = append(parts, string(b[start:start+length]))
			up := binary.LittleEndian.Uint32(item[4:])
			if up == 1<<32-1 {
				slices.Reverse(parts)
				return strings.Join(parts, "")
			}
			if uint64(up) >= uint64(n) {
				return ""
			}
			i = int(up)
		}
		return "" // a circle
	}
	out := map[string][]byte{}
	for i := range n {
		if items[size*i+14] != 'v' {
			continue
		}
		if name, ok := strings.CutPrefix(key(i), prefix); ok {
			out[name] = span(b, items[size*i+16:])
		}
	}
	return out
}

// span is what a pointer of the file points to: two offsets.
func span(b, pointer []byte) []byte {
	start, end := binary.LittleEndian.Uint32(pointer), binary.LittleEndian.Uint32(pointer[4:])
	if start > end || uint64(end) > uint64(len(b)) {
		return nil
	}
	return b[start:end]
}

// gvariantText reads a variant that holds a text or a number, as text.
func gvariantText(v []byte) string {
	i := bytes.LastIndexByte(v, 0)
	if i < 0 {
		return ""
	}
	data := v[:i]
	switch string(v[i+1:]) {
	case "s":
		s, _, _ := bytes.Cut(data, []byte{0})
		return string(s)
	case "i", "u":
		if len(data) == 4 {
			return strconv.FormatInt(int64(int32(binary.LittleEndian.Uint32(data))), 10) //nolint:gosec // a number with a sign is kept in these bits
		}
	case "b":
		if len(data) == 1 {
			return strconv.FormatBool(data[0] != 0)
		}
	}
	return ""
}

// gvariantTexts reads a variant that holds a list of texts: each ends in a zero, and
// after them come their ends.
func gvariantTexts(v []byte) []string {
	i := bytes.LastIndexByte(v, 0)
	if i < 0 || string(v[i+1:]) != "as" || i == 0 {
		return nil
	}
	data := v[:i]
	width := 1
	if len(data) > 0xff {
		width = 2
	}
	if len(data) > 0xffff || len(data) < width {
		return nil
	}
	offset := func(at int) int {
		if width == 2 {
			return int(binary.LittleEndian.Uint16(data[at:]))
		}
		return int(data[at])
	}
	ends := offset(len(data) - width)
	if ends > len(data) || (len(data)-ends)%width != 0 {
		return nil
	}
	var out []string
	from := 0
	for at := ends; at < len(data) && len(out) < maxProxySkips; at += width {
		end := offset(at)
		if end <= from || end > ends || data[end-1] != 0 {
			return out
		}
		out = append(out, string(data[from:end-1]))
		from = end
	}
	return out
}
