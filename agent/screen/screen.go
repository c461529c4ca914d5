// Package screen gets a picture of what a person at this machine sees, from a program
// of theirs: the service itself has no display. It keeps how long somebody may look
// on after a yes, shows that for as long as it lasts, and ends it.
package screen

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Bounds.
const (
	// Patience is how long a program may take to hand a picture over.
	Patience = 20 * time.Second
	pause    = time.Second // between two pictures of one yes
	most     = 8           // that somebody may look on for, at once
)

// Options are what a Host works with.
type Options struct {
	// Open reports whether a ticket that this person rang for is still open.
	Open func(uid string, ticket int64) bool
	// TicketsChanged returns a channel that is closed when some ticket has changed.
	TicketsChanged func() <-chan struct{}
	// Tell writes a look down, at its start and at its end.
	Tell func(local.Look) error
}

// Host asks for pictures and takes them in. It is safe for concurrent use.
type Host struct {
	o       Options
	changed change.Signal
	looking sync.WaitGroup

	mu     sync.Mutex
	closed bool
	able   map[string]int // by uid: programs that can take one
	wanted []*want
	looks  map[pair]*looker
}

type want struct {
	id, uid string
	came    chan picture
}

type picture struct {
	data []byte
	err  error
}

type pair struct {
	account string
	ticket  int64
}

// looker is a yes that lasts.
type looker struct {
	uid  string
	look string
	ctx  context.Context
	stop context.CancelFunc
	last time.Time // when the newest picture was asked for
}

// New returns a Host that nobody looks by.
func New(o Options) *Host {
	return &Host{o: o, able: map[string]int{}, looks: map[pair]*looker{}}
}

// Close ends every look, and returns when that is written down.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	for _, l := range h.looks {
		l.stop()
	}
	h.mu.Unlock()
	h.looking.Wait()
}

// CanShow says that a program of a person's runs that can take pictures, until leave
// is called.
func (h *Host) CanShow(uid string) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.able[uid]++
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.able[uid]--; h.able[uid] == 0 {
			delete(h.able, uid)
		}
	})
}

// Changed returns a channel that is closed when a picture is wanted, or not any more.
func (h *Host) Changed() <-chan struct{} { return h.changed.Changed() }

// Wanted returns the pictures that a person's programs are to hand over.
func (h *Host) Wanted(uid string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for _, w := range h.wanted {
		if w.uid == uid {
			out = append(out, w.id)
		}
	}
	return out
}

// Why there is no picture.
var (
	ErrUnable  = fault.New(fault.Unavailable, "No program in the person's session can take a picture of their screen: Deskbell's bell does not run there, or is older than the agent.")
	ErrSilent  = fault.New(fault.Unavailable, "The person's session handed over no picture of the screen within 20 seconds. Their desktop may be asking them for permission.")
	ErrFailed  = fault.New(fault.Unavailable, "The person's session could not take a picture of the screen: their desktop did not allow it, or has none.")
	errBusy    = fault.New(fault.Conflict, "A picture of that screen is being taken already. Wait for it.")
	errTooFast = fault.New(fault.TooMany, "One picture a second is as much as there is. Ask again.")
	errMany    = fault.New(fault.TooMany, "Others look at screens of this machine already. Wait until they have ended.")
	errOver    = fault.New(fault.NotFound, "No such picture of your screen is wanted.")
	errStopped = fault.New(fault.Unavailable, "The agent on this machine is being stopped.")
)

// Take has a picture of a person's screens taken in their session.
func (h *Host) Take(ctx context.Context, uid string) ([]byte, error) {
	w := &want{id: ulid.Make().String(), uid: uid, came: make(chan picture, 1)}
	if err := h.put(w); err != nil {
		return nil, err
	}
	defer h.drop(w)
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case p := <-w.came:
		return p.data, p.err
	case <-timer.C:
		return nil, ErrSilent
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *Host) put(w *want) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.able[w.uid] == 0:
		return ErrUnable
	case slices.ContainsFunc(h.wanted, func(o *want) bool { return o.uid == w.uid }):
		return errBusy
	}
	h.wanted = append(h.wanted, w)
	h.changed.Notify()
	return nil
}

func (h *Host) drop(w *want) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wanted = slices.DeleteFunc(h.wanted, func(o *want) bool { return o == w })
	h.changed.Notify()
}

// Show takes a picture in, of the person whose screen is wanted and of nobody else.
// None says that it could not be taken.
func (h *Host) Show(uid, id string, data []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.wanted, func(w *want) bool { return w.uid == uid && w.id == id })
	if i < 0 {
		return errOver
	}
	p := picture{data: data}
	if len(data) == 0 {
		p.err = ErrFailed
	} else if _, _, err := wire.ScreenSize(data); err != nil {
		p = picture{err: err}
	}
	select {
	case h.wanted[i].came <- p:
	default:
		return errOver
	}
	if len(data) == 0 {
		return nil
	}
	return p.err
}

// Lasting returns whose screens an account may look at for a ticket without asking
// again; held ends with that. It is nil when they have to ask.
func (h *Host) Lasting(account string, ticket int64) (uid string, held context.Context, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.looks[pair{account, ticket}]
	if l == nil || l.ctx.Err() != nil || !h.o.Open(l.uid, ticket) {
		return "", nil, nil
	}
	now := time.Now()
	if now.Sub(l.last) < pause {
		return "", nil, errTooFast
	}
	l.last = now
	return l.uid, l.ctx, nil
}

// Begin writes down that somebody agreed, and lets the account look on until
// look.Until, the ticket's end, or End.
func (h *Host) Begin(uid, account string, look local.Look) (context.Context, error) {
	look.ID += "-on" // the picture that was agreed to has its own line
	key := pair{account, look.Ticket}
	ctx, stop := context.WithDeadline(context.Background(), look.Until)
	l := &looker{uid: uid, look: look.ID, ctx: ctx, stop: stop, last: time.Now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.begin(key, l)
	if err == nil {
		err = h.o.Tell(look) // what cannot be written down does not happen
	}
	if err != nil {
		stop()
		return nil, err
	}
	h.looks[key] = l
	h.looking.Go(func() {
		h.until(l, look.Ticket)
		h.mu.Lock()
		if h.looks[key] == l {
			delete(h.looks, key)
		}
		h.mu.Unlock()
		look.Ended, look.Result = time.Now(), "ended"
		h.o.Tell(look)
	})
	return ctx, nil
}

func (h *Host) begin(key pair, l *looker) error {
	switch old := h.looks[key]; {
	case h.closed:
		return errStopped
	case old != nil:
		old.stop() // two questions at once are answered one after the other; the newer yes holds
	case len(h.looks) >= most:
		return errMany
	}
	return nil
}

// until returns when a yes does not hold any more.
func (h *Host) until(l *looker, ticket int64) {
	defer l.stop()
	for {
		changed := h.o.TicketsChanged()
		if !h.o.Open(l.uid, ticket) {
			return
		}
		select {
		case <-changed:
		case <-l.ctx.Done():
			return
		}
	}
}

// End ends a look, because somebody at the machine says so. It reports whether there
// is one.
func (h *Host) End(look string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.looks {
		if l.look == look {
			l.stop()
			return true
		}
	}
	return false
}
