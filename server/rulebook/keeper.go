package rulebook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Row is an entry as it is stored.
type Row struct {
	Kind      Kind
	ID        string
	Version   int64
	Doc       json.RawMessage
	UpdatedAt time.Time
	UpdatedBy string
	Revision  int64
	Deleted   bool
}

// Store is what the keeper needs kept.
type Store interface {
	// Rulebook returns the entries whose revision is after one, in that order, the
	// deleted ones too.
	Rulebook(ctx context.Context, after int64) ([]Row, error)
	// Update runs a write that happens as a whole or not at all. Two of them that
	// ask for Rulebook follow each other.
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write.
type Tx interface {
	Rulebook(after int64) ([]Row, error)
	PutRule(r Row) error
	Audit(e audit.Entry) error
}

// Keeper holds the newest book. It is safe for concurrent use.
type Keeper struct {
	store Store
	now   func() time.Time
	log   *slog.Logger
	book  atomic.Pointer[Book]

	mu      sync.Mutex
	changed chan struct{}
}

// New returns a keeper of an empty book; Load fills it.
func New(store Store, now func() time.Time, log *slog.Logger) *Keeper {
	k := &Keeper{store: store, now: now, log: log, changed: make(chan struct{})}
	k.book.Store(Empty())
	return k
}

// Book returns the newest book that this process knows.
func (k *Keeper) Book() *Book { return k.book.Load() }

// Changed returns a channel that is closed at the next change.
func (k *Keeper) Changed() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changed
}

// Load reads what has changed in the store since the book.
func (k *Keeper) Load(ctx context.Context) error {
	rows, err := k.store.Rulebook(ctx, k.Book().revision)
	if err != nil || len(rows) == 0 {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.install(k.apply(k.Book(), rows))
}

// install makes a book the newest one, unless a newer one is there. mu is held.
func (k *Keeper) install(b *Book, err error) error {
	if err != nil || b.revision <= k.Book().revision {
		return err
	}
	k.book.Store(b)
	close(k.changed)
	k.changed = make(chan struct{})
	return nil
}

// apply folds rows into a book. An entry that this version cannot read stays out,
// with a line in the log: the desk works on without it.
func (k *Keeper) apply(b *Book, rows []Row) (*Book, error) {
	for _, r := range rows {
		if r.Deleted {
			b = b.with(r.Kind, r.ID, nil, r.Revision)
			continue
		}
		v, err := decode(r, false)
		if err != nil {
			k.log.Error("an entry of the rulebook cannot be read, and is left out", "kind", r.Kind, "id", r.ID, "err", err)
			b = b.with(r.Kind, r.ID, nil, r.Revision)
			continue
		}
		b = b.with(r.Kind, r.ID, v, r.Revision)
	}
	return b, nil
}

func decode(r Row, strict bool) (Item, error) {
	make_, ok := kinds[r.Kind]
	if !ok {
		return nil, fault.Newf(fault.NotFound, "The rulebook has no kind %q.", r.Kind)
	}
	v := make_()
	d := json.NewDecoder(bytes.NewReader(r.Doc))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "This is not what an entry of the rulebook looks like.")
	}
	e := v.Base()
	e.ID, e.Version, e.UpdatedAt, e.UpdatedBy = r.ID, r.Version, r.UpdatedAt, r.UpdatedBy
	return v, nil
}

// poll is how often the store is asked whether another process has changed the
// book: a command beside the server, or another node.
const poll = time.Second

// Run notices changes by other processes, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := k.Load(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("the rulebook was not read", "err", err)
		}
	}
}

// Save stores an entry and returns it as it is now. Its version is the one that
// was seen, 0 for a new entry; when it has changed since: fault.Stale. What is
// wrong with it, or would be wrong elsewhere: fault.Invalid or fault.Conflict.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, v Item) (Item, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return k.Put(ctx, actor, v.Kind(), doc)
}

// Put is Save of a JSON document. Fields that its kind does not have are refused.
func (k *Keeper) Put(ctx context.Context, actor auth.Actor, kind Kind, doc json.RawMessage) (Item, error) {
	if err := auth.Authorise(actor, auth.RulebookManage, auth.Object{}); err != nil {
		return nil, err
	}
	return k.put(ctx, actor, kind, doc)
}

// PutBySystem is Put by the desk itself, as when it disables a rule that never ends.
func (k *Keeper) PutBySystem(ctx context.Context, v Item) (Item, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return k.put(ctx, auth.Actor{Kind: auth.System, Name: "Deskbell"}, v.Kind(), doc)
}

func (k *Keeper) put(ctx context.Context, actor auth.Actor, kind Kind, doc json.RawMessage) (saved Item, err error) {
	probe, err := decode(Row{Kind: kind, Doc: doc}, true)
	if err != nil {
		return nil, err
	}
	// decode has put the row's id and version over the document's.
	var head Entry
	if err := json.Unmarshal(doc, &head); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "This is not what an entry of the rulebook looks like.")
	}
	e := probe.Base()
	e.ID, e.Version = head.ID, head.Version
	if err := checkEntry(e); err != nil {
		return nil, err
	}
	var after *Book
	err = k.store.Update(ctx, func(tx Tx) error {
		now, err := k.newest(tx)
		if err != nil {
			return err
		}
		old, there := now.entries[kind][e.ID]
		switch {
		case e.ID == "":
			e.ID = ulid.MustNewDefault(k.now()).String()
		case there && e.Version != old.Base().Version:
			return fault.Newf(fault.Stale, "“%s” was changed by %s meanwhile. Nothing was saved; look at the change and try again.", old.Base().Name, old.Base().UpdatedBy)
		case !there && e.Version != 0:
			return fault.New(fault.Stale, "This entry was deleted meanwhile. Nothing was saved.")
		}
		e.Version, e.UpdatedAt, e.UpdatedBy = e.Version+1, k.now().UTC().Truncate(time.Millisecond), actor.Name
		r := Row{Kind: kind, ID: e.ID, Version: e.Version, UpdatedAt: e.UpdatedAt, UpdatedBy: e.UpdatedBy, Revision: now.revision + 1}
		after = now.with(kind, e.ID, probe, r.Revision)
		if err := after.check(probe); err != nil {
			return err
		}
		if r.Doc, err = json.Marshal(probe); err != nil {
			return err
		}
		if err := tx.PutRule(r); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, kind, e.ID, map[string]any{"name": e.Name, "version": e.Version}))
	})
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return probe, k.install(after, nil)
}

// Delete takes an entry out. What other entries name cannot be taken out;
// what tickets name should be retired instead.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, kind Kind, id string, seen int64) error {
	if err := auth.Authorise(actor, auth.RulebookManage, auth.Object{}); err != nil {
		return err
	}
	var after *Book
	err := k.store.Update(ctx, func(tx Tx) error {
		now, err := k.newest(tx)
		if err != nil {
			return err
		}
		old, there := now.entries[kind][id]
		switch {
		case !there:
			return fault.New(fault.NotFound, "The rulebook has no such entry.")
		case seen != old.Base().Version:
			return fault.Newf(fault.Stale, "“%s” was changed by %s meanwhile. Nothing was deleted; look at the change and try again.", old.Base().Name, old.Base().UpdatedBy)
		}
		r := Row{Kind: kind, ID: id, Version: seen + 1, Doc: json.RawMessage("{}"), UpdatedAt: k.now(), UpdatedBy: actor.Name, Revision: now.revision + 1, Deleted: true}
		after = now.with(kind, id, nil, r.Revision)
		if err := after.check(nil); err != nil {
			return err
		}
		if err := tx.PutRule(r); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, kind, id, map[string]any{"name": old.Base().Name, "deleted": true}))
	})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.install(after, nil)
}

// newest returns the book as it is in a transaction.
func (k *Keeper) newest(tx Tx) (*Book, error) {
	b := k.Book()
	rows, err := tx.Rulebook(b.revision)
	if err != nil {
		return nil, fmt.Errorf("reading the rulebook: %w", err)
	}
	return k.apply(b, rows)
}

func (k *Keeper) entry(actor auth.Actor, kind Kind, id string, detail map[string]any) audit.Entry {
	return audit.Entry{
		At: k.now(), Actor: audit.Actor{Kind: string(actor.Kind), ID: actor.Person, Name: actor.Name},
		Action: audit.RulebookChanged, Object: string(kind) + ":" + id, Detail: detail,
	}
}
