package fleet

import (
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// health is an endpoint's telemetry: what was measured and is not acknowledged,
// and when it is to be measured next. The endpoint's lock guards it.
type health struct {
	timer    *time.Timer
	interval time.Duration
	frame    time.Duration // negative: none is sent
	window   int

	next     time.Time // when the next sample is due
	due      time.Time // when the next frame is
	liveTill time.Time
	live     time.Duration

	last    time.Time            // of the newest sample
	waiting []diagnostics.Sample // measured, not sent; the first late ones were meant for an earlier session
	late    int
	flight  []flight
	seq     uint64
	lines   diagnostics.LineSet
}

// flight is a frame that is not acknowledged yet.
type flight struct {
	seq     uint64
	sent    time.Time
	samples []diagnostics.Sample
}

// keepSamples bounds what waits for a server that is away: half an hour of it.
const keepSamples = 120

// saturated endpoints date their samples from the past on, so that each is new and
// none lies in the future.
const saturatedFrom = 50 * time.Minute

func (h *health) begin(o Options, now time.Time) {
	h.interval, h.frame, h.window = o.Interval, o.Frame, o.Window
	if h.frame > 0 {
		h.interval = min(h.interval, h.frame)
	}
	// Machines do not tick in step: each has its own place within the interval.
	h.next = now.Add(time.Duration(rand.Float64() * float64(h.interval)))
	h.due = now.Add(time.Duration(rand.Float64() * float64(max(h.frame, h.interval))))
	if h.window > 0 {
		h.next = now.Add(-saturatedFrom)
	}
}

// start begins to measure, if that goes by the clock.
func (e *endpoint) start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h := &e.health; h.window == 0 && h.frame > 0 && !e.ended {
		h.timer = time.AfterFunc(time.Until(h.next), e.tick)
	}
}

func (e *endpoint) stop() {
	if e.health.timer != nil {
		e.health.timer.Stop()
	}
}

// tick takes the sample that is due, and sends what is to be sent now.
func (e *endpoint) tick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return
	}
	h, now := &e.health, time.Now()
	at, live := h.next, now.Before(h.liveTill)
	every := h.interval
	if live {
		every = h.live
	}
	if h.next = at.Add(every); h.next.Before(now) { // this process was held up
		h.next = now.Add(every)
	}
	h.timer.Reset(h.next.Sub(now))
	s := e.machine.Sample(at)
	lines := diagnostics.Lines(s, h.lines)
	var flags wire.HealthFlags
	if lines != h.lines {
		h.lines, flags = lines, wire.HealthCrossed
	}
	h.keep(s)
	if e.session == nil {
		return
	}
	if e.silent(now) {
		e.session.Close(1000, "") // the reader notices
		return
	}
	if live {
		flags |= wire.HealthLive
	}
	if flags != 0 || !h.due.After(at) {
		for !h.due.After(at) {
			h.due = h.due.Add(h.frame)
		}
		e.flush(flags, every)
		e.report(now)
	}
}

// silent reports whether the server owes an acknowledgement for too long.
func (e *endpoint) silent(now time.Time) bool {
	if f := e.health.flight; len(f) > 0 && now.Sub(f[0].sent) > wire.AckTimeout {
		return true
	}
	for _, m := range e.out {
		if !m.sent.IsZero() && now.Sub(m.sent) > wire.AckTimeout {
			return true
		}
	}
	return false
}

// keep holds a sample until it is acknowledged; the oldest go first. One of a
// second that has one already is left out.
func (h *health) keep(s diagnostics.Sample) {
	if !s.At.After(h.last) {
		return
	}
	h.last = s.At
	h.waiting = append(h.waiting, s)
	if over := len(h.waiting) - keepSamples; over > 0 {
		h.waiting = append(h.waiting[:0], h.waiting[over:]...)
		h.late = max(0, h.late-over)
	}
}

// flush sends all that waits: first what is late, in frames of samples that lie
// one interval apart.
func (e *endpoint) flush(flags wire.HealthFlags, every time.Duration) {
	h := &e.health
	whole := max(every.Round(time.Second), time.Second)
	for len(h.waiting) > 0 {
		list, f := h.waiting, flags
		if h.late > 0 {
			list, f = h.waiting[:h.late], wire.HealthLate
		}
		n := wire.Uniform(list, whole)
		h.seq++
		samples := append([]diagnostics.Sample(nil), list[:n]...)
		h.waiting = append(h.waiting[:0], h.waiting[n:]...)
		h.late = max(0, h.late-n)
		h.flight = append(h.flight, flight{h.seq, time.Now(), samples})
		stats := &e.fleet.stats
		stats.frames.Add(1)
		stats.samples.Add(int64(n))
		e.session.SendHealth(wire.Health{Seq: h.seq, Flags: f, Interval: whole, Samples: samples}) // a failure ends the reader too
	}
}

// resume begins a session: a fresh sample, after what is late.
func (e *endpoint) resume(now time.Time) {
	h := &e.health
	if h.frame < 0 {
		return
	}
	if h.window > 0 {
		e.pump()
		return
	}
	h.late = len(h.waiting)
	if n := len(h.waiting); n == 0 || now.Sub(h.waiting[n-1].At) > 5*time.Second {
		h.keep(e.machine.Sample(now))
	} else {
		h.late--
	}
	e.flush(0, h.interval)
}

// lost puts what was under way back before what waits.
func (h *health) lost() {
	var again []diagnostics.Sample
	for _, f := range h.flight {
		again = append(again, f.samples...)
	}
	h.waiting = append(again, h.waiting...)
	if over := len(h.waiting) - keepSamples; over > 0 {
		h.waiting = h.waiting[over:]
	}
	h.flight, h.seq = h.flight[:0], 0
}

// healthAcked notes that the server has all frames up to seq.
func (e *endpoint) healthAcked(seq uint64) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &e.health
	n := 0
	for n < len(h.flight) && h.flight[n].seq <= seq {
		trip := now.Sub(h.flight[n].sent)
		e.fleet.stats.healths.Add(trip)
		if h.flight[n].seq == seq {
			e.machine.Answered(trip)
		}
		n++
	}
	e.fleet.stats.framesAcked.Add(int64(n))
	h.flight = append(h.flight[:0], h.flight[n:]...)
	if h.window > 0 && e.session != nil && !e.ended {
		e.pump()
	}
}

// pump keeps the window of a saturated endpoint full.
func (e *endpoint) pump() {
	h := &e.health
	each := max(1, int(h.frame/h.interval))
	for len(h.flight) < h.window {
		for range each {
			h.next = h.next.Add(h.interval)
			h.keep(e.machine.Sample(h.next))
		}
		e.flush(0, h.interval)
	}
}

// live begins or ends live mode.
func (e *endpoint) live(l wire.Live) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &e.health
	if h.timer == nil || e.ended {
		return
	}
	h.live = min(max(l.Interval.Truncate(time.Second), time.Second), h.interval)
	h.liveTill = time.Now().Add(min(l.For, 10*time.Minute))
	if soon := time.Now().Add(h.live); soon.Before(h.next) {
		h.next = soon
		h.timer.Reset(h.live)
	}
}
