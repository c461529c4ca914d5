package habit

import (
	"encoding/binary"
	"errors"
	"math"
)

// version is how a habit is written down.
const version = 1

// size is what that takes: the version, the hour that goes on, the absence, the slots.
const size = 1 + 2 + (8 + 1 + 2 + 2 + 8) + (8 + 8 + 4 + 4) + hours*4

// Changed reports whether there is something to be written down since Encode.
func (h *Habit) Changed() bool { return h.changed }

// Encode writes all that is known down.
func (h *Habit) Encode() []byte {
	e := binary.LittleEndian
	b := make([]byte, 1, size)
	b[0] = version
	b = e.AppendUint16(b, h.learned)
	b = append(e.AppendUint64(b, uint64(h.begun)), h.at)
	b = e.AppendUint16(e.AppendUint16(b, h.known), h.there)
	b = e.AppendUint64(b, uint64(h.last))
	b = e.AppendUint64(e.AppendUint64(b, uint64(h.since)), uint64(h.upTo))
	b = e.AppendUint32(e.AppendUint32(b, math.Float32bits(h.least)), math.Float32bits(h.steady))
	for _, s := range h.slots {
		b = e.AppendUint16(e.AppendUint16(b, s.known), s.there)
	}
	h.changed = false
	return b
}

// Decode reads what Encode wrote.
func Decode(b []byte) (*Habit, error) {
	if len(b) != size || b[0] != version {
		return nil, errors.New("habit: these bytes are none, or of another version")
	}
	e := binary.LittleEndian
	at := 1
	u16 := func() uint16 { at += 2; return e.Uint16(b[at-2:]) }
	u32 := func() uint32 { at += 4; return e.Uint32(b[at-4:]) }
	u64 := func() int64 { at += 8; return int64(e.Uint64(b[at-8:])) }
	h := &Habit{}
	h.learned = min(u16(), enough)
	h.begun = u64()
	h.at, at = b[at]%hours, at+1
	h.known, h.there, h.last = u16(), u16(), u64()
	h.since, h.upTo = u64(), u64()
	h.least, h.steady = math.Float32frombits(u32()), math.Float32frombits(u32())
	for i := range h.slots {
		h.slots[i] = slot{known: u16(), there: u16()}
		h.slots[i].there = min(h.slots[i].there, h.slots[i].known)
	}
	h.there = min(h.there, h.known)
	return h, nil
}
