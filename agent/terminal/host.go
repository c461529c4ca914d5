// Package terminal opens a terminal for a technician on this machine, over the
// session with the server. The terminal itself is a process of its own, with the
// rights of the person whose it is; this package starts it, carries bytes both
// ways and no more of them at once than the other side takes, and ends it.
package terminal

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Bounds.
const (
	// Longest is how long a terminal may be open.
	Longest = 2 * time.Hour
	idle    = 15 * time.Minute // without a key
	most    = 2                // at once
	queue   = wire.TerminalWindow/wire.TerminalChunk + 64
	late    = time.Second // for a hand to end everything, before it is ended itself
	starts  = 10 * time.Second
)

// Options are what a Host works with.
type Options struct {
	// Start makes the process of a hand: this program, which calls RunHand, with a
	// person's rights or with an administrator's.
	Start func(uid string, administrator bool) (*exec.Cmd, error)
	// Kill ends a hand with what it has started.
	Kill func(*exec.Cmd)
	Log  *slog.Logger // nil means no log
}

// Host holds the terminals. It is safe for concurrent use.
type Host struct {
	o Options

	mu   sync.Mutex
	open map[string]*session
}

// New returns a Host.
func New(o Options) *Host {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Host{o: o, open: map[string]*session{}}
}

// Order is a terminal that was agreed to.
type Order struct {
	ID            string
	UID           string // whose rights it has, unless an administrator's
	Administrator bool
	Cols, Rows    int
	Send          func(frame []byte) error // to the server; may wait
	Opened        func() error
}

type session struct {
	id   string
	send func([]byte) error
	in   chan []byte // frames of the server's
	stop context.CancelCauseFunc

	mu     sync.Mutex
	unseen int           // bytes that the server has not taken
	room   chan struct{} // closed when it takes some
}

var (
	errBusy   = fault.New(fault.TooMany, "There are terminals open on this machine already. End one of them first.")
	errIdle   = fault.New(fault.Expired, "Nothing was typed for 15 minutes, so the terminal was ended.")
	errLong   = fault.New(fault.Expired, "The terminal was open for two hours, which is as long as one may be, and was ended.")
	errEnded  = fault.New(fault.Forbidden, "Somebody at the computer ended the terminal.")
	errFlood  = fault.New(fault.TooMany, "More was typed than the terminal takes, so it was ended.")
	errSilent = fault.New(fault.Unavailable, "The terminal ended without a word.")
)

// Run opens a terminal and returns the shell's status when it has ended: by itself,
// by End, by ctx, or because nobody typed. When it returns, the shell and all that
// was started in it have ended.
func (h *Host) Run(ctx context.Context, o Order) (int, error) {
	if err := supported(); err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &session{id: o.ID, send: o.Send, in: make(chan []byte, queue), stop: stop, room: make(chan struct{})}
	if err := h.add(s); err != nil {
		return 0, err
	}
	defer h.remove(s)
	cmd, err := h.o.Start(o.UID, o.Administrator)
	if err != nil {
		return 0, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fault.Wrap(err, fault.Unavailable, "The terminal could not be opened on this machine.")
	}
	result := make(chan outcome, 1)
	var wg sync.WaitGroup
	defer func() {
		stop(nil)
		stdin.Close() // a hand ends everything then, and itself
		timer := time.AfterFunc(late, func() { h.o.Kill(cmd) })
		wg.Wait()
		cmd.Wait()
		timer.Stop()
	}()
	up, told := make(chan struct{}), make(chan struct{})
	if err := write(stdin, size, wire.Numbers(o.Cols, o.Rows)); err != nil {
		return 0, errSilent
	}
	wg.Go(func() {
		result <- s.show(ctx, stdout, up, told)
		io.Copy(io.Discard, stdout) // or the hand would wait to be heard, and not end
	})
	opening := time.NewTimer(starts)
	defer opening.Stop()
	select {
	case <-up:
	case r := <-result:
		return 0, r.err
	case <-opening.C:
		return 0, errSilent
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	if err := o.Opened(); err != nil {
		return 0, err
	}
	close(told)
	wg.Go(func() { s.serve(ctx, stdin) })
	longest := time.NewTimer(Longest)
	defer longest.Stop()
	select {
	case r := <-result:
		return r.status, r.err
	case <-longest.C:
		return 0, errLong
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (h *Host) add(s *session) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.open) >= most || h.open[s.id] != nil {
		return errBusy
	}
	h.open[s.id] = s
	return nil
}

func (h *Host) remove(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, s.id)
}

func (h *Host) find(id string) *session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[id]
}

// End ends a terminal, because somebody at the machine says so. It reports whether
// there is one.
func (h *Host) End(id string) bool {
	s := h.find(id)
	if s != nil {
		s.stop(errEnded)
	}
	return s != nil
}

// Take takes a frame of the server's in. It never waits; what is of no terminal
// here is late, and forgotten.
func (h *Host) Take(frame []byte) {
	id, op, b, err := wire.DecodeTerminal(frame)
	if err != nil {
		return
	}
	s := h.find(id)
	switch {
	case s == nil:
	case op == wire.TerminalTaken:
		if n, err := wire.ReadNumbers(b, 1, wire.TerminalWindow); err == nil {
			s.taken(n[0])
		}
	case op == wire.TerminalData || op == wire.TerminalSize:
		select {
		case s.in <- append([]byte{byte(op)}, b...):
		default:
			s.stop(errFlood)
		}
	}
}

// taken makes room for more.
func (s *session) taken(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unseen = max(s.unseen-n, 0)
	close(s.room)
	s.room = make(chan struct{})
}

// wait waits until the server takes n bytes more.
func (s *session) wait(ctx context.Context, n int) bool {
	for {
		s.mu.Lock()
		if s.unseen+n <= wire.TerminalWindow {
			s.unseen += n
			s.mu.Unlock()
			return true
		}
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
}

type outcome struct {
	status int
	err    error
}

// show passes on what a hand says, until it says that it is over. It begins when the
// server is told that the terminal is open: what comes before that is lost there.
// While the server takes nothing it reads nothing, and the shell waits.
func (s *session) show(ctx context.Context, hand io.Reader, up chan<- struct{}, told <-chan struct{}) outcome {
	r := bufio.NewReaderSize(hand, 4*wire.TerminalChunk)
	for {
		what, b, err := read(r)
		if err != nil {
			return outcome{err: errSilent}
		}
		switch what {
		case ready:
			close(up)
			select {
			case <-told:
			case <-ctx.Done():
				return outcome{err: errSilent}
			}
		case cause:
			return outcome{err: fault.New(fault.Unavailable, "The terminal could not be opened: the person's shell did not start.")}
		case ended:
			n, err := wire.ReadNumbers(b, 1, 1<<16)
			if err != nil {
				return outcome{err: errSilent}
			}
			return outcome{status: n[0]}
		case data, typed:
			b = more(r, what, b)
			op := wire.TerminalData
			if what == typed {
				op = wire.TerminalTyped
			}
			if !s.wait(ctx, len(b)) || s.send(wire.AppendTerminal(nil, s.id, op, b)) != nil {
				return outcome{err: errSilent}
			}
		}
	}
}

// more adds what has come already and is of the same kind: a terminal gives out a
// few bytes at a time, and each frame has its price.
func more(r *bufio.Reader, what word, b []byte) []byte {
	for r.Buffered() >= head {
		h, err := r.Peek(head)
		if err != nil || word(h[0]) != what {
			return b
		}
		n := int(binary.LittleEndian.Uint32(h[1:]))
		if len(b)+n > wire.TerminalChunk || r.Buffered() < head+n {
			return b
		}
		_, next, err := read(r)
		if err != nil {
			return b
		}
		b = append(b, next...)
	}
	return b
}

// serve types what the server sends, and tells it what is taken. Whoever types
// nothing for long is gone.
func (s *session) serve(ctx context.Context, hand io.Writer) {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		select {
		case f := <-s.in:
			if wire.TerminalOp(f[0]) == wire.TerminalSize {
				write(hand, size, f[1:])
				continue
			}
			timer.Reset(idle)
			if write(hand, data, f[1:]) != nil || s.send(wire.AppendTerminal(nil, s.id, wire.TerminalTaken, wire.Numbers(len(f)-1))) != nil {
				return
			}
		case <-timer.C:
			s.stop(errIdle)
			return
		case <-ctx.Done():
			return
		}
	}
}
