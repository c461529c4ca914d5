package terminal

import (
	"io"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// What hands share.

const lastWords = 200 * time.Millisecond

// locked keeps frames apart.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// show passes on what the terminal shows.
func show(tty io.Reader, out io.Writer) {
	b := make([]byte, wire.TerminalChunk)
	for {
		n, err := tty.Read(b)
		if n > 0 && write(out, data, b[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}
