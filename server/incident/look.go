package incident

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/live"
)

const (
	newFor     = 14 * 24 * time.Hour    // so long a version counts as new
	learnFrom  = 8 * 7 * 24 * time.Hour // so much of the past says what is usual
	learnEvery = time.Hour
	lookBack   = 2 * time.Hour // the longest window of correlate
	lookEvery  = 30 * time.Second
	restAfter  = time.Second // between looks: tickets that come together are looked at together

	// What is usual is not known of less.
	fewestRung = 30
	shortest   = 7 * 24 * time.Hour

	// lapseAfter is how long a proposal stands to which nothing is added.
	lapseAfter = 8 * time.Hour
)

// Run looks, whenever a ticket has come or changed and every half minute, until ctx ends.
// All that it needs to know it reads from the store, so that nothing is lost over a restart.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	defer k.probing.under.Wait()
	for ctx.Err() == nil && !k.Live.Closed() {
		tickets := k.Live.Listen(func(e *live.Event) bool {
			return e.Topic == live.Tickets || e.Topic == live.Announcements || e.Topic == live.Incidents
		})
		k.follow(ctx, tickets.C, tick.C)
		tickets.Close() // it was too slow, or all is over
	}
	return nil
}

func (k *Keeper) follow(ctx context.Context, tickets <-chan live.Event, tick <-chan time.Time) {
	for {
		if err := k.Look(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error("it could not be looked for outages; it is again in a moment", "err", err)
		}
		rest := time.NewTimer(restAfter)
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		case <-k.probing.news:
		case _, ok := <-tickets:
			if !ok {
				return
			}
		}
		for drained := false; !drained; { // one look is enough for all that have come
			select {
			case _, ok := <-tickets:
				drained = !ok
			default:
				drained = true
			}
		}
	}
}

// Look looks once: what is usual is learned where that was long ago, tickets that fit go
// to the incidents that there are, and what looks like an outage is proposed.
func (k *Keeper) Look(ctx context.Context) error {
	k.looking.Lock()
	defer k.looking.Unlock()
	now := k.now()
	if k.stale(now) {
		if err := k.learn(ctx, now); err != nil {
			return err
		}
	}
	rung, err := k.Store.Rung(ctx, begin(now, k.Judge.Location), now.Add(time.Millisecond))
	if err != nil {
		return err
	}
	going, err := k.Store.Incidents(ctx, Query{States: []State{Proposed, Open}})
	if err != nil {
		return err
	}
	if err := k.join(ctx, now, going, rung); err != nil {
		return err
	}
	if err := k.guess(ctx, rung); err != nil {
		return err
	}
	signs := k.failures(now)
	var watched []Watched
	if k.sight.Enough {
		tickets := k.counted(rung)
		found := k.d.Look(now, tickets, signs, k.down(), k.probing.said(now)...)
		k.wonder(ctx, now, tickets)
		if watched, err = k.weigh(ctx, now, found, rung, signs); err != nil {
			return err
		}
	}
	k.mu.Lock()
	k.sight.At, k.sight.Watched = now, watched
	k.mu.Unlock()
	if err := k.lapse(ctx, now, going); err != nil {
		return err
	}
	if err := k.hear(ctx, now); err != nil {
		return err
	}
	if err := k.include(ctx, going); err != nil {
		return err
	}
	if err := k.label(ctx, going); err != nil {
		return err
	}
	return k.settle(ctx, now)
}

// begin is from when on tickets are looked at: since the day began, and for the longest
// window at least.
func begin(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	if back := now.Add(-lookBack); back.Before(day) {
		return back
	}
	return day
}

// stale reports whether what is usual is to be learned anew: after an hour, and sooner when
// many machines have told of themselves, as they do after a start.
func (k *Keeper) stale(now time.Time) bool {
	told, _ := k.Index.Size()
	since := now.Sub(k.learned)
	return k.d == nil || since >= learnEvery || since < 0 || since >= time.Minute && told > k.told+k.told/10
}

// learn makes the detector anew from the past.
func (k *Keeper) learn(ctx context.Context, now time.Time) error {
	from, err := k.Store.FirstRung(ctx)
	if err != nil {
		return err
	}
	if from.IsZero() {
		from = now
	}
	if oldest := now.Add(-learnFrom); from.Before(oldest) {
		from = oldest
	}
	// Today is judged, and does not say what is usual.
	to := begin(now, k.Judge.Location)
	past, err := k.Store.Rung(ctx, from, to)
	if err != nil {
		return err
	}
	list := make([]correlate.Ticket, len(past))
	n := 0
	for i, r := range past {
		list[i] = r.Ticket
		list[i].Known = r.Of == Open || r.Of == Resolved // what was dismissed was as usual
		if !list[i].Known {
			n++
		}
	}
	k.told, _ = k.Index.Size()
	var came map[correlate.Part]int
	if k.Arrived != nil {
		if came, err = k.Arrived(ctx, now.Add(-newFor)); err != nil {
			return err
		}
	}
	k.fleet = k.countFleet(came)
	k.d, k.learned, k.abouts, k.guessed = correlate.New(k.fleet, list, from, to, k.Judge), now, map[string]string{}, map[string]string{}
	k.mu.Lock()
	k.sight.From, k.sight.Learned, k.sight.Enough, k.sight.Usual = from, n, n >= fewestRung && now.Sub(from) >= shortest, k.d.Usual()
	k.mu.Unlock()
	return nil
}

// guess has tickets of today that do not say what they are about count with what is
// suggested for them: those of the past have been filed since.
func (k *Keeper) guess(ctx context.Context, rung []Rung) error {
	if k.Guess == nil {
		return nil
	}
	for n := range rung {
		r := &rung[n]
		if r.About != "" {
			continue
		}
		about, known := k.guessed[r.ID]
		if !known {
			var err error
			if about, known, err = k.Guess(ctx, r.ID); err != nil {
				return err
			}
			if known {
				k.guessed[r.ID] = about
			}
		}
		r.About = about
	}
	return nil
}

// down are the services that fail.
func (k *Keeper) down() []correlate.Down {
	if k.Failing == nil {
		return nil
	}
	return k.Failing()
}

// counted are the tickets of today as the detector takes them. One of which somebody has
// said meanwhile what it is about is put anew.
func (k *Keeper) counted(rung []Rung) []correlate.Ticket {
	list := make([]correlate.Ticket, len(rung))
	for i, r := range rung {
		if was, ok := k.abouts[r.ID]; ok && was != r.About {
			k.d.Forget(r.ID)
		}
		k.abouts[r.ID] = r.About
		list[i] = r.Ticket
		// What looks like an outage still counts, so that its proposal goes on.
		list[i].Known = r.Of == Open || r.Of == Resolved || r.Of == Dismissed
	}
	return list
}

// failures are what is wrong on endpoints, with since when. Of what tells no time it is
// when it was first seen here; what was there at the first look is old.
func (k *Keeper) failures(now time.Time) []correlate.Failure {
	list := k.Signs()
	seen, first := make(map[sign]time.Time, len(list)), k.seen == nil
	out := make([]correlate.Failure, 0, len(list))
	for _, s := range list {
		key := sign{s.Machine, s.Code}
		since := s.Since
		if since.IsZero() {
			var known bool
			if since, known = k.seen[key]; !known && !first {
				since = now
			}
			seen[key] = since
		}
		if !since.IsZero() {
			out = append(out, correlate.Failure{Machine: s.Machine, Code: s.Code, Since: since})
		}
	}
	k.seen = seen
	return out
}
