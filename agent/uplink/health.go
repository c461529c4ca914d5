package uplink

import (
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// keepSamples is how long a sample waits for its acknowledgement, through any
// number of sessions. Of older ones the backlog keeps the means.
const keepSamples = 30 * time.Minute

// maxHeld bounds the samples in memory when they come every second.
const maxHeld = 600

// health holds the samples that the server has not acknowledged.
type health struct {
	mu      sync.Mutex
	held    []held // oldest first
	flight  []flight
	seq     uint64 // of the last frame of this session
	rtt     time.Duration
	backlog backlog
}

type held struct {
	sample diagnostics.Sample
	every  time.Duration // to the next one, as it was meant
	flags  wire.HealthFlags
	seq    uint64 // of the frame that carries it in this session; 0 while it waits
}

// flight is a frame that is under way.
type flight struct {
	seq  uint64
	sent time.Time
}

// add keeps a sample.
func (h *health) add(s diagnostics.Sample, every time.Duration, flags wire.HealthFlags) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, held{sample: s, every: every, flags: flags})
	drop := 0
	for drop < len(h.held) && (len(h.held)-drop > maxHeld || s.At.Sub(h.held[drop].sample.At) > keepSamples) {
		drop++
	}
	for i := range drop {
		h.backlog.add(h.held[i].sample)
	}
	h.held = append(h.held[:0], h.held[drop:]...)
}

// begin starts a session: whatever is held goes again, and is late, but for the
// newest sample when it still tells how the machine is now.
func (h *health) begin(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq, h.flight = 0, h.flight[:0]
	h.backlog.begin(time.Now())
	for i := range h.held {
		s := &h.held[i]
		s.seq, s.flags = 0, wire.HealthLate
		if age := now.Sub(s.sample.At); i == len(h.held)-1 && age < wire.SampleInterval && age > -wire.SampleInterval {
			s.flags = 0
		}
	}
}

// frame returns the next frame of what waits, and notes it as under way.
func (h *health) frame(now time.Time) (wire.Health, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := 0
	for first < len(h.held) && h.held[first].seq != 0 {
		first++
	}
	if first == len(h.held) {
		return wire.Health{}, false
	}
	f := wire.Health{Interval: h.held[first].every}
	for i := first; i < len(h.held) && h.held[i].every == f.Interval && (h.held[i].flags&wire.HealthLate) == (h.held[first].flags&wire.HealthLate); i++ {
		f.Samples = append(f.Samples, h.held[i].sample)
		if h.held[i].flags&wire.HealthLive != 0 {
			break
		}
	}
	f.Samples = f.Samples[:wire.Uniform(f.Samples, f.Interval)]
	h.seq++
	f.Seq = h.seq
	for i := range f.Samples {
		f.Flags |= h.held[first+i].flags
		h.held[first+i].seq = f.Seq
	}
	h.flight = append(h.flight, flight{f.Seq, now})
	return f, true
}

// beat returns a frame without a reading: the connection holds, and nothing could be
// measured for a while.
func (h *health) beat(wall, now time.Time) wire.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	h.flight = append(h.flight, flight{h.seq, now})
	return wire.Health{Seq: h.seq, Interval: wire.FrameInterval, Samples: []diagnostics.Sample{{At: wall}}}
}

// acked forgets what frames up to seq carried, and reports whether there is more of the
// backlog to send.
func (h *health) acked(seq uint64, now time.Time) (more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := h.held[:0]
	for _, s := range h.held {
		if s.seq == 0 || s.seq > seq {
			kept = append(kept, s)
		}
	}
	h.held = kept
	more = h.backlog.acked(seq)
	under := h.flight[:0]
	for _, f := range h.flight {
		if f.seq == seq {
			h.rtt = now.Sub(f.sent)
		}
		if f.seq > seq {
			under = append(under, f)
		}
	}
	h.flight = under
	return more
}

// oldest returns when the oldest frame under way was sent.
func (h *health) oldest() (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.flight) == 0 {
		return time.Time{}, false
	}
	return h.flight[0].sent, true
}

// trip returns how long the last frame took to its acknowledgement, 0 when that
// is not known.
func (h *health) trip() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rtt
}

// lost forgets the round trip: without a session there is none.
func (h *health) lost() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rtt = 0
}
