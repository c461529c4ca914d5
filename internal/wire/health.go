package wire

import (
	"encoding/binary"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// Schema maps the columns that a session declared to the metrics that this side
// knows. A column that it does not know is read over.
type Schema struct {
	columns []schemaColumn
}

type schemaColumn struct {
	metric diagnostics.Metric
	known  bool
	factor float64 // from the sender's steps to ours; 1 when they agree
}

// maxColumns is what fits into a frame's bit map.
const maxColumns = 64

// DefaultColumns declares every metric, in order, as this program rounds it.
func DefaultColumns() []Column {
	var c []Column
	for _, m := range diagnostics.Metrics() {
		c = append(c, Column{Name: m.Info().Name, Scale: m.Info().Scale})
	}
	return c
}

// NewSchema checks a session's declaration.
func NewSchema(columns []Column) (*Schema, error) {
	if len(columns) == 0 || len(columns) > maxColumns {
		return nil, fault.Field("columns", "A session declares 1 to 64 health columns.")
	}
	s := &Schema{columns: make([]schemaColumn, len(columns))}
	var seen uint64
	for i, c := range columns {
		m, ok := diagnostics.MetricByName(c.Name)
		if !ok {
			continue
		}
		if seen&(1<<m) != 0 {
			return nil, fault.Field("columns", "The health column "+c.Name+" is declared twice.")
		}
		if !(c.Scale > 0 && c.Scale <= 1e6) {
			return nil, fault.Field("columns", "The health column "+c.Name+" has a scale that is not between 0 and a million.")
		}
		seen |= 1 << m
		s.columns[i] = schemaColumn{metric: m, known: true, factor: m.Info().Scale / c.Scale}
	}
	return s, nil
}

// defaultSchema is shared by all sessions that declare DefaultColumns, which is
// every agent of this version: a server with 15 000 of them keeps one.
var defaultSchema, _ = NewSchema(DefaultColumns())

// SharedSchema is NewSchema that returns the one default schema where it fits.
func SharedSchema(columns []Column) (*Schema, error) {
	def := DefaultColumns()
	if len(columns) == len(def) {
		same := true
		for i := range def {
			same = same && columns[i] == def[i]
		}
		if same {
			return defaultSchema, nil
		}
	}
	return NewSchema(columns)
}

// HealthFlags say why a frame was sent.
type HealthFlags uint8

// The flags.
const (
	HealthCrossed HealthFlags = 1 << iota // a reading crossed a line: sent at once
	HealthLive                            // somebody watches
	HealthLate                            // recorded while there was no session
)

// Health is one frame of samples. All have the same metrics, and lie Interval
// apart, oldest first. Samples of one session never go back in time, but for
// those in frames with the flag HealthLate; late frames may repeat samples whose
// acknowledgement was lost.
type Health struct {
	Seq      uint64 // from 1, rises by one a frame within a session; an ack covers all up to its own
	Flags    HealthFlags
	Interval time.Duration // whole seconds
	Samples  []diagnostics.Sample
}

// AppendHealth appends the frame in its binary form: the byte 0x01, the flags,
// then as varints the sequence number, the first sample's Unix second, the
// interval in seconds, the number of samples and the bit map of the columns
// present; then column by column the first value and the differences to the one
// before, each zigzag. Columns are those of DefaultColumns.
func AppendHealth(dst []byte, h Health) []byte {
	if len(h.Samples) == 0 {
		return dst
	}
	first := &h.Samples[0]
	dst = append(dst, FrameHealth, byte(h.Flags))
	dst = binary.AppendUvarint(dst, h.Seq)
	dst = binary.AppendUvarint(dst, uint64(first.At.Unix()))
	dst = binary.AppendUvarint(dst, uint64(h.Interval/time.Second))
	dst = binary.AppendUvarint(dst, uint64(len(h.Samples)))
	var present uint64
	for _, m := range diagnostics.Metrics() {
		if _, ok := first.Steps(m); ok {
			present |= 1 << m
		}
	}
	dst = binary.AppendUvarint(dst, present)
	for _, m := range diagnostics.Metrics() {
		if present&(1<<m) == 0 {
			continue
		}
		var last int64
		for i := range h.Samples {
			v, _ := h.Samples[i].Steps(m)
			dst = binary.AppendVarint(dst, int64(v)-last)
			last = int64(v)
		}
	}
	return dst
}

// Uniform returns how many of the samples can go into one frame: those that have
// the metrics of the first and follow each other at its interval.
func Uniform(samples []diagnostics.Sample, interval time.Duration) int {
	for i := 1; i < len(samples); i++ {
		if i == MaxSamples || samples[i].At.Unix()-samples[i-1].At.Unix() != int64(interval/time.Second) || !sameMetrics(&samples[0], &samples[i]) {
			return i
		}
	}
	return len(samples)
}

func sameMetrics(a, b *diagnostics.Sample) bool {
	for _, m := range diagnostics.Metrics() {
		_, inA := a.Steps(m)
		_, inB := b.Steps(m)
		if inA != inB {
			return false
		}
	}
	return true
}

var errFrame = fault.New(fault.Invalid, "The health frame is cut off or holds values out of range.")

// DecodeHealth reads a frame into h, reusing its samples. It allocates nothing
// when they are long enough, and never more than MaxSamples.
func DecodeHealth(b []byte, s *Schema, h *Health) error {
	if len(b) < 2 || b[0] != FrameHealth {
		return errFrame
	}
	h.Flags = HealthFlags(b[1])
	r := varints{b: b[2:]}
	h.Seq = r.unsigned()
	start, interval, n, present := r.unsigned(), r.unsigned(), r.unsigned(), r.unsigned()
	if r.bad || n == 0 || n > MaxSamples || interval == 0 || interval > 3600 || start > 1<<40 || present>>len(s.columns) != 0 {
		return errFrame
	}
	h.Interval = time.Duration(interval) * time.Second
	if cap(h.Samples) < int(n) {
		h.Samples = make([]diagnostics.Sample, n)
	}
	h.Samples = h.Samples[:n]
	for i := range h.Samples {
		h.Samples[i] = diagnostics.Sample{At: time.Unix(int64(start)+int64(i)*int64(interval), 0)}
	}
	for i, c := range s.columns {
		if present&(1<<i) == 0 {
			continue
		}
		var v int64
		for j := range h.Samples {
			v += r.signed()
			switch {
			case r.bad || v != int64(int32(v)):
				return errFrame
			case !c.known:
			case c.factor == 1:
				h.Samples[j].SetSteps(c.metric, int32(v))
			default:
				h.Samples[j].Set(c.metric, float64(v)*c.factor/c.metric.Info().Scale)
			}
		}
	}
	if len(r.b) != 0 {
		return errFrame
	}
	return nil
}

// AppendHealthAck appends the acknowledgement of all frames up to seq.
func AppendHealthAck(dst []byte, seq uint64) []byte {
	return binary.AppendUvarint(append(dst, FrameHealthAck), seq)
}

// DecodeHealthAck reads an acknowledgement.
func DecodeHealthAck(b []byte) (uint64, error) {
	if len(b) < 2 || b[0] != FrameHealthAck {
		return 0, errFrame
	}
	r := varints{b: b[1:]}
	seq := r.unsigned()
	if r.bad || len(r.b) != 0 {
		return 0, errFrame
	}
	return seq, nil
}

// varints reads varints one after the other; after a bad one it stays bad.
type varints struct {
	b   []byte
	bad bool
}

func (r *varints) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *varints) signed() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}
