package heartbeat

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Row is a heartbeat with its life, as it is stored.
type Row struct {
	Heartbeat Heartbeat
	Life      Life
}

// Store keeps heartbeats.
type Store interface {
	Heartbeats(ctx context.Context) ([]Row, error)
	// Calls lists the calls of a heartbeat, the newest first.
	Calls(ctx context.Context, id string, limit int) ([]Call, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveHeartbeat(h Heartbeat) error // and leaves its life
	SaveLife(id string, l Life) error
	AddCall(id string, c Call) error
	DropCalls(id string, upTo int64) error
	DeleteHeartbeat(id string) error // with its calls
	Audit(e audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store Store
	Key   []byte // the server's own, from which the addresses are derived
	// Put notes a state in the time series.
	Put func(id string, at time.Time, state float64)
	Now func() time.Time
	Log *slog.Logger
}

const (
	every         = 5 * time.Second // it is looked at what is due
	tellEvery     = 15 * time.Second
	stall         = 30 * time.Second // who stands still for so long has heard nothing
	maxHeartbeats = 2000
	keepCalls     = 100 // of each
	patience      = 30 * time.Second
)

// Keeper keeps heartbeats and hears their calls. It is safe for concurrent use.
type Keeper struct {
	o Options

	mu    sync.Mutex
	beats map[string]*beat
	keys  map[string]*beat // by the secret part of the address
	last  time.Time        // when it was last looked
	told  time.Time        // when the states were last noted

	hears atomic.Value // the time since when it hears without a gap
}

// beat is a heartbeat in memory. Its lock is held while its life is written, so that
// one call follows the other.
type beat struct {
	mu   sync.Mutex
	h    Heartbeat
	life Life
	gone bool
	rate bucket
}

// New returns a Keeper that has read nothing yet.
func New(o Options) *Keeper {
	k := &Keeper{o: o, beats: map[string]*beat{}, keys: map[string]*beat{}}
	k.hears.Store(o.Now())
	return k
}

// Load reads what there is. From here on calls are heard.
func (k *Keeper) Load(ctx context.Context) error {
	rows, err := k.o.Store.Heartbeats(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = k.o.Now()
	k.hears.Store(k.last)
	for _, r := range rows {
		b := &beat{h: r.Heartbeat, life: r.Life}
		k.beats[b.h.ID], k.keys[k.secret(&b.h)] = b, b
	}
	return nil
}

// Standing is a heartbeat and how it does.
type Standing struct {
	Heartbeat
	Life
	State State
	Due   time.Time // zero: nobody knows
	Key   string    // the secret part of its address; only for whoever may change it
}

func (k *Keeper) standing(b *beat, may bool) Standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Standing{Heartbeat: b.h, Life: b.life, State: b.h.StateAt(b.life, k.o.Now(), k.heard()), Due: b.h.DueAt(b.life)}
	if may {
		s.Key = k.secret(&b.h)
	}
	return s
}

// urgency puts first what needs somebody.
func (s State) urgency() int {
	return slices.Index([]State{Failed, Missed, Stuck, Unknown, Late, Awaited, Up, Paused}, s)
}

// List returns all heartbeats, what is down first.
func (k *Keeper) List(actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	may := auth.May(actor, auth.ChecksManage)
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Standing, 0, len(k.beats))
	for _, b := range k.beats {
		out = append(out, k.standing(b, may))
	}
	slices.SortFunc(out, func(a, b Standing) int {
		if c := a.State.urgency() - b.State.urgency(); c != 0 {
			return c
		}
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return out, nil
}

var errNone = fault.New(fault.NotFound, "There is no such heartbeat.")

// Get returns one, and its last calls.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Standing, []Call, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Standing{}, nil, err
	}
	k.mu.Lock()
	b := k.beats[id]
	if b == nil {
		k.mu.Unlock()
		return Standing{}, nil, errNone
	}
	s := k.standing(b, auth.May(actor, auth.ChecksManage))
	k.mu.Unlock()
	calls, err := k.o.Store.Calls(ctx, id, keepCalls)
	return s, calls, err
}

// Back is since when calls are heard without a gap.
func (k *Keeper) Back() time.Time { return k.heard() }

// Each lists those that alerts can be about: all that are not paused.
func (k *Keeper) Each(tell func(id, name string, severity alert.Severity)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, b := range k.beats {
		b.mu.Lock()
		if !b.h.Paused {
			tell(id, b.h.Name, b.h.Severity)
		}
		b.mu.Unlock()
	}
}

// Save adds a heartbeat, or changes one whose version its writer has seen. fresh gives
// it another address; the old one is nobody's from then on.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, h Heartbeat, fresh bool) (Standing, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return Standing{}, err
	}
	if err := h.check(); err != nil {
		return Standing{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	action, b := audit.HeartbeatChanged, k.beats[h.ID]
	switch {
	case h.ID == "" && len(k.beats) >= maxHeartbeats:
		return Standing{}, fault.New(fault.Full, "There are as many heartbeats as are kept. Delete one that nobody needs.")
	case h.ID == "":
		h.ID, h.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.HeartbeatMade
		b = &beat{}
	case b == nil:
		return Standing{}, errNone
	case b.h.Version != h.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this heartbeat since you opened it. Nothing was saved; look at theirs first.")
	}
	b.mu.Lock()
	old, life := b.h, b.life
	h.Version++
	h.Address = old.Address
	if fresh {
		h.Address++
	}
	life.DownAt = time.Time{} // by its new schedule it may be well
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveHeartbeat(h); err != nil {
			return err
		}
		if err := tx.SaveLife(h.ID, life); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, action, &h, map[string]any{
			"cron": h.Schedule.Cron, "zone": h.Schedule.Zone, "every": h.Schedule.Every.String(), "grace": h.Grace.String(), "severity": string(h.Severity), "paused": h.Paused, "new_address": fresh,
		}))
	})
	if err == nil {
		delete(k.keys, k.secret(&old))
		b.h, b.life = h, life
		k.beats[h.ID], k.keys[k.secret(&h)] = b, b
		k.note(b, k.o.Now())
	}
	b.mu.Unlock()
	if err != nil {
		return Standing{}, err
	}
	return k.standing(b, true), nil
}

// Delete takes a heartbeat out, with its calls and its alert.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.beats[id]
	if b == nil {
		return errNone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.DeleteHeartbeat(id); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.HeartbeatDeleted, &b.h, nil))
	})
	if err != nil {
		return err
	}
	b.gone = true
	delete(k.beats, id)
	delete(k.keys, k.secret(&b.h))
	return nil
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, h *Heartbeat, detail map[string]any) audit.Entry {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["name"] = h.Name
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "heartbeat:" + h.ID, Detail: detail}
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}
