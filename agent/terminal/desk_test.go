package terminal

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// desk is the server's side of one terminal: it takes what comes, when it is let.
type desk struct {
	t    *testing.T
	host *Host
	stop context.CancelFunc
	over chan result

	mu     sync.Mutex
	shown  bytes.Buffer
	typed  bytes.Buffer
	frames int
	untake int // bytes that were not yet said to be taken
	slow   bool
	news   chan struct{}
}

type result struct {
	status int
	err    error
}

// open opens a terminal and waits until it is.
func open(t *testing.T, h *Host) *desk {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := &desk{t: t, host: h, stop: cancel, over: make(chan result, 1), news: make(chan struct{}, 1)}
	up := make(chan struct{})
	go func() {
		status, err := h.Run(ctx, Order{ID: "T1", Cols: 80, Rows: 24, Send: d.take, Opened: func() error { close(up); return nil }})
		d.over <- result{status, err}
	}()
	t.Cleanup(cancel)
	select {
	case <-up:
	case r := <-d.over:
		t.Fatalf("it did not open: %+v", r)
	}
	return d
}

// take is the server: it says that it has taken what came, unless it is slow.
func (d *desk) take(frame []byte) error {
	_, op, b, err := wire.DecodeTerminal(frame)
	if err != nil {
		d.t.Errorf("%v", err)
	}
	d.mu.Lock()
	d.frames++
	switch op {
	case wire.TerminalData:
		d.shown.Write(b)
	case wire.TerminalTyped:
		d.typed.Write(b)
	}
	n := 0
	if op != wire.TerminalTaken {
		if d.untake += len(b); d.untake > wire.TerminalWindow {
			d.t.Errorf("%d bytes on their way", d.untake)
		}
		if !d.slow {
			n, d.untake = d.untake, 0
		}
	}
	d.mu.Unlock()
	select {
	case d.news <- struct{}{}:
	default:
	}
	if n > 0 {
		d.host.Take(wire.AppendTerminal(nil, "T1", wire.TerminalTaken, wire.Numbers(n)))
	}
	return nil
}

func (d *desk) typeIn(text string) {
	d.host.Take(wire.AppendTerminal(nil, "T1", wire.TerminalData, []byte(text)))
}

// until waits for what the terminal shows.
func (d *desk) until(what string, ok func(shown string) bool) string {
	d.t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		d.mu.Lock()
		shown := d.shown.String()
		d.mu.Unlock()
		if ok(shown) {
			return shown
		}
		select {
		case <-d.news:
		case r := <-d.over:
			d.t.Fatalf("%s: it ended, %+v\n%q", what, r, shown)
		case <-timeout:
			d.t.Fatalf("%s: %q", what, shown[max(0, len(shown)-2000):])
		}
	}
}

func (d *desk) says(text string) string {
	d.t.Helper()
	return d.until(text, func(s string) bool { return strings.Contains(s, text) })
}

func (d *desk) ended(t *testing.T) result {
	t.Helper()
	select {
	case r := <-d.over:
		return r
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	return result{}
}
