package availability

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Kind is what is looked at.
type Kind string

// The kinds.
const (
	Site  Kind = "site"
	Group Kind = "group" // of endpoints, known by its name
	Check Kind = "check"
)

// Kinds returns all.
func Kinds() []Kind { return []Kind{Site, Group, Check} }

// Glance is how something does at a moment.
type Glance struct {
	Kind     Kind
	ID, Name string
	State    State
	Count    Count  // of a site or a group: its machines
	Scores   Scores // and the scores of those that have one
}

// Row is an hour of something as it is stored.
type Row struct {
	Kind     Kind
	ID, Name string
	Begin    time.Time
	Doc      []byte // see Hour.Encode
}

// Store is what the keeper needs kept.
type Store interface {
	// SaveHours stores hours in place of what was known of them.
	SaveHours(ctx context.Context, rows []Row) error
	// Hours yields the hours of a kind that begin in a time, in order, of one thing or, where
	// id is empty, of all.
	Hours(ctx context.Context, kind Kind, id string, from, to time.Time, yield func(Row) error) error
	// First returns since when each thing of a kind is known, by its id.
	First(ctx context.Context, kind Kind) (map[string]time.Time, error)
	// ForgetHours deletes the hours that begin before a moment.
	ForgetHours(ctx context.Context, before time.Time) error
}

// Options are what the keeper is made of.
type Options struct {
	Store Store
	// Look says how everything does now; not ok: nobody can say.
	Look func(now time.Time) (list []Glance, ok bool)
	Zone func() *time.Location // in which days begin, unless told otherwise; nil: UTC
	Now  func() time.Time
	Log  *slog.Logger
}

const (
	// Keep is for how long hours are kept: a year and a month, to compare with.
	Keep = 400 * 24 * time.Hour
	// saveEvery is how much a crash forgets.
	saveEvery = 5 * time.Minute
	// unsavedHours is how many hours wait in memory for a store that is away; the oldest go.
	unsavedHours = 48
	patience     = 30 * time.Second
)

// subject is something that is looked at.
type subject struct {
	kind Kind
	id   string
}

// open is an hour that is in memory.
type open struct {
	Hour
	name  string
	dirty bool
}

// Keeper looks, keeps what it sees, and reports on it.
type Keeper struct {
	o   Options
	one chan struct{} // one report is made at a time

	// saving is held while it is looked or written, so that nothing is renamed meanwhile. It
	// is taken before mu.
	saving sync.Mutex

	mu    sync.Mutex
	hours map[time.Time]map[subject]*open // by their beginning; the newest goes on
	first map[subject]time.Time
	here  map[subject]string // their names, as of the last look
	last  time.Time          // the minute that was looked at last
	read  time.Time          // the hour whose rows were read from the store
	ahead time.Time          // the latest of these: of what comes after it nothing is stored
}

// New returns a keeper. Load has to be called before it runs.
func New(o Options) *Keeper {
	return &Keeper{o: o, one: make(chan struct{}, 1), hours: map[time.Time]map[subject]*open{}, first: map[subject]time.Time{}, here: map[subject]string{}}
}

// Zone is the time zone in which days begin, unless told otherwise.
func (k *Keeper) Zone() *time.Location {
	if k.o.Zone == nil {
		return time.UTC
	}
	return k.o.Zone()
}

// Load reads since when each thing is known.
func (k *Keeper) Load(ctx context.Context) error {
	for _, kind := range Kinds() {
		first, err := k.o.Store.First(ctx, kind)
		if err != nil {
			return err
		}
		k.mu.Lock()
		for id, at := range first {
			k.first[subject{kind, id}] = at
		}
		k.mu.Unlock()
	}
	return nil
}

// Run looks in the middle of each minute, so that no delay makes it miss one, until ctx
// ends.
func (k *Keeper) Run(ctx context.Context) error {
	saved := k.o.Now()
	forgot := time.Time{}
	t := time.NewTimer(k.wait())
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			k.save(context.WithoutCancel(ctx))
			return nil
		case <-t.C:
		}
		k.look(ctx)
		now := k.o.Now()
		if since := now.Sub(saved); since >= saveEvery || since < 0 {
			saved = now
			k.save(ctx)
		}
		if since := now.Sub(forgot); since >= 24*time.Hour || since < 0 {
			forgot = now
			if err := k.o.Store.ForgetHours(ctx, now.Add(-Keep)); err != nil && ctx.Err() == nil {
				k.o.Log.Error("old hours of availability were not deleted; they are tomorrow", "err", err)
			}
		}
		t.Reset(k.wait())
	}
}

// wait is how long it is to the middle of the next minute.
func (k *Keeper) wait() time.Duration {
	now := k.o.Now()
	next := now.Truncate(time.Minute).Add(time.Minute / 2)
	if !next.After(now) {
		next = next.Add(time.Minute)
	}
	return next.Sub(now)
}

// look writes down how everything does.
func (k *Keeper) look(ctx context.Context) {
	now := k.o.Now().UTC()
	minute, begin := now.Truncate(time.Minute), now.Truncate(time.Hour)
	if err := k.enter(ctx, begin); err != nil {
		if ctx.Err() == nil {
			k.o.Log.Error("what was known of this hour's availability cannot be read; this minute is unknown", "err", err)
		}
		return
	}
	k.saving.Lock()
	defer k.saving.Unlock()
	list, ok := k.o.Look(now)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if minute.Equal(k.last) {
		return
	}
	k.last = minute
	k.here = make(map[subject]string, len(list))
	hour := k.hours[begin]
	for i := range list {
		g := &list[i]
		s := subject{g.Kind, g.ID}
		k.here[s] = g.Name
		if first, ok := k.first[s]; !ok || begin.Before(first) {
			k.first[s] = begin
		}
		h := hour[s]
		if h == nil {
			h = &open{}
			hour[s] = h
		}
		h.take(now.Minute(), g)
		h.name, h.dirty = g.Name, true
	}
}

// enter makes an hour the one that goes on: after a start, or where the clock was set,
// some of it is stored already.
func (k *Keeper) enter(ctx context.Context, begin time.Time) error {
	k.mu.Lock()
	there, fresh := k.read.Equal(begin), !k.ahead.IsZero() && begin.After(k.ahead)
	k.mu.Unlock()
	if there {
		return nil
	}
	k.save(ctx)
	found := map[subject]*open{}
	for _, kind := range Kinds() {
		if fresh { // it is not waited for a store that is away
			break
		}
		err := k.o.Store.Hours(ctx, kind, "", begin, begin.Add(time.Hour), func(r Row) error {
			h, err := Decode(r.Doc)
			if err != nil {
				k.o.Log.Warn("an hour of availability cannot be read and begins anew", "kind", kind, "id", r.ID, "err", err)
			}
			found[subject{kind, r.ID}] = &open{Hour: h, name: r.Name}
			return nil
		})
		if err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read, k.ahead = begin, latest(k.ahead, begin)
	if k.hours[begin] == nil { // it waits for the store, and knows more
		k.hours[begin] = found
	}
	for len(k.hours) > unsavedHours {
		delete(k.hours, slices.MinFunc(slices.Collect(maps.Keys(k.hours)), time.Time.Compare))
	}
	return nil
}

// save stores what is new. What cannot be stored waits for the next time.
func (k *Keeper) save(ctx context.Context) {
	k.saving.Lock()
	defer k.saving.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k.mu.Lock()
	var rows []Row
	for begin, hour := range k.hours {
		for s, h := range hour {
			if h.dirty {
				rows = append(rows, Row{s.kind, s.id, h.name, begin, h.Encode()})
				h.dirty = false
			}
		}
	}
	k.mu.Unlock()
	err := error(nil)
	if len(rows) > 0 {
		err = k.o.Store.SaveHours(ctx, rows)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.o.Log.Error("the availability of sites and services was not stored; it is with the next", "err", err)
		for _, r := range rows {
			if h := k.hours[r.Begin][subject{r.Kind, r.ID}]; h != nil {
				h.dirty = true
			}
		}
		return
	}
	maps.DeleteFunc(k.hours, func(begin time.Time, hour map[subject]*open) bool {
		if begin.Equal(k.read) {
			return false
		}
		for _, h := range hour {
			if h.dirty {
				return false
			}
		}
		return true
	})
}
