package survey

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/live"
)

const (
	beat       = 250 * time.Millisecond
	storeAtOne = 500 // replies in one transaction: tickets wait behind it
)

// Run sends, stores and tells, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			k.keep(context.WithoutCancel(ctx))
			return nil
		case <-k.wake:
			k.send()
			continue
		case <-tick.C:
		}
		k.tend()
		k.send()
		k.keep(ctx)
	}
}

// tend gives up who is silent, puts the busy into the queue again, and ends what is over.
func (k *Keeper) tend() {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, f := range k.flight {
		if now.Sub(f.at) < answerWithin && !now.Before(f.at) {
			break
		}
		n++
		if f.o.replies[f.i].Standing == Asked && int(f.o.tries[f.i]) == f.try {
			k.land(f.o, f.i)
			k.line.Cancel(f.o.replies[f.i].Endpoint, f.o.s.ID)
			k.fail(f.o, f.i, fault.Unavailable, "The machine did not answer within 60 seconds.")
		}
	}
	k.flight = append(k.flight[:0], k.flight[n:]...)
	for _, o := range k.open {
		kept := o.again[:0]
		for _, l := range o.again {
			if now.Before(l.at) {
				kept = append(kept, l)
				continue
			}
			o.replies[l.i].Standing = Waiting
			o.queue = append(o.queue, l.i)
		}
		o.again = kept
		switch {
		case o.left == 0:
			k.finish(o, Done)
		case !now.Before(o.s.Until):
			k.finish(o, Done)
		}
	}
}

// send sends what waits, a batch of each survey in turn, as long as not too much
// is under way.
func (k *Keeper) send() {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	for idle := 0; idle < len(k.turn) && k.flying < maxFlight; {
		o := k.turn[0]
		k.turn = append(k.turn[1:], o)
		if len(o.queue) == 0 || o.s.State != Open {
			idle++
			continue
		}
		idle = 0
		n := min(batch, len(o.queue), maxFlight-k.flying)
		for _, i := range o.queue[:n] {
			k.sendOne(o, i, now)
		}
		o.queue = o.queue[n:]
	}
}

func (k *Keeper) sendOne(o *open, i int, now time.Time) {
	r := &o.replies[i]
	if r.Standing != Waiting {
		return
	}
	err := k.line.Ask(r.Endpoint, o.s.ID, wire.Ask{
		Kind: o.s.Kind, Params: o.s.Params, Who: wire.Asker{ID: o.s.AskerID, Name: o.s.AskerName, Role: o.s.AskerRole}, ExpiresAt: o.s.Until,
	})
	if err != nil {
		return // it is offline: Connected puts it into the queue again
	}
	o.tries[i]++
	r.Standing, o.news = Asked, true
	k.flying++
	k.flight = append(k.flight, sent{o, i, int(o.tries[i]), now})
}

// keep stores what is new and tells whoever watches.
func (k *Keeper) keep(ctx context.Context) {
	k.mu.Lock()
	list := make([]*open, 0, len(k.open))
	for _, o := range k.open {
		list = append(list, o)
	}
	k.mu.Unlock()
	for _, o := range list {
		if err := k.store1(ctx, o); err != nil && ctx.Err() == nil {
			k.log.Error("answers of the fleet are not stored yet", "survey", o.s.ID, "err", err)
		}
		k.publish(o)
	}
}

// store1 stores what is new of a survey, and lets go of one that has ended once all of
// it is stored.
func (k *Keeper) store1(ctx context.Context, o *open) error {
	for {
		k.mu.Lock()
		n := min(len(o.unstored), storeAtOne)
		replies := make([]Reply, n)
		for j, i := range o.unstored[:n] {
			replies[j] = o.replies[i]
		}
		ended := o.s.State != Open && n == len(o.unstored)
		if ended {
			for _, r := range o.replies {
				switch r.Standing {
				case Answered:
					o.s.Answered++
				case Failed:
					o.s.Failed++
				}
			}
		}
		s := o.s
		if ended {
			o.s.Answered, o.s.Failed = 0, 0
		}
		k.mu.Unlock()
		if n == 0 && !ended {
			return nil
		}
		err := k.store.Update(ctx, func(tx Tx) error {
			for _, r := range replies {
				if err := tx.SaveReply(s.ID, r); err != nil {
					return err
				}
			}
			if ended {
				return tx.SaveSurvey(s)
			}
			return nil
		})
		if err != nil {
			return err // the next beat tries again
		}
		k.mu.Lock()
		o.unstored = o.unstored[n:]
		if ended {
			k.forget(o)
		}
		k.mu.Unlock()
		if ended {
			return nil
		}
	}
}

func (k *Keeper) forget(o *open) {
	delete(k.open, o.s.ID)
	for i, t := range k.turn {
		if t == o {
			k.turn = append(k.turn[:i], k.turn[i+1:]...)
			break
		}
	}
}

// News is what watchers of a survey are told: how far it has come.
type News struct {
	State    State `json:"state"`
	Total    int   `json:"total"`
	Answered int   `json:"answered"`
	Failed   int   `json:"failed"`
}

func (k *Keeper) publish(o *open) {
	k.mu.Lock()
	tell := o.news
	o.news = false
	n := News{State: o.s.State, Total: o.s.Total}
	if tell {
		for _, r := range o.replies {
			switch r.Standing {
			case Answered:
				n.Answered++
			case Failed:
				n.Failed++
			}
		}
	}
	k.mu.Unlock()
	if !tell || !k.live.Wanted(live.Surveys, o.s.ID) {
		return
	}
	data, err := json.Marshal(n)
	if err != nil {
		k.log.Error("how far a question has come was not published", "survey", o.s.ID, "err", err)
		return
	}
	k.live.Publish(live.Event{Topic: live.Surveys, Key: o.s.ID, Data: data})
}
