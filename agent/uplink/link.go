package uplink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Link is a session of an Uplink's: it correlates answers with what was asked.
// Its methods may be called from any goroutine.
type Link struct {
	*Session
	u      *Uplink
	ctx    context.Context
	cancel context.CancelCauseFunc
	wrote  atomic.Int64  // when the last chunk of an attachment went out, in Unix nanoseconds
	said   chan struct{} // closed once the goodbye is said

	mu    sync.Mutex
	calls map[string]*call
	asks  map[string]context.CancelFunc
	tasks sync.WaitGroup
}

// maxAsks bounds the diagnostics under way at once, whatever the policy says.
const maxAsks = 16

var (
	errSilent = fault.New(fault.Unavailable, "The server has stopped answering.")
	errLost   = fault.New(fault.Unavailable, "The connection to the server was lost.")
)

func newLink(ctx context.Context, s *Session, u *Uplink) *Link {
	l := &Link{Session: s, u: u, calls: map[string]*call{}, asks: map[string]context.CancelFunc{}, said: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	return l
}

// run attends the session until it ends, and returns why. ctx is newLink's.
func (l *Link) run(ctx context.Context) error {
	defer l.cancel(nil)
	l.tasks.Go(l.read)
	l.tasks.Go(l.confirm)
	l.tasks.Go(func() { l.u.config.Attend(l.ctx, l) })
	why := l.serve()
	if bye, ok := goodbye(ctx, why); ok {
		l.leave(bye)
	} else {
		l.Close(1000, "")
	}
	close(l.said)
	l.cancel(why)
	l.tasks.Wait()
	return why
}

// leave says goodbye. Nobody waits for an answer: the other side may be gone.
func (l *Link) leave(r wire.GoodbyeReason) {
	l.Send(wire.TypeGoodbye, "", "", wire.Goodbye{Reason: r})
	l.Close(1000, string(r))
}

// beatAfter is how long after the last frame one without readings says that the
// connection holds: whoever measures hangs.
const beatAfter = wire.FrameInterval * 3 / 2

// serve sends health until the session ends, and sees to it that the server
// acknowledges: that is what a half-open connection fails at.
func (l *Link) serve() error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	sent := time.Now() // the last frame
	for {
		wait := min(l.patience(), max(time.Until(sent.Add(beatAfter)), 0))
		due, waits := l.u.health.due(time.Now())
		if waits {
			wait = min(wait, due)
		}
		timer.Reset(wait)
		select {
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		case <-l.u.nudged:
			return errNudged
		case <-l.u.kicked:
			for {
				f, ok := l.u.health.frame(time.Now())
				if !ok {
					break
				}
				if err := l.SendHealth(f); err != nil {
					return err
				}
				sent = time.Now()
			}
		case <-timer.C:
			if l.patience() <= 0 {
				return errSilent
			}
			if old, ok := l.u.health.due(time.Now()); ok && old == 0 {
				if err := l.sendOld(); err != nil {
					return err
				}
			}
			if time.Since(sent) < beatAfter {
				continue
			}
			if err := l.SendHealth(l.u.health.beat(l.u.config.Wall(), time.Now())); err != nil {
				return err
			}
			sent = time.Now()
		}
	}
}

// sendOld sends a frame of what was recorded long before the session.
func (l *Link) sendOld() error {
	f, ok := l.u.health.old(time.Now())
	if !ok {
		return nil
	}
	return l.SendHealth(f)
}

// patience is how long the oldest frame under way may still take.
func (l *Link) patience() time.Duration {
	sent, ok := l.u.health.oldest()
	if !ok {
		return time.Hour // nothing is under way
	}
	return l.left(sent)
}

// left is how long something may still take that was sent then. Attachments that
// go out before its answer comes in count as signs of life: on a slow line the
// answer stands behind them.
func (l *Link) left(sent time.Time) time.Duration {
	if wrote := time.Unix(0, l.wrote.Load()); wrote.After(sent) {
		sent = wrote
	}
	return wire.AckTimeout - time.Since(sent)
}

// read takes in what the server sends.
func (l *Link) read() {
	buf := make([]byte, 512)
	for {
		m, err := l.Next(buf, wire.SilenceTimeout)
		if err == nil {
			err = l.take(m)
		}
		if err != nil {
			if refusal := closed(err); refusal != nil {
				err = refusal
			}
			l.cancel(err)
			return
		}
	}
}

func (l *Link) take(m Message) error {
	if m.Frame != nil {
		return l.takeFrame(m.Frame)
	}
	switch m.Type {
	case wire.TypeTicketChanged:
		var c wire.TicketChanged
		if err := m.Into(&c); err != nil {
			return err
		}
		l.u.config.Changed(c)
	case wire.TypeApprovals:
		var a wire.Approvals
		if err := m.Into(&a); err != nil {
			return err
		}
		if l.u.config.Approvals != nil {
			l.u.config.Approvals(a)
		}
	case wire.TypeAnnouncements:
		var a wire.Announcements
		if err := m.Into(&a); err != nil {
			return err
		}
		if l.u.config.Announced != nil {
			l.u.config.Announced(a)
		}
	case wire.TypeLive:
		var w wire.Live
		if err := m.Into(&w); err != nil {
			return err
		}
		l.u.push(w)
	case wire.TypeAsk:
		var a wire.Ask
		if err := m.Into(&a); err != nil {
			return err
		}
		l.ask(m.ID, a)
	case wire.TypeAskCancel:
		l.mu.Lock()
		stop := l.asks[m.Re]
		l.mu.Unlock()
		if stop != nil {
			stop()
		}
	default:
		if m.Re == "" {
			return nil // a newer server's: nothing that we would miss
		}
		l.mu.Lock()
		c := l.calls[m.Re]
		l.mu.Unlock()
		if c != nil {
			select {
			case c.answer <- m.Envelope:
			default: // said twice
			}
		}
	}
	return nil
}

func (l *Link) takeFrame(b []byte) error {
	if len(b) > 0 && b[0] == wire.FrameBlob {
		re, offset, data, err := wire.DecodeBlob(b)
		if err != nil {
			return err
		}
		l.mu.Lock()
		c := l.calls[re]
		l.mu.Unlock()
		if c == nil || c.chunks == nil {
			return nil // nobody waits for it any more
		}
		return c.chunks(offset, data)
	}
	if len(b) > 0 && b[0] == wire.FrameTerminal {
		if l.u.config.Terminal != nil {
			l.u.config.Terminal(b)
		}
		return nil
	}
	seq, err := wire.DecodeHealthAck(b)
	if err != nil {
		return err
	}
	if l.u.health.acked(seq, time.Now()) {
		l.u.kick()
	}
	return nil
}

// ask has a diagnostic carried out. The same id is carried out once a session.
func (l *Link) ask(id string, a wire.Ask) {
	ctx, stop := context.WithCancel(l.ctx)
	l.mu.Lock()
	_, running := l.asks[id]
	full := len(l.asks) >= maxAsks
	if !running && !full {
		l.asks[id] = stop
	}
	l.mu.Unlock()
	if running || full {
		stop()
		if full {
			l.Post(wire.TypeAnswer, "", id, wire.Answer{Done: true, Code: fault.TooMany, Sentence: "This computer is answering as many questions as it can. Ask again in a moment."})
		}
		return
	}
	free := sync.OnceFunc(func() {
		l.mu.Lock()
		delete(l.asks, id)
		l.mu.Unlock()
	})
	l.tasks.Go(func() {
		defer stop()
		defer free()
		l.u.config.Ask(ctx, id, a, func(a wire.Answer) {
			if a.Done {
				free() // first: whoever hears that this is answered may ask the next at once
			}
			l.Send(wire.TypeAnswer, "", id, a)
		})
	})
}

// confirm stores the secret of the welcome and tells the server so. Without the
// disk's word it says nothing: the server then goes on accepting the one before.
func (l *Link) confirm() {
	if err := l.u.config.Ratchet.Store(l.Welcome.Ratchet); err != nil {
		l.u.config.Log.Error("the session's secret cannot be stored", "error", err)
		return
	}
	l.Send(wire.TypeRatchet, ulid.Make().String(), "", nil)
}
