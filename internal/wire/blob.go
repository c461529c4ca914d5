package wire

import (
	"encoding/binary"

	"github.com/deskbell/deskbell/internal/fault"
)

// AppendBlob appends a chunk of an attachment: the byte 0x03, the length of the
// id of the message that the chunk belongs to (blob.put or blob.get) and the id,
// the offset as a varint, and the bytes.
func AppendBlob(dst []byte, re string, offset int64, data []byte) []byte {
	dst = append(dst, FrameBlob, byte(len(re)))
	dst = append(dst, re...)
	dst = binary.AppendUvarint(dst, uint64(offset))
	return append(dst, data...)
}

// DecodeBlob reads a chunk. The data is a part of b.
func DecodeBlob(b []byte) (re string, offset int64, data []byte, err error) {
	bad := fault.New(fault.Invalid, "The attachment's chunk is cut off or out of range.")
	if len(b) < 2 || b[0] != FrameBlob || len(b) < 2+int(b[1]) || b[1] > 64 {
		return "", 0, nil, bad
	}
	re, b = string(b[2:2+b[1]]), b[2+b[1]:]
	off, n := binary.Uvarint(b)
	if n <= 0 || off > MaxBlob || len(b)-n > MaxBlobChunk {
		return "", 0, nil, bad
	}
	return re, int64(off), b[n:], nil
}
