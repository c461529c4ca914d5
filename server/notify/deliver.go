package notify

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

const (
	// Timeout is how long a receiver has for one message.
	Timeout     = 10 * time.Second
	backoffBase = 5 * time.Second
	backoffMost = 5 * time.Minute
	longestWait = time.Hour // that a receiver may ask for
	refreshes   = time.Minute
	rest        = time.Minute // between looks, unless there is news
)

// worker brings one channel's messages.
type worker struct {
	wake   chan struct{}
	cancel context.CancelFunc
}

// nudge has a channel's worker look. The caller holds mu.
func (k *Keeper) nudge(id string) {
	if w := k.workers[id]; w != nil {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// hire sees to it that each channel has a worker, and no other has.
func (k *Keeper) hire(ctx context.Context, all *sync.WaitGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, w := range k.workers {
		if k.channels[id] == nil {
			w.cancel()
			delete(k.workers, id)
		}
	}
	for id := range k.channels {
		if k.workers[id] != nil {
			continue
		}
		mine, cancel := context.WithCancel(ctx)
		w := &worker{wake: make(chan struct{}, 1), cancel: cancel}
		k.workers[id] = w
		all.Go(func() {
			defer cancel()
			k.work(mine, id, w.wake)
		})
	}
}

func (k *Keeper) work(ctx context.Context, id string, wake <-chan struct{}) {
	var refreshed, until time.Time
	for {
		next := until.Sub(k.o.Now()) // a receiver that asked to be left alone is, whatever is new
		if next <= 0 {
			var alone time.Duration
			next, alone = k.deliver(ctx, id)
			until = k.o.Now().Add(alone)
		}
		if wait := k.refresh(ctx, id, &refreshed); wait < next {
			next = wait
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// deliver tries what may be tried of a channel, and says when to look again, and for
// how long the receiver asked to be left alone.
func (k *Keeper) deliver(ctx context.Context, id string) (next, alone time.Duration) {
	for ctx.Err() == nil {
		c, err := k.get(id)
		if err != nil || c.Off {
			return rest, 0
		}
		now := k.o.Now()
		due, err := k.o.Store.Rows(ctx, RowQuery{Channel: id, State: Waiting, Due: now, Limit: 1})
		if err != nil {
			if ctx.Err() == nil {
				k.o.Log.Error("what is to be told could not be read", "channel", id, "err", err)
			}
			return backoffBase, 0
		}
		if len(due) == 0 {
			return k.nextDue(ctx, id, now), 0
		}
		r := due[0]
		sure := !r.Unsure
		r.Attempts++
		r.Unsure = true // until it is known what the attempt came to
		if err := k.settle(ctx, r); err != nil {
			k.o.Log.Error("a message is not sent, because that it is tried cannot be stored", "channel", id, "message", r.ID, "err", err)
			return backoffBase, 0
		}
		r = k.attempt(ctx, c, r, sure, &alone)
		if ctx.Err() != nil {
			return rest, 0 // it is tried again after the next start, under the same name
		}
		if err := k.settle(ctx, r); err != nil {
			k.o.Log.Error("what became of a message was not stored; it may be sent once more under the same name", "channel", id, "message", r.ID, "err", err)
			return backoffBase, 0
		}
		if alone > 0 {
			return alone, alone
		}
		if r.Problem != "" {
			return time.Second, 0
		}
	}
	return rest, 0
}

// nextDue is how long there is nothing to do.
func (k *Keeper) nextDue(ctx context.Context, id string, now time.Time) time.Duration {
	list, err := k.o.Store.Rows(ctx, RowQuery{Channel: id, State: Waiting})
	if err != nil {
		return backoffBase
	}
	next := rest
	for _, r := range list {
		next = min(next, max(r.Next.Sub(now), 10*time.Millisecond))
	}
	return next
}

// attempt sends a message once. sure is whether it is known what became of all
// attempts before.
func (k *Keeper) attempt(ctx context.Context, c Channel, r Row, sure bool, alone *time.Duration) Row {
	_, err := k.send(ctx, c, r.Note)
	now := k.o.Now().Truncate(time.Millisecond)
	if err == nil {
		r.State, r.Problem, r.Done = Sent, "", now
		return r
	}
	f := failure(err)
	r.Problem, r.Unsure = f.Sentence, f.Unsure || !sure && !f.Final
	k.o.Log.Warn("a channel did not take a message", "channel", c.ID, "name", c.Name, "message", r.ID, "attempt", r.Attempts, "final", f.Final, "err", f)
	if f.Final || now.Sub(r.Since) >= GiveUp {
		r.State, r.Done = Dead, now
		return r
	}
	wait := max(backoff(r.Attempts), min(f.After, longestWait))
	r.Next = now.Add(wait)
	if f.After > 0 {
		*alone = wait
	}
	return r
}

// send has a channel told within the time that it has.
func (k *Keeper) send(ctx context.Context, c Channel, n Note) (string, error) {
	secret, err := k.seal.open(&c)
	if err != nil {
		return "", &SendError{Sentence: fault.Sentence(err), Final: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return k.o.Send.Send(ctx, c, secret, n)
}

// failure is what an attempt came to, in words.
func failure(err error) *SendError {
	if f, ok := errors.AsType[*SendError](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &SendError{Sentence: "It did not answer within 10 seconds.", Unsure: true, Err: err}
	}
	return &SendError{Sentence: "It could not be sent.", Unsure: true, Err: err}
}

// backoff is how long to wait after so many attempts: anything up to twice as much as
// before, so that many senders do not come back at once.
func backoff(attempts int) time.Duration {
	most := min(backoffBase<<min(attempts, 10), backoffMost)
	return time.Second + rand.N(most)
}

// refresh tells a feed once a minute what fires still: it forgets what it does not hear
// of. What has changed is told by a message, and comes first.
func (k *Keeper) refresh(ctx context.Context, id string, last *time.Time) time.Duration {
	c, err := k.get(id)
	if err != nil || !c.Kind.Feed() || c.Off {
		return rest
	}
	now := k.o.Now()
	if wait := last.Add(refreshes).Sub(now); wait > 0 {
		return wait
	}
	*last = now
	secret, err := k.seal.open(&c)
	if err != nil {
		return refreshes
	}
	for _, lines := range k.firing(id) {
		within, cancel := context.WithTimeout(ctx, Timeout)
		err := k.o.Send.Refresh(within, c, secret, lines)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				k.o.Log.Warn("an Alertmanager was not told what fires still", "channel", id, "name", c.Name, "err", failure(err))
			}
			break
		}
	}
	return refreshes
}

// firing is what a feed has been told and knows no end of, in handy parts. Of what is
// on its way nothing is said.
func (k *Keeper) firing(id string) [][]Line {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out [][]Line
	for group, t := range k.told[id] {
		if _, busy := k.waiting[id][group]; busy {
			continue
		}
		for _, m := range t.Alerts {
			if !m.Sent || m.Late {
				continue
			}
			if n := len(out); n == 0 || len(out[n-1]) == maxFeed {
				out = append(out, nil)
			}
			out[len(out)-1] = append(out[len(out)-1], m.Line)
		}
	}
	return out
}
