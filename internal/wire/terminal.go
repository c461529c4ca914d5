package wire

import (
	"encoding/binary"

	"github.com/deskbell/deskbell/internal/fault"
)

// FrameTerminal is a binary frame of a terminal, either way.
const FrameTerminal = 0x04

// TerminalOp says what a terminal's frame carries.
type TerminalOp byte

// What a frame carries.
const (
	TerminalData  TerminalOp = 0 // agent: what the terminal shows; server: what is typed
	TerminalTaken TerminalOp = 1 // either: a varint, how many bytes of data were taken since the last one
	TerminalSize  TerminalOp = 2 // server: two varints, columns and rows
	TerminalTyped TerminalOp = 3 // agent: what was typed, for the recording; dots where the terminal does not show it
)

// Bounds of a terminal. Neither side sends data while TerminalWindow bytes have
// not been taken, so that a terminal never stands in the way of anything else.
const (
	TerminalWindow = 128 << 10
	TerminalChunk  = 16 << 10 // the data of one frame
	MaxColumns     = 500
	MaxRows        = 200
)

// TerminalParams is the size of the terminal as it opens.
type TerminalParams struct {
	Cols int `json:"cols"`
	Rows int `json:"rows"`
}

// TerminalPart says how a terminal stands.
type TerminalPart struct {
	State TerminalState `json:"state"`
	As    string        `json:"as,omitempty"`   // open: whose rights it has
	Exit  int           `json:"exit,omitempty"` // ended: the shell's status
}

// TerminalState is how a terminal stands.
type TerminalState string

// The states.
const (
	TerminalAsking TerminalState = "asking" // the employee is asked
	TerminalOpen   TerminalState = "open"
	TerminalEnded  TerminalState = "ended"
)

// AppendTerminal appends a frame of a terminal.
func AppendTerminal(dst []byte, id string, op TerminalOp, data []byte) []byte {
	dst = append(dst, FrameTerminal, byte(len(id)))
	dst = append(dst, id...)
	dst = append(dst, byte(op))
	return append(dst, data...)
}

// DecodeTerminal reads a frame of a terminal. data is a part of b.
func DecodeTerminal(b []byte) (id string, op TerminalOp, data []byte, err error) {
	bad := fault.New(fault.Invalid, "The frame of a terminal is not as the protocol prescribes.")
	if len(b) < 3 || b[0] != FrameTerminal {
		return "", 0, nil, bad
	}
	n := int(b[1])
	if n == 0 || n > 64 || len(b) < 3+n {
		return "", 0, nil, bad
	}
	id, op, data = string(b[2:2+n]), TerminalOp(b[2+n]), b[3+n:]
	if op > TerminalTyped || len(data) > TerminalChunk {
		return "", 0, nil, bad
	}
	return id, op, data, nil
}

// Numbers writes the varints of a frame.
func Numbers(list ...int) []byte {
	var b []byte
	for _, n := range list {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// ReadNumbers reads n varints, none of them larger than most.
func ReadNumbers(b []byte, n, most int) ([]int, error) {
	var out []int
	for range n {
		v, size := binary.Uvarint(b)
		if size <= 0 || v > uint64(most) {
			return nil, fault.New(fault.Invalid, "The frame of a terminal holds no such number.")
		}
		out, b = append(out, int(v)), b[size:]
	}
	return out, nil
}
