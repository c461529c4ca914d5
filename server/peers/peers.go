// Package peers keeps the facts that machines tell of themselves, and compares one
// machine with those that should be like it.
package peers

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/contrast"
)

// Stored is what is kept of a machine.
type Stored struct {
	Endpoint string
	Hash     string
	TakenAt  time.Time // by the machine's clock, not after the server's
	Doc      []byte    // stock.Pack
}

// Dated is a change and whose it is.
type Dated struct {
	Endpoint string
	stock.Change
}

// Store keeps facts and changes.
type Store interface {
	// Facts hands over what is kept of each machine that may connect.
	Facts(ctx context.Context, each func(Stored) error) error
	// SaveFacts replaces what is kept of a machine, and adds changes; one that is
	// there already stays as it was.
	SaveFacts(ctx context.Context, s Stored, changes []stock.Change) error
	// Changes are a machine's, since a time, the newest first.
	Changes(ctx context.Context, endpoint string, since time.Time, limit int) ([]stock.Change, error)
	// ChangesBetween are all machines', the newest first.
	ChangesBetween(ctx context.Context, from, to time.Time, limit int) ([]Dated, error)
	// Touched are the machines of which facts of a kind have changed since.
	Touched(ctx context.Context, k stock.Kind, since time.Time) ([]string, error)
	// Arrived counts the machines that got each version of a program or a driver since.
	Arrived(ctx context.Context, since time.Time) (map[stock.Fact]int, error)
	ForgetFacts(ctx context.Context, endpoint string) error
	// SweepChanges deletes changes that are older, and what a machine has above most.
	SweepChanges(ctx context.Context, before time.Time, most int) error
}

// Member is an endpoint that may be a peer.
type Member struct{ ID, Name, SiteID, Site string }

// Bounds of what machines may tell.
const (
	tellingsAnHour = 30
	keptChanges    = 1000 // of a machine
	sweepEvery     = time.Hour
	patience       = 20 * time.Second // of one write
)

// Keeper keeps what machines tell. It is safe for concurrent use.
type Keeper struct {
	store   Store
	members func() []Member
	now     func() time.Time
	log     *slog.Logger
	index   *contrast.Index
	ready   atomic.Bool // what is stored has been read

	mu   sync.Mutex
	told map[string]*telling
}

// telling is how often a machine has told of itself in an hour.
type telling struct {
	sync.Mutex // one at a time
	from       time.Time
	count      int
}

// New returns a keeper that knows nothing yet: Run reads what is stored.
func New(store Store, members func() []Member, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{store: store, members: members, now: now, log: log, index: contrast.NewIndex(), told: map[string]*telling{}}
}

// Index holds the facts of all machines, for those who compare.
func (k *Keeper) Index() *contrast.Index { return k.index }

// Load reads what is stored. Until then nobody is asked to tell anew.
func (k *Keeper) Load(ctx context.Context) error {
	if k.ready.Load() {
		return nil
	}
	err := k.store.Facts(ctx, func(s Stored) error {
		facts, err := stock.Unpack(s.Doc)
		if err != nil || stock.Hash(facts) != s.Hash {
			k.log.Warn("the stored facts of an endpoint are damaged: it will be asked for them", "endpoint", s.Endpoint, "err", err)
			return nil
		}
		k.index.Set(s.Endpoint, s.Hash, s.TakenAt, facts)
		return nil
	})
	if err == nil {
		k.ready.Store(true)
	}
	return err
}

// Run reads what is stored and keeps house until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		err := k.Load(ctx)
		if err == nil {
			err = k.store.SweepChanges(ctx, k.now().Add(-stock.KeepFor), keptChanges)
		}
		if err != nil && ctx.Err() == nil {
			k.log.Error("the endpoints' facts could not be read or tidied", "err", err)
		}
		k.forgetTellings()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Want reports whether an endpoint is to tell all its facts: hash names those that
// it believes the server to have.
func (k *Keeper) Want(endpoint, hash string) bool {
	return k.ready.Load() && (hash == "" || k.index.Hash(endpoint) != hash)
}

var errOther = fault.New(fault.Conflict, "The server has other facts of this machine. Tell them all.")

// Take takes in what an endpoint tells of itself. It is hostile: what it tells is
// made plain before it is kept, or refused.
func (k *Keeper) Take(ctx context.Context, endpoint string, m wire.Stock) error {
	if !k.ready.Load() {
		return fault.New(fault.Unavailable, "The server is still starting. It will be told again by itself.")
	}
	t := k.telling(endpoint)
	t.Lock()
	defer t.Unlock()
	now := k.now().UTC().Truncate(time.Second)
	if now.Sub(t.from) >= time.Hour || now.Before(t.from) {
		t.from, t.count = now, 0
	}
	if t.count++; t.count > tellingsAnHour {
		return fault.New(fault.TooMany, "This machine tells of itself too often.")
	}
	facts, err := k.read(endpoint, m)
	if err != nil {
		return err
	}
	at := m.TakenAt.UTC().Truncate(time.Second)
	if at.After(now) || at.Before(now.Add(-stock.KeepFor)) {
		at = now
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := Stored{Endpoint: endpoint, Hash: m.Hash, TakenAt: at, Doc: stock.Pack(facts)}
	if err := k.store.SaveFacts(ctx, s, stock.CleanChanges(m.Changes, now)); err != nil {
		return err
	}
	k.index.Set(endpoint, m.Hash, at, facts)
	return nil
}

// read makes the facts of a message.
func (k *Keeper) read(endpoint string, m wire.Stock) ([]stock.Fact, error) {
	var facts []stock.Fact
	if m.Base == "" {
		var err error
		if facts, err = stock.Unpack(m.Facts); err != nil {
			return nil, fault.Field("facts", "What the machine tells of itself cannot be read: "+err.Error()+".")
		}
	} else {
		had, hash, _, ok := k.index.Facts(endpoint)
		if !ok || hash != m.Base || !k.index.Whole(endpoint) || len(m.Changes) > stock.MaxChanges {
			return nil, errOther
		}
		facts = stock.Apply(had, m.Changes)
	}
	clean, left := stock.Clean(facts)
	if left > 0 || stock.Hash(clean) != m.Hash {
		if m.Base != "" {
			return nil, errOther
		}
		return nil, fault.Field("hash", "What the machine tells of itself is not what its hash says.")
	}
	return clean, nil
}

func (k *Keeper) telling(endpoint string) *telling {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.told[endpoint]
	if t == nil {
		t = &telling{}
		k.told[endpoint] = t
	}
	return t
}

func (k *Keeper) forgetTellings() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, t := range k.told {
		if t.TryLock() {
			if k.now().Sub(t.from) > time.Hour {
				delete(k.told, id)
			}
			t.Unlock()
		}
	}
}

// Forget deletes what is known of an endpoint whose identity has ended.
func (k *Keeper) Forget(ctx context.Context, endpoint string) error {
	k.index.Remove(endpoint)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.store.ForgetFacts(ctx, endpoint)
}

// Between lists what has changed on all machines in a time, the newest first.
func (k *Keeper) Between(ctx context.Context, from, to time.Time, limit int) ([]Dated, error) {
	return k.store.ChangesBetween(ctx, from, to, limit)
}
