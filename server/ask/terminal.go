package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
)

// Bounds of a terminal.
const (
	// terminalFor is longer than any agent keeps a terminal open.
	terminalFor = 3 * time.Hour
	// unwatched is how long a terminal stays open that nobody looks at: a page that
	// is loaded anew is back well before.
	unwatched = 30 * time.Second
)

// terminal is the server's side of one: what waits for whoever looks at it, and
// what was recorded.
type terminal struct {
	mu      sync.Mutex
	open    bool
	as      string
	buf     []byte // shown, and not yet read: never more than the agent may send
	unread  int    // typed, and not yet taken by the agent
	changed chan struct{}
	ended   *Shown
	reader  int         // counts who looks: the last to come is shown it, and nobody else
	alone   *time.Timer // runs while nobody reads
	rec     *recording
	cols    int
	rows    int
}

// Shown is what whoever looks at a terminal is sent.
type Shown struct {
	State    wire.TerminalState `json:"state,omitempty"`
	As       string             `json:"as,omitempty"`
	Data     []byte             `json:"data,omitempty"`
	Sentence string             `json:"sentence,omitempty"` // ended: why, unless the shell ended
}

func newTerminal(params json.RawMessage, alone func()) *terminal {
	var p wire.TerminalParams
	if json.Unmarshal(params, &p) != nil || p.Cols <= 0 || p.Rows <= 0 {
		p = wire.TerminalParams{Cols: 80, Rows: 24}
	}
	return &terminal{changed: make(chan struct{}), cols: p.Cols, rows: p.Rows, alone: time.AfterFunc(runFor, alone)}
}

// tell wakes who waits. The caller holds mu.
func (t *terminal) tell() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// part takes in how the agent says that the terminal stands.
func (t *terminal) part(data json.RawMessage, now time.Time) {
	var p wire.TerminalPart
	if json.Unmarshal(data, &p) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.State == wire.TerminalOpen && !t.open {
		t.open, t.as, t.rec = true, p.As, newRecording(now, t.cols, t.rows)
	}
	t.tell()
}

// lines are what was recorded.
func (t *terminal) lines() []json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rec == nil {
		return nil
	}
	return t.rec.lines[:len(t.rec.lines):len(t.rec.lines)]
}

func (t *terminal) end(sentence string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.alone.Stop()
	t.ended = &Shown{State: wire.TerminalEnded, Sentence: sentence}
	t.tell()
}

func (a *Asker) terminalOf(id string) (*running, *terminal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.running[id]
	if r == nil || r.term == nil {
		return nil, nil
	}
	return r, r.term
}

// TerminalFrame takes a frame of an endpoint's terminal in. It never waits for
// whoever looks: the agent sends no more than has room.
func (a *Asker) TerminalFrame(ctx context.Context, endpoint string, frame []byte) error {
	id, op, data, err := wire.DecodeTerminal(frame)
	if err != nil {
		return err
	}
	r, t := a.terminalOf(id)
	if t == nil || r.ask.Endpoint != endpoint {
		return nil // late, or forged
	}
	now := a.now()
	t.mu.Lock()
	overrun := false
	typed := 0
	switch {
	case !t.open:
	case op == wire.TerminalData:
		if overrun = len(t.buf)+len(data) > wire.TerminalWindow; !overrun {
			t.buf = append(t.buf, data...)
			t.rec.add(now, "o", data)
			t.tell()
		}
	case op == wire.TerminalTyped:
		t.rec.add(now, "i", data)
		typed = len(data)
	case op == wire.TerminalTaken:
		if n, err := wire.ReadNumbers(data, 1, wire.TerminalWindow); err == nil {
			t.unread = max(t.unread-n[0], 0)
			t.tell()
		}
	}
	t.mu.Unlock()
	if overrun {
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.TooMany, "The machine sent more than it may, so the terminal was ended.")
		return nil
	}
	if typed > 0 {
		return a.line.Frame(endpoint, wire.AppendTerminal(nil, id, wire.TerminalTaken, wire.Numbers(typed)))
	}
	return nil
}

var errNotYours = fault.New(fault.NotFound, "There is no open terminal of yours of that name.")

// mine returns a terminal that runs, to whoever opened it and to nobody else.
func (a *Asker) mine(actor auth.Actor, id string) (*running, *terminal, error) {
	r, t := a.terminalOf(id)
	if t == nil || actor.Kind != auth.Staff || r.ask.AskerID != actor.Person {
		return nil, nil, errNotYours
	}
	return r, t, auth.Authorise(actor, auth.EndpointsAct, auth.Object{Endpoint: r.ask.Endpoint})
}

// Watch shows a terminal to whoever opened it, until it ends, they go away or they
// look at it in another window. What they do not read the machine does not send.
func (a *Asker) Watch(ctx context.Context, actor auth.Actor, id string, show func(Shown) error) error {
	r, t, err := a.mine(actor, id)
	if fault.Is(err, fault.NotFound) {
		return a.over(ctx, actor, id, show)
	}
	if err != nil {
		return err
	}
	me := t.enter()
	defer t.leave(me)
	if err := show(Shown{State: wire.TerminalAsking}); err != nil {
		return err
	}
	told := false
	for {
		t.mu.Lock()
		changed, open, as, ended, latest := t.changed, t.open, t.as, t.ended, t.reader
		var data []byte
		if latest == me && (told || !open) {
			data = t.buf[:min(len(t.buf), wire.TerminalChunk)]
			t.buf = t.buf[len(data):]
		}
		t.mu.Unlock()
		switch {
		case latest != me:
			return show(Shown{State: wire.TerminalEnded, Sentence: "The terminal is open in another window of yours now."})
		case open && !told:
			told, err = true, show(Shown{State: wire.TerminalOpen, As: as})
		case len(data) > 0:
			err = show(Shown{Data: data})
			if err == nil && ended == nil {
				a.line.Frame(r.ask.Endpoint, wire.AppendTerminal(nil, id, wire.TerminalTaken, wire.Numbers(len(data)))) // a dead connection ends it anyway
			}
		case ended != nil:
			return show(*ended)
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
}

// over tells whoever opened a terminal why it is not open any more: the machine may
// have refused it before they could look.
func (a *Asker) over(ctx context.Context, actor auth.Actor, id string, show func(Shown) error) error {
	q, err := a.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !q.Kind.Terminal() || q.AskerID != actor.Person {
		return errNotYours
	}
	return show(Shown{State: wire.TerminalEnded, Sentence: q.Sentence})
}

// enter makes somebody the one who is shown the terminal.
func (t *terminal) enter() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reader++
	t.alone.Stop()
	t.tell()
	return t.reader
}

// leave waits for them to come back, unless they look at it in another window.
func (t *terminal) leave(reader int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reader == reader && t.ended == nil {
		t.alone.Reset(unwatched)
	}
}

// Type types into a terminal. It waits as long as the machine does not take it.
func (a *Asker) Type(ctx context.Context, actor auth.Actor, id string, data []byte) error {
	r, t, err := a.mine(actor, id)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), wire.TerminalChunk)
		if err := t.room(ctx, n); err != nil {
			return err
		}
		if err := a.line.Frame(r.ask.Endpoint, wire.AppendTerminal(nil, id, wire.TerminalData, data[:n])); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

func (t *terminal) room(ctx context.Context, n int) error {
	for {
		t.mu.Lock()
		changed := t.changed
		switch {
		case t.ended != nil:
			t.mu.Unlock()
			return fault.New(fault.NotFound, "The terminal has ended.")
		case !t.open:
			t.mu.Unlock()
			return fault.New(fault.Conflict, "The terminal is not open yet.")
		case t.unread+n <= wire.TerminalWindow/2:
			t.unread += n
			t.mu.Unlock()
			return nil
		}
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Resize tells a terminal its size.
func (a *Asker) Resize(_ context.Context, actor auth.Actor, id string, cols, rows int) error {
	r, t, err := a.mine(actor, id)
	if err != nil {
		return err
	}
	if cols < 2 || cols > wire.MaxColumns || rows < 1 || rows > wire.MaxRows {
		return fault.Field("cols", "A terminal has at most 500 columns and 200 rows.")
	}
	t.mu.Lock()
	t.cols, t.rows = cols, rows
	if t.rec != nil {
		t.rec.add(a.now(), "r", fmt.Appendf(nil, "%dx%d", cols, rows))
	}
	t.mu.Unlock()
	return a.line.Frame(r.ask.Endpoint, wire.AppendTerminal(nil, id, wire.TerminalSize, wire.Numbers(cols, rows)))
}
