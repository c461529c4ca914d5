package noc

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/enrol"
)

// Presence says whether an endpoint is there, and if not, why, as far as it said so
// itself. What nobody knows is Unknown, and never silence.
type Presence string

// The presences.
const (
	Online  Presence = "online"
	Stuck   Presence = "stuck"   // connected, and its agent has no readings
	Asleep  Presence = "asleep"  // it said so
	Off     Presence = "off"     // shut down or restarted, and it said so
	Stopped Presence = "stopped" // its agent was stopped or updates itself, and said so
	Silent  Presence = "silent"  // gone without a word
	Awaited Presence = "awaited" // enrolled, and has never been there
	// Unknown is the honest word while the server itself was away: an endpoint may
	// not have come back yet.
	Unknown Presence = "unknown"

	// Offline is no presence of an endpoint: in a Query it selects all that are known
	// to be away, for whatever reason.
	Offline Presence = "offline"
)

// Presences returns those that an endpoint can be in.
func Presences() []Presence {
	return []Presence{Online, Stuck, Asleep, Off, Stopped, Silent, Awaited, Unknown}
}

// Number is what the series of presences say, from 1 for online in the order of
// Presences; 0 for what is unknown, of which they say nothing.
func (p Presence) Number() int {
	if p == Unknown {
		return 0
	}
	return slices.Index(Presences(), p) + 1
}

// Up is 1 for an endpoint that can be reached, 0 for one that went silent, and -1 for
// one of which neither can be said: it is away for a reason, or nobody knows.
func (p Presence) Up() int {
	switch {
	case p.Connected():
		return 1
	case p == Silent:
		return 0
	}
	return -1
}

// Connected reports whether an endpoint can be reached now.
func (p Presence) Connected() bool { return p == Online || p == Stuck }

// Away reports whether an endpoint is known not to be there.
func (p Presence) Away() bool {
	return p == Asleep || p == Off || p == Stopped || p == Silent || p == Awaited
}

// selects reports whether a query for p wants an endpoint that is in x.
func (p Presence) selects(x Presence) bool {
	return p == "" || p == x || p == Offline && x.Away()
}

// after is what an endpoint is after its goodbye; one that changes its network comes
// back at once, and is silent if it does not.
func after(why wire.GoodbyeReason) Presence {
	switch why {
	case wire.ByeSleep:
		return Asleep
	case wire.ByeShutdown:
		return Off
	case wire.ByeStop, wire.ByeUpdate:
		return Stopped
	}
	return Silent
}

const (
	// stuckAfter is how long an endpoint may be connected without a reading.
	stuckAfter = 3 * wire.FrameInterval
	// settle is how long after the server was away an endpoint that has not come back
	// is unknown rather than gone: the spread of reconnects and one silence on top.
	settle = wire.SilenceTimeout + 2*time.Minute
	// paused is how long the server itself may stand still before what it missed
	// counts as its own absence.
	paused = 20 * time.Second

	// Connections that are cut in one moment are noticed within a frame of each other,
	// since each ends a silence after its last frame.
	lossWindow = wire.FrameInterval + 30*time.Second
	lossLeast  = 20 // fewer are not many at once,
	lossShare  = 4  // and it is one in four of those that were connected;
	lossAll    = 5  // or these, when nobody is left
)

// Loss is that many endpoints went silent at once: more likely the server's own
// network than each of them.
type Loss struct {
	Began time.Time
	Lost  int       // so far
	Back  int       // of them, so far
	Until time.Time // from when on those that are not back are called silent
}

// lost is one endpoint that went without a word.
type lost struct {
	e  *endpoint
	at time.Time
}

// silent notes that an endpoint's session has ended without a goodbye. The caller
// holds mu, and has taken the session away.
func (f *Fleet) silent(e *endpoint, now time.Time) {
	f.recent = append(f.recent, lost{e, now})
	for now.Sub(f.recent[0].at) > lossWindow {
		f.recent = f.recent[1:]
	}
	switch {
	case f.loss != nil && now.Before(f.loss.Until): // it goes on
		f.doubt(e, now)
	case many(len(f.recent), f.connected):
		f.loss = &Loss{Began: f.recent[0].at}
		f.missing = map[*endpoint]struct{}{}
		for _, l := range f.recent {
			if l.e.presence == Silent {
				f.doubt(l.e, now)
			}
		}
		f.log.Warn("many endpoints went silent at once: they are unknown until they had their time to come back", "lost", f.loss.Lost, "connected", f.connected, "until", f.loss.Until)
	}
}

// many reports whether so many at once are more than the machines' own doing.
func many(lost, left int) bool {
	return lost >= lossLeast && lost*lossShare >= lost+left || lost >= lossAll && left == 0
}

// doubt counts an endpoint to the loss. The caller holds mu.
func (f *Fleet) doubt(e *endpoint, now time.Time) {
	e.presence = Unknown
	f.missing[e] = struct{}{}
	f.loss.Lost++
	f.loss.Until = now.Add(settle)
	f.unsure = f.loss.Until
	f.dirty[e] = struct{}{}
}

// Loss returns the last time that many went silent at once, if that is not over for
// longer than an hour.
func (f *Fleet) Loss() (Loss, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.loss == nil || f.now().Sub(f.loss.Until) > time.Hour {
		return Loss{}, false
	}
	return *f.loss, true
}

// awake finds out whether the server itself has stood still: sessions that end then
// fell silent while nobody listened. The caller holds mu.
func (f *Fleet) awake(now time.Time) {
	since := now.Round(0).Sub(f.lookedAt) // by the wall clock: the other one stands still as well
	f.lookedAt = now.Round(0)
	if since > lookEvery+paused {
		f.unsure = now.Add(settle)
		f.deaf = f.unsure
		f.log.Warn("the server stood still for a while: who does not come back is unknown for now", "stood", since, "until", f.unsure)
	}
}

// look finds out who is stuck and who has had their time to come back.
func (f *Fleet) look() {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.awake(now)
	settled := !now.Before(f.unsure)
	for _, e := range f.endpoints {
		switch {
		case settled && e.presence == Unknown:
			e.presence, e.since = after(e.goodbye), e.seenAt
			f.dirty[e] = struct{}{}
		case e.presence == Online && !now.Before(f.deaf) && now.Sub(e.readAt) > stuckAfter:
			e.presence, e.since = Stuck, e.readAt
			f.dirty[e] = struct{}{}
		}
	}
}

// markEvery is how often presences go into the time series.
const markEvery = time.Minute

// mark puts every presence into the time series, once a minute.
func (f *Fleet) mark() {
	now := f.now()
	type where struct {
		id         string
		number, up int
		habit      expectation
	}
	f.mu.Lock()
	if now.Sub(f.marked) < markEvery-lookEvery/2 {
		f.mu.Unlock()
		return
	}
	f.marked = now
	local := now.In(f.zone())
	f.remember(now)
	list := make([]where, 0, len(f.endpoints))
	for _, e := range f.endpoints {
		expected := f.learn(e, f.at(e, local))
		if n := e.presence.Number(); n > 0 && e.state != enrol.Revoked {
			list = append(list, where{e.id, n, e.presence.Up(), expected})
		}
	}
	f.gatherHabits(now)
	f.mu.Unlock()
	for _, x := range list {
		f.series.Presence(x.id, now, x.number, x.up)
		if x.habit.known {
			f.series.Expected(x.id, now, x.habit.expected, x.habit.missed)
		}
	}
}

// here makes an endpoint one that is there, since now. The caller holds mu.
func (f *Fleet) here(e *endpoint, now time.Time) {
	if _, ok := f.missing[e]; ok {
		delete(f.missing, e)
		f.loss.Back++
	}
	if e.presence != Online {
		e.presence, e.since = Online, now
	}
	e.readAt = now
}

// Left notes that a session has ended. One that was replaced by a newer one does
// not count.
func (f *Fleet) Left(endpoint, session string, why wire.GoodbyeReason) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.endpoints[endpoint]
	if e == nil || e.session != session {
		return
	}
	f.connected--
	f.awake(now)
	e.session, e.presence, e.since, e.goodbye = "", after(why), now, why
	if e.presence == Silent {
		e.since = e.seenAt // nobody knows when it went
		switch {
		case e.state != enrol.Active: // it was sent away, and is held or withdrawn
		case now.Before(f.deaf):
			e.presence = Unknown
		default:
			f.silent(e, now)
		}
	}
	f.touch(e)
}
