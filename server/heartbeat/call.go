package heartbeat

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
)

// secret is the part of a heartbeat's address that nobody can guess. It is derived
// from the server's own key, so that it is in no database, and can be shown again.
func (k *Keeper) secret(h *Heartbeat) string {
	m := hmac.New(sha256.New, k.o.Key)
	m.Write([]byte("deskbell heartbeats v1\n" + h.ID + "\n" + strconv.Itoa(h.Address)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(m.Sum(nil)[:20]))
}

// What one heartbeat may call: some at once, for its start and end and a second try,
// and after that one in ten seconds.
const (
	burst   = 12
	refill  = 10 * time.Second
	maxBody = 4 << 10 // of what comes with a call is kept
)

// bucket bounds how often a heartbeat is heard.
type bucket struct {
	left int
	at   time.Time
}

func (b *bucket) take(now time.Time) bool {
	if b.at.IsZero() {
		b.left, b.at = burst, now
	}
	if since := now.Sub(b.at); since >= refill {
		b.left, b.at = min(burst, b.left+int(min(since/refill, burst))), now.Add(-since%refill)
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

// Knows reports whether there is such an address.
func (k *Keeper) Knows(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[key] != nil
}

// Called takes a call in, and returns once it is stored. An address that there is not
// is fault.NotFound, and nothing else is said of it.
func (k *Keeper) Called(ctx context.Context, key string, c Call) error {
	k.mu.Lock()
	b := k.keys[key]
	k.mu.Unlock()
	if b == nil {
		return errNone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.At = k.o.Now().UTC().Truncate(time.Millisecond)
	c.Body = plain(c.Body)
	if b.gone {
		return errNone
	}
	if !b.rate.take(c.At) {
		return fault.New(fault.TooMany, "This heartbeat calls too often. Once in ten seconds is enough.")
	}
	life := b.life.take(&c)
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveLife(b.h.ID, life); err != nil {
			return err
		}
		if err := tx.AddCall(b.h.ID, c); err != nil {
			return err
		}
		return tx.DropCalls(b.h.ID, c.N-keepCalls)
	})
	if err != nil {
		return err
	}
	b.life = life
	k.note(b, c.At)
	return nil
}

// plain is the beginning of a text from outside, as lines that can be shown.
func plain(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxBody)], "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s))
}

// note writes a heartbeat's state into the time series. The caller holds its lock.
func (k *Keeper) note(b *beat, now time.Time) {
	if n := b.h.StateAt(b.life, now, k.heard()).number(); n > 0 {
		k.o.Put(b.h.ID, now, n)
	}
}

// heard is since when calls are heard without a gap.
func (k *Keeper) heard() time.Time { return k.hears.Load().(time.Time) }

// Run looks at what is due until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			k.Look(ctx)
		}
	}
}

// Look notes how all heartbeats do, and which are missed from now on.
func (k *Keeper) Look(ctx context.Context) {
	now := k.o.Now()
	k.mu.Lock()
	if now.Sub(k.last) > stall {
		k.hears.Store(now)
	}
	k.last = now
	tell := now.Sub(k.told) >= tellEvery
	if tell {
		k.told = now
	}
	list := make([]*beat, 0, len(k.beats))
	for _, b := range k.beats {
		list = append(list, b)
	}
	k.mu.Unlock()
	for _, b := range list {
		b.mu.Lock()
		if !b.gone {
			k.look(ctx, b, now, tell)
		}
		b.mu.Unlock()
	}
}

// look is Look of one. The caller holds its lock.
func (k *Keeper) look(ctx context.Context, b *beat, now time.Time, tell bool) {
	s := b.h.StateAt(b.life, now, k.heard())
	if (s == Missed || s == Stuck) && b.life.DownAt.IsZero() {
		life := b.life
		life.DownAt = now.UTC().Truncate(time.Millisecond)
		err := k.update(ctx, func(tx Tx) error { return tx.SaveLife(b.h.ID, life) })
		if err != nil && ctx.Err() == nil {
			k.o.Log.Error("that a heartbeat is missed was not stored; it is with the next look", "heartbeat", b.h.ID, "err", err)
		}
		if err == nil {
			b.life = life
		}
		tell = true
	}
	if n := s.number(); tell && n > 0 {
		k.o.Put(b.h.ID, now, n)
	}
}
