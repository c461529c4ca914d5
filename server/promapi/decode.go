package promapi

import (
	"encoding/binary"
	"math"

	"github.com/golang/snappy"

	"github.com/deskbell/deskbell/internal/fault"
)

// The bounds of one write. Prometheus sends 2000 samples at once, unless told otherwise.
const (
	maxPacked   = 4 << 20
	maxUnpacked = 16 << 20
	maxSeries   = 20_000
	maxSamples  = 200_000
	maxLabels   = 64   // of a series
	maxName     = 256  // of a label, in bytes
	maxValue    = 4096 // of a label, in bytes
)

// sent is a series as it came: nothing of it is checked but its size.
type sent struct {
	labels     []label
	samples    []sample
	histograms int
}

type label struct{ name, value string }

type sample struct {
	at    int64
	value float64
}

var (
	errBroken = fault.New(fault.Invalid, "The body is no remote write 1.0: it has to be a WriteRequest in protobuf, packed with snappy's block format.")
	errLarge  = fault.Newf(fault.TooLarge, "One write has at most %d MiB packed, %d MiB unpacked, %d series and %d samples. Send less at once.", maxPacked>>20, maxUnpacked>>20, maxSeries, maxSamples)
)

// decode reads a WriteRequest. It is read by hand, since a generated reader makes a
// hundred bytes of memory out of two that were sent.
func decode(packed []byte) ([]sent, error) {
	n, err := snappy.DecodedLen(packed)
	switch {
	case err != nil:
		return nil, errBroken
	case n > maxUnpacked:
		return nil, errLarge
	}
	body, err := snappy.Decode(nil, packed)
	if err != nil {
		return nil, errBroken
	}
	var list []sent
	samples := 0
	err = fields(body, func(number uint64, _ uint64, part []byte) error {
		if number != 1 || part == nil { // what is not the series is of no use here
			return nil
		}
		if len(list) == maxSeries {
			return errLarge
		}
		s, err := decodeSeries(part)
		if samples += len(s.samples); err == nil && samples > maxSamples {
			err = errLarge
		}
		list = append(list, s)
		return err
	})
	return list, err
}

func decodeSeries(b []byte) (s sent, err error) {
	err = fields(b, func(number uint64, _ uint64, part []byte) error {
		switch {
		case part == nil:
		case number == 1:
			if len(s.labels) == maxLabels {
				return fault.Newf(fault.Invalid, "A series has at most %d labels.", maxLabels)
			}
			var l label
			err := fields(part, func(number uint64, _ uint64, part []byte) error {
				switch {
				case part == nil:
				case number == 1:
					l.name = string(part)
				case number == 2:
					l.value = string(part)
				}
				return nil
			})
			s.labels = append(s.labels, l)
			return err
		case number == 2:
			if len(s.samples) == maxSamples {
				return errLarge
			}
			var v sample
			err := fields(part, func(number uint64, n uint64, part []byte) error {
				switch {
				case part != nil:
				case number == 1:
					v.value = math.Float64frombits(n)
				case number == 2:
					v.at = int64(n)
				}
				return nil
			})
			s.samples = append(s.samples, v)
			return err
		case number == 4:
			s.histograms++
		}
		return nil
	})
	return s, err
}

// fields tells the fields of a message in protobuf: a number, or a part that is text, bytes
// or a message, and then not nil.
func fields(b []byte, tell func(field uint64, number uint64, part []byte) error) error {
	take := func() (uint64, bool) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, false
		}
		b = b[n:]
		return v, true
	}
	for len(b) > 0 {
		key, ok := take()
		if !ok {
			return errBroken
		}
		var number uint64
		var part []byte
		switch key & 7 {
		case 0:
			if number, ok = take(); !ok {
				return errBroken
			}
		case 1:
			if len(b) < 8 {
				return errBroken
			}
			number, b = binary.LittleEndian.Uint64(b), b[8:]
		case 2:
			n, ok := take()
			if !ok || n > uint64(len(b)) {
				return errBroken
			}
			part, b = b[:n:n], b[n:]
		case 5:
			if len(b) < 4 {
				return errBroken
			}
			number, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
		default: // groups, which nobody sends
			return errBroken
		}
		if err := tell(key>>3, number, part); err != nil {
			return err
		}
	}
	return nil
}
