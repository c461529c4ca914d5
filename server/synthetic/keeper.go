package synthetic

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Row is a check with its lives by place, as it is stored.
type Row struct {
	Check Check
	Lives map[string]Life
	Lines int64 // that its log has had
}

// Store keeps checks.
type Store interface {
	Checks(ctx context.Context) ([]Row, error)
	// Log lists what became of a check, the newest first.
	Log(ctx context.Context, id string, limit int) ([]Line, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveCheck(c Check) error // and leaves its lives
	SaveLives(id string, lives map[string]Life) error
	AddLine(id string, l Line) error
	DropLines(id string, upTo int64) error
	DeleteCheck(id string) error // with its log
	Audit(e audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store Store
	Key   []byte // the server's own, under which headers are stored
	// Look looks once from this server.
	Look  func(ctx context.Context, s check.Spec) check.Result
	Fleet Fleet // who looks from elsewhere
	// Category reports whether there is a category of tickets. nil: there are none.
	Category func(id string) bool
	// Put notes a value in the time series.
	Put func(name string, at time.Time, value float64, labels ...string)
	// Others are what else this server looks at, which says of its line as much; nil:
	// nothing. It is called while nothing else can be asked of the keeper.
	Others func() []Witness
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	maxChecks = 500
	keepLines = 100 // of each
	keepTimes = 60  // of each place, for the line that is drawn of them
	atOnce    = 16  // looks under way from this server
	farAtOnce = 32  // and from sites
	tryAtOnce = 4   // of those that people ask for
	tellEvery = 15 * time.Second
	spread    = 30 * time.Second // over which the first looks after a start are
	patience  = 30 * time.Second
)

// Keeper keeps checks and carries them out. It is safe for concurrent use.
type Keeper struct {
	o    Options
	seal seal
	wake chan struct{}
	free chan struct{} // places of looks from this server
	far  chan struct{} // and from sites
	afar *afar
	tries,
	saving chan struct{}

	mu    sync.Mutex
	looks map[string]*look
	told  time.Time
	blind bool
}

// look is a check in memory.
type look struct {
	c       Check
	lives   map[string]*place
	lines   int64 // that its log has had
	unsaved []Line
	dirty   bool
	gone    bool

	saving sync.Mutex // held while it is written; taken before the keeper's
}

// place is from where a check is done.
type place struct {
	Life
	next    time.Time
	running bool
	times   []time.Duration // of the last looks, the newest last; 0: it failed
}

// New returns a Keeper that has read nothing yet.
func New(o Options) (*Keeper, error) {
	s, err := newSeal(o.Key)
	if err != nil {
		return nil, err
	}
	return &Keeper{
		o: o, seal: s, looks: map[string]*look{}, wake: make(chan struct{}, 1), free: make(chan struct{}, atOnce), far: make(chan struct{}, farAtOnce), afar: newAfar(o.Fleet, o.Now), tries: make(chan struct{}, tryAtOnce), saving: make(chan struct{}, 1),
	}, nil
}

// Load reads what there is.
func (k *Keeper) Load(ctx context.Context) error {
	rows, err := k.o.Store.Checks(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now()
	for _, r := range rows {
		if err := k.seal.open(&r.Check); err != nil {
			k.o.Log.Error("the headers of a check cannot be read with this server's key; enter them again", "check", r.Check.ID, "err", err)
		}
		l := &look{c: r.Check, lives: map[string]*place{}, lines: r.Lines}
		for from, life := range r.Lives {
			l.lives[from] = &place{Life: life}
		}
		k.looks[l.c.ID] = l
		k.plan(l, now, min(spread, l.c.Every))
	}
	return nil
}

var errAbout = fault.Field("about", "There is no such category of tickets. Choose another one, or none.")

var errNone = fault.New(fault.NotFound, "There is no such check.")

// Place names a place as one says it.
func (k *Keeper) Place(from string) string { return k.name(from) }

// Save makes a check or changes it.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, c Check) (Standing, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return Standing{}, err
	}
	if err := c.check(); err != nil {
		return Standing{}, err
	}
	if err := k.locate(&c, actor); err != nil {
		return Standing{}, err
	}
	if c.About != "" && (k.o.Category == nil || !k.o.Category(c.About)) {
		return Standing{}, errAbout
	}
	leave, err := k.alone(ctx)
	if err != nil {
		return Standing{}, err
	}
	defer leave()
	k.mu.Lock()
	old := k.looks[c.ID]
	n := len(k.looks)
	k.mu.Unlock()
	action := audit.CheckChanged
	switch {
	case c.ID == "" && n >= maxChecks:
		return Standing{}, fault.New(fault.Full, fmt.Sprintf("There are %d checks already. Delete one first.", maxChecks))
	case c.ID == "":
		c.ID, c.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.CheckMade
	case old == nil:
		return Standing{}, errNone
	case old.c.Version != c.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this check since you opened it. Nothing was saved; look at theirs first.")
	}
	c.Version++
	stored, err := k.seal.close(c)
	if err != nil {
		return Standing{}, err
	}
	afresh := old == nil || !same(&old.c, &c)
	if old != nil {
		old.saving.Lock()
		defer old.saving.Unlock()
	}
	err = k.update(ctx, func(tx Tx) error {
		if err := tx.SaveCheck(stored); err != nil {
			return err
		}
		if afresh {
			if err := tx.SaveLives(c.ID, map[string]Life{}); err != nil {
				return err
			}
		}
		return tx.Audit(k.entry(actor, action, &c))
	})
	if err != nil {
		return Standing{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.looks[c.ID]
	if l == nil {
		l = &look{}
		k.looks[c.ID] = l
	}
	l.c = c
	if afresh {
		l.lives = map[string]*place{} // what was found of something else says nothing
	}
	k.plan(l, k.o.Now(), 0)
	k.see() // whether anything answers is found anew
	k.nudge()
	return k.standing(l, true), nil
}

// same reports whether two settings look at the same in the same way.
func same(a, b *Check) bool {
	x, y := a.Spec, b.Spec
	x.Slowest, y.Slowest, x.Timeout, y.Timeout = 0, 0, 0, 0
	return fmt.Sprint(x) == fmt.Sprint(y)
}

// Delete takes a check out, with its log and its alert.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return err
	}
	leave, err := k.alone(ctx)
	if err != nil {
		return err
	}
	defer leave()
	k.mu.Lock()
	l := k.looks[id]
	k.mu.Unlock()
	if l == nil {
		return errNone
	}
	l.saving.Lock()
	defer l.saving.Unlock()
	err = k.update(ctx, func(tx Tx) error {
		if err := tx.DeleteCheck(id); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.CheckDeleted, &l.c))
	})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l.gone = true
	delete(k.looks, id)
	k.see()
	return nil
}

// alone waits until nobody else changes checks.
func (k *Keeper) alone(ctx context.Context) (leave func(), err error) {
	select {
	case k.saving <- struct{}{}:
		return func() { <-k.saving }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, c *Check) audit.Entry {
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "check:" + c.ID, Detail: map[string]any{
		"name": c.Name, "kind": string(c.Spec.Kind), "at": c.Spec.At(), "every": c.Every.String(), "severity": string(c.Severity), "about": c.About, "guard": c.Guard, "paused": c.Paused,
		"from": c.Places(), "each": c.Each, "endpoints": c.Endpoints,
	}}
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}
