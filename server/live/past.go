package live

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
)

// A page is made, and a moment later its browser begins to listen. What happens between
// the two would be seen by neither, so a page carries the mark of when its making began,
// and hands it in when it begins to listen.

const (
	kept      = 1024 // events; more than that between the two, and it is assumed that something was missed
	keptBytes = 64   // of an event's data: a listener chooses by short ones only
)

// past is which events were last.
type past struct {
	mu   sync.Mutex
	boot string // a mark of another run says nothing
	n    uint64 // of all events so far
	ring [kept]Event
}

func newPast() *past { return &past{boot: rand.Text()[:8]} }

func (p *past) add(e *Event) {
	if e.Topic == Samples {
		return // a chart asks for what it has not by itself, and they are many
	}
	x := *e
	if len(x.Data) > keptBytes {
		x.Data = nil
	}
	p.mu.Lock()
	p.ring[p.n%kept] = x
	p.n++
	p.mu.Unlock()
}

// Mark is where the hub stands now, for Missed.
func (h *Hub) Mark() string {
	h.past.mu.Lock()
	defer h.past.mu.Unlock()
	return h.past.boot + "-" + strconv.FormatUint(h.past.n, 36)
}

// Missed reports whether an event that want selects may have been published since a
// mark. It may also when the mark is too old to tell, is of another run of the server,
// or is none.
func (h *Hub) Missed(mark string, want func(*Event) bool) bool {
	p := h.past
	boot, number, _ := strings.Cut(mark, "-")
	from, err := strconv.ParseUint(number, 36, 64)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || boot != p.boot || from > p.n || p.n-from > kept {
		return true
	}
	for ; from < p.n; from++ {
		if want(&p.ring[from%kept]) {
			return true
		}
	}
	return false
}

type markKey struct{}

// WithMark returns the context of a request that came when the hub stood at a mark.
func WithMark(ctx context.Context, mark string) context.Context {
	return context.WithValue(ctx, markKey{}, mark)
}

// MarkOf is where the hub stood when the request came, or empty.
func MarkOf(ctx context.Context) string {
	mark, _ := ctx.Value(markKey{}).(string)
	return mark
}
