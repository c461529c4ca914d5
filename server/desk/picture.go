package desk

import (
	"bytes"
	"encoding/binary"
	"net/http"
)

// maxPixels is how large a picture may be to be shown in a page: more than any
// screen or camera of an office has, and what a browser unpacks without trouble.
const maxPixels = 40_000_000

// typeOf says what bytes are, from how they begin. A picture that claims to be
// enormous, or does not say at once how large it is, is a file like any other: a
// few bytes of it would have a reader's browser unpack gigabytes. Nothing is
// unpacked to know that.
func typeOf(head []byte) string {
	kind := http.DetectContentType(head)
	var width, height uint64
	switch kind {
	case "image/png":
		width, height = sizeOfPNG(head)
	case "image/gif":
		width, height = sizeOfGIF(head)
	case "image/jpeg":
		width, height = sizeOfJPEG(head)
	case "image/webp":
		width, height = sizeOfWebP(head)
	default:
		return kind
	}
	if width == 0 || height == 0 || width > maxPixels || height > maxPixels/width {
		return "application/octet-stream"
	}
	return kind
}

func sizeOfPNG(b []byte) (width, height uint64) {
	if len(b) < 24 || !bytes.Equal(b[12:16], []byte("IHDR")) {
		return 0, 0
	}
	return uint64(binary.BigEndian.Uint32(b[16:])), uint64(binary.BigEndian.Uint32(b[20:]))
}

func sizeOfGIF(b []byte) (width, height uint64) {
	if len(b) < 10 {
		return 0, 0
	}
	return uint64(binary.LittleEndian.Uint16(b[6:])), uint64(binary.LittleEndian.Uint16(b[8:]))
}

// sizeOfJPEG walks over the segments to the frame (ITU T.81, B.1.1).
func sizeOfJPEG(b []byte) (width, height uint64) {
	for at := 2; at+9 <= len(b) && b[at] == 0xff; {
		marker := b[at+1]
		switch {
		case marker == 0xff: // padding
			at++
			continue
		case marker >= 0xd0 && marker <= 0xd8 || marker == 0x01: // they have no length
			at += 2
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return uint64(binary.BigEndian.Uint16(b[at+7:])), uint64(binary.BigEndian.Uint16(b[at+5:]))
		}
		at += 2 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	return 0, 0
}

// sizeOfWebP reads the first chunk of the container (RFC 9649).
func sizeOfWebP(b []byte) (width, height uint64) {
	if len(b) < 30 {
		return 0, 0
	}
	three := func(at int) uint64 { return uint64(b[at]) | uint64(b[at+1])<<8 | uint64(b[at+2])<<16 }
	switch string(b[12:16]) {
	case "VP8X":
		return three(24) + 1, three(27) + 1
	case "VP8L":
		bits := uint64(binary.LittleEndian.Uint32(b[21:]))
		return bits&0x3fff + 1, bits>>14&0x3fff + 1
	case "VP8 ":
		return uint64(binary.LittleEndian.Uint16(b[26:])) & 0x3fff, uint64(binary.LittleEndian.Uint16(b[28:])) & 0x3fff
	}
	return 0, 0
}
