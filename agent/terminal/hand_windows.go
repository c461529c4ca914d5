package terminal

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// RunHand is the other end of Host: a process with the rights of the person whose
// terminal it is. It opens the terminal, starts the shell in it, and when its input
// ends, or the shell does, it ends everything that was started in there.
func RunHand(stdin io.Reader, stdout, stderr io.Writer) int {
	what, b, err := read(stdin)
	dims, bad := wire.ReadNumbers(b, 2, wire.MaxColumns)
	if err != nil || what != size || bad != nil {
		fmt.Fprintln(stderr, "This command is started by the agent itself.")
		return 2
	}
	out := &locked{w: stdout}
	line, dir, err := begin()
	var c *console
	if err == nil {
		c, err = openConsole(line, dir, dims[0], dims[1])
	}
	if err != nil {
		write(out, cause, []byte("The shell could not be started: "+err.Error()))
		return 1
	}
	write(out, ready, nil)
	gone := make(chan struct{}, 1)
	go func() { // until the agent says no more
		c.serve(stdin, out)
		gone <- struct{}{}
	}()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		show(c, out)
	}()
	over := make(chan int, 1)
	go func() { over <- c.wait() }()
	code := -1
	select {
	case code = <-over:
	case <-gone:
	}
	if err := c.end(); err != nil {
		fmt.Fprintln(stderr, err) // the job ends with this process
	}
	go c.hangUp() // which waits for us to read
	select {
	case <-shown:
	case <-time.After(lastWords):
	}
	write(out, ended, wire.Numbers(max(code, 0)))
	return 0
}

// serve types what it is told, and tells that something was typed.
func (c *console) serve(in io.Reader, out io.Writer) {
	for {
		what, b, err := read(in)
		if err != nil {
			return
		}
		switch what {
		case data:
			for chunk := range slices.Chunk(dots(b), wire.TerminalChunk) {
				if write(out, typed, chunk) != nil {
					return
				}
			}
			if _, err := c.keys.Write(b); err != nil {
				return
			}
		case size:
			if d, err := wire.ReadNumbers(b, 2, wire.MaxColumns); err == nil {
				c.resize(d[0], d[1])
			}
		}
	}
}
