package uplink

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// wakeJump is by how much the wall clock has to run ahead of the time that passed
// for the machine before that counts as sleep. Clock corrections are smaller.
const wakeJump = 10 * time.Second

// The bounds of live mode. Whoever watches longer asks again.
const (
	minLive = time.Second
	maxLive = 10 * time.Minute
)

// freshEnough is how old a sample may be that stands for now. Rates measured over
// less time than this say little.
const freshEnough = 5 * time.Second

// The grid's steps in seconds.
const (
	frameStep  = int64(wire.FrameInterval / time.Second)
	sampleStep = int64(wire.SampleInterval / time.Second)
)

// pulse samples the machine for as long as the agent runs, whether there is a
// session or not, and tells the session when something is to be sent.
type pulse struct {
	config *Config
	health *health
	phase  int64 // seconds within a minute: endpoints are spread over it

	lines    diagnostics.LineSet
	last     time.Time // when the last sample was taken
	live     wire.Live
	liveTill time.Time
	network  Network
}

func newPulse(c *Config, h *health) *pulse {
	f := fnv.New32a()
	f.Write([]byte(c.Endpoint))
	return &pulse{config: c, health: h, phase: int64(f.Sum32()) % frameStep}
}

// run samples until ctx ends. u tells it about live mode and new sessions.
func (p *pulse) run(ctx context.Context, u *Uplink) {
	p.network = p.config.Network(u.remote())
	p.sample(u, p.config.Wall(), wire.SampleInterval, 0)
	u.kick()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wall, at := p.config.Wall(), p.config.Elapsed()
		timer.Reset(p.next(wall).Sub(wall))
		select {
		case <-ctx.Done():
			return
		case <-u.fresh: // a new session: what it shows first is not a minute old
			if now := p.config.Wall(); now.Sub(p.last) >= freshEnough {
				p.sample(u, now, wire.SampleInterval, 0)
			}
			u.kick()
		case p.live = <-u.live:
			p.watch(u)
		case <-timer.C:
			p.tick(u, wall, at)
		}
	}
}

// next returns when the next sample is due: a whole second, so that the samples of
// a frame lie exactly one interval apart.
func (p *pulse) next(wall time.Time) time.Time {
	every := int64(p.every(wall) / time.Second)
	offset := p.phase % every
	return time.Unix((wall.Unix()-offset)/every*every+offset+every, 0)
}

func (p *pulse) every(wall time.Time) time.Duration {
	if wall.Before(p.liveTill) {
		return p.live.Interval
	}
	return wire.SampleInterval
}

// watch begins or ends live mode.
func (p *pulse) watch(u *Uplink) {
	p.live.Interval = min(max(p.live.Interval.Truncate(time.Second), minLive), wire.SampleInterval)
	p.liveTill = p.config.Wall().Add(min(p.live.For, maxLive))
	u.kick()
}

// tick takes the sample that was due and decides whether it goes now. since and
// at are the wall clock and the time that had passed when the wait began.
func (p *pulse) tick(u *Uplink, since time.Time, at time.Duration) {
	wall := p.config.Wall()
	if passed := p.config.Elapsed() - at; (wall.Sub(since)-passed).Abs() > wakeJump || passed > p.every(since)+wakeJump {
		p.config.Log.Info("the machine was asleep, or its clock was set", "passed", passed.Round(time.Second), "by_clock", wall.Sub(since).Round(time.Second))
		u.nudge()
	}
	live := wall.Before(p.liveTill)
	if !live || wall.Unix()%sampleStep == 0 {
		p.look(u)
	}
	var flags wire.HealthFlags
	if live {
		flags = wire.HealthLive
	}
	due := time.Unix(wall.Unix(), 0)
	crossed := p.sample(u, due, p.every(wall), flags)
	last := (due.Unix()-p.phase)%frameStep == frameStep-sampleStep
	if live || crossed || last {
		u.kick()
	}
}

// sample measures once and reports whether a line was crossed.
func (p *pulse) sample(u *Uplink, at time.Time, every time.Duration, flags wire.HealthFlags) bool {
	s := p.config.Sample(at)
	s.At, p.last = time.Unix(at.Unix(), 0), at
	if trip := p.health.trip(); trip > 0 {
		s.Set(diagnostics.ServerRTT, float64(trip)/float64(time.Millisecond))
	}
	lines := diagnostics.Lines(s, p.lines)
	crossed := lines != p.lines
	if p.lines = lines; crossed {
		flags |= wire.HealthCrossed
	}
	p.health.add(s, every, flags)
	return crossed
}

// look finds out whether the network has changed under the session, or has come
// back while there is none.
func (p *pulse) look(u *Uplink) {
	n := p.config.Network(u.remote())
	changed := n != p.network
	p.network = n
	if !changed || !n.Out.IsValid() {
		return
	}
	if local := u.local(); local.IsValid() && local == n.Out {
		return // the session goes the same way as before
	}
	p.config.Log.Info("the network has changed", "out", n.Out)
	u.nudge()
}
