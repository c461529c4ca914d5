package terminal

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/deskbell/deskbell/internal/wire"
)

// What goes through the pipes between the agent and a hand: one byte that says
// what, four with the length, the least significant first, and the data.
type word byte

const (
	data  word = 0 // hand: what the terminal shows; agent: what is typed
	size  word = 1 // agent: columns and rows
	typed word = 2 // hand: what was typed, with dots where it is not shown
	ready word = 3 // hand: the shell runs
	ended word = 4 // hand: the shell's status
	cause word = 5 // hand: why there is no shell
)

const head = 5

var errFrame = errors.New("no frame of a terminal's")

func write(w io.Writer, what word, b []byte) error {
	frame := make([]byte, head, head+len(b))
	frame[0] = byte(what)
	binary.LittleEndian.PutUint32(frame[1:], uint32(len(b)))
	_, err := w.Write(append(frame, b...))
	return err
}

func read(r io.Reader) (word, []byte, error) {
	var h [head]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(h[1:])
	if n > wire.TerminalChunk {
		return 0, nil, errFrame
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return word(h[0]), b, err
}
