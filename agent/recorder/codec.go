package recorder

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"time"
)

// A segment is a file: a head of eight bytes, then records. A record is the length
// of its body, the CRC-32C of that, and the body: a batch of samples, or a mark.
// Each record can be read without the others. Numbers in a body are varints; those
// of a column are differences to the sample before, so that what does not change
// takes a byte. Docs: overview.md, “The flight recorder”.
const (
	headSize   = 8
	recordHead = 8
	maxRecord  = 256 << 10
	maxBatch   = 60  // samples in a record
	maxTop     = 16  // processes of a sample
	maxName    = 256 // bytes of a process's name, after redaction
	maxKind    = 32  // bytes of a mark's kind
)

// kind says what a segment holds.
type kind byte

const (
	seconds kind = 's'
	tens    kind = 't' // and the marks
)

const (
	bodyBatch = 1
	bodyMark  = 2
)

func head(k kind) [headSize]byte { return [headSize]byte{'D', 'B', 'F', 'R', 1, byte(k), '\r', '\n'} }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is what a body is that nobody here has written.
var errDamaged = errors.New("a damaged record")

// appendRecord appends a record with what body appends.
func appendRecord(b []byte, body func([]byte) []byte) []byte {
	start := len(b)
	b = body(append(b, make([]byte, recordHead)...))
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-recordHead))
	binary.LittleEndian.PutUint32(b[start+4:], crc32.Checksum(b[start+recordHead:], castagnoli))
	return b
}

// cutRecord returns the first record's body and what follows; false when there is
// no whole one.
func cutRecord(b []byte) (body, rest []byte, ok bool) {
	if len(b) < recordHead {
		return nil, nil, false
	}
	size := binary.LittleEndian.Uint32(b)
	if size == 0 || size > maxRecord || int(size) > len(b)-recordHead {
		return nil, nil, false
	}
	body, rest = b[recordHead:recordHead+size], b[recordHead+size:]
	return body, rest, crc32.Checksum(body, castagnoli) == binary.LittleEndian.Uint32(b[4:])
}

// appendBatch appends the body of a batch: at most maxBatch samples of one start
// of the machine, each later than the one before.
func appendBatch(b []byte, k kind, boot uint64, batch []Sample) []byte {
	b = append(b, bodyBatch)
	b = binary.LittleEndian.AppendUint64(b, boot)
	b = binary.AppendUvarint(b, uint64(len(batch)))
	var up, offset int64
	for _, s := range batch {
		b = binary.AppendUvarint(b, uint64(s.Up.Milliseconds()-up))
		b = binary.AppendVarint(b, s.offset()-offset)
		up, offset = s.Up.Milliseconds(), s.offset()
	}
	b = appendColumns(b, batch, func(s *Sample) *Values { return &s.Values })
	if k == tens {
		b = appendColumns(b, batch, func(s *Sample) *Values { return &s.Worst })
	}
	return appendTops(b, batch)
}

func appendColumns(b []byte, batch []Sample, of func(*Sample) *Values) []byte {
	for c := range columnCount {
		var there uint64 // bit i: sample i has it
		for i := range batch {
			there |= uint64(of(&batch[i]).have>>c&1) << i
		}
		b = binary.AppendUvarint(b, there)
		var last int32
		for i := range batch {
			if there&(1<<i) != 0 {
				v := of(&batch[i]).steps[c]
				b = binary.AppendVarint(b, int64(v)-int64(last))
				last = v
			}
		}
	}
	return b
}

// appendTops appends the names that occur, and then each sample's processes.
// Whether a sample was told of any is part of their number: 0 says it was not.
func appendTops(b []byte, batch []Sample) []byte {
	var names []string
	for _, s := range batch {
		for _, p := range s.Top {
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, n := range names {
		b = binary.AppendUvarint(b, uint64(len(n)))
		b = append(b, n...)
	}
	for _, s := range batch {
		if s.Top == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(s.Top))+1)
		for _, p := range s.Top {
			b = binary.AppendUvarint(b, uint64(slices.Index(names, p.Name)))
			b = binary.AppendUvarint(b, uint64(p.PID))
			b = binary.AppendUvarint(b, uint64(p.CPU))
			b = binary.AppendUvarint(b, uint64(p.RSS))
		}
	}
	return b
}

func appendMark(b []byte, m Mark) []byte {
	b = append(b, bodyMark)
	b = binary.LittleEndian.AppendUint64(b, m.boot)
	b = binary.AppendVarint(b, m.Up.Milliseconds())
	b = binary.AppendVarint(b, m.At.UnixMilli())
	return append(b, m.Kind...)
}

// reader reads a body. After a number that is not there all others are zero, and
// bad says so.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() { r.b, r.bad = nil, true }

func (r *reader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > most {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) boot() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// maxMillis bounds times: some 290 years, which is what a Duration holds.
const maxMillis = math.MaxInt64 / int64(time.Millisecond)

func inBounds(ms int64) bool { return ms <= maxMillis && ms >= -maxMillis }

// readBody reads a record's body: samples, or one mark.
func readBody(k kind, body []byte) (boot uint64, batch []Sample, mark *Mark, err error) {
	r := &reader{b: body[1:]}
	switch body[0] {
	case bodyBatch:
		boot, batch = r.batch(k)
	case bodyMark:
		mark = r.mark()
		boot = mark.boot
	default:
		return 0, nil, nil, errDamaged
	}
	if r.bad || len(r.b) > 0 {
		return 0, nil, nil, errDamaged
	}
	return boot, batch, mark, nil
}

func (r *reader) mark() *Mark {
	m := &Mark{boot: r.boot()}
	up, at := r.varint(), r.varint()
	if !inBounds(up) || !inBounds(at) || len(r.b) > maxKind {
		r.fail()
	}
	m.Up, m.At = time.Duration(up)*time.Millisecond, time.UnixMilli(at)
	m.Kind = string(r.bytes(len(r.b)))
	return m
}

func (r *reader) batch(k kind) (boot uint64, batch []Sample) {
	boot = r.boot()
	batch = make([]Sample, r.uvarint(maxBatch))
	var up, offset int64
	for i := range batch {
		up += int64(r.uvarint(uint64(maxMillis)))
		offset += r.varint()
		if !inBounds(up) || !inBounds(offset) || !inBounds(up+offset) {
			r.fail()
			return boot, nil
		}
		batch[i].Up, batch[i].At = time.Duration(up)*time.Millisecond, time.UnixMilli(up+offset)
	}
	r.columns(batch, func(s *Sample) *Values { return &s.Values })
	if k == tens {
		r.columns(batch, func(s *Sample) *Values { return &s.Worst })
	}
	r.tops(batch)
	return boot, batch
}

func (r *reader) columns(batch []Sample, of func(*Sample) *Values) {
	for c := range columnCount {
		there := r.uvarint(1<<len(batch) - 1)
		var last int64
		for i := range batch {
			if there&(1<<i) == 0 {
				continue
			}
			last += r.varint()
			if last < math.MinInt32 || last > math.MaxInt32 {
				r.fail()
				return
			}
			v := of(&batch[i])
			v.steps[c] = int32(last)
			v.have |= 1 << c
		}
	}
}

func (r *reader) tops(batch []Sample) {
	names := make([]string, r.uvarint(maxBatch*maxTop))
	for i := range names {
		names[i] = string(r.bytes(int(r.uvarint(maxName))))
	}
	for i := range batch {
		n := r.uvarint(maxTop + 1)
		if n == 0 {
			continue
		}
		top := make([]Process, n-1)
		for j := range top {
			name := r.uvarint(maxBatch * maxTop)
			if r.bad || name >= uint64(len(names)) {
				r.fail()
				return
			}
			top[j] = Process{
				Name: names[name], PID: int32(r.uvarint(math.MaxInt32)), CPU: uint32(r.uvarint(math.MaxUint32)), RSS: uint32(r.uvarint(math.MaxUint32)),
			}
		}
		batch[i].Top = top
	}
}
