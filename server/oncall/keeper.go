package oncall

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/watch"
)

// Kind is what a stored document is.
type Kind string

// The kinds.
const (
	OfRota     Kind = "rota"
	OfOverride Kind = "override"
	OfPolicy   Kind = "policy"
	OfProgress Kind = "progress"
	OfShift    Kind = "shift" // who was last known to be on call by a rota
)

// Doc is a rota or an override as it is stored.
type Doc struct {
	Kind Kind
	ID   string
	Doc  []byte // JSON
}

// Store keeps who is on call.
type Store interface {
	OnCall(ctx context.Context) ([]Doc, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveOnCall(d Doc) error
	DeleteOnCall(kind Kind, id string) error
	SaveRow(r notify.Row) error
	AddAlertLog(list []watch.Entry) error
	Audit(e audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store  Store
	Person func(ctx context.Context, id string) (auth.Person, error)
	Now    func() time.Time
	Log    *slog.Logger

	// Standing are the alerts; it says no while nobody knows.
	Standing func() ([]watch.Item, bool)
	Channels func() []notify.Choice
	Letter   func(channel string, n notify.Note) (notify.Row, bool)
	Queued   func(rows []notify.Row)
	Tell     func(ctx context.Context, list ...notice.Notice) error
}

const (
	patience = 30 * time.Second
	keepOver = 90 * day // overrides that are over
	// Ahead is how far a page looks ahead.
	Ahead = 14 * day
	// farthest is how far it is looked for who comes next.
	farthest = 100 * day
)

// Keeper keeps rotas and who stands in for whom. It is safe for concurrent use.
type Keeper struct {
	o Options

	mu        sync.Mutex
	rotas     map[string]*Rota
	overrides []Override // in the order in which they were made
	policies  map[string]*Policy
	progress  map[string]Progress // by policy and alert
	shifts    map[string]Person   // by rota: who was on call when it was last looked
}

// New returns a Keeper that has read nothing yet.
func New(o Options) *Keeper {
	return &Keeper{o: o, rotas: map[string]*Rota{}, policies: map[string]*Policy{}, progress: map[string]Progress{}, shifts: map[string]Person{}}
}

// Load reads what there is.
func (k *Keeper) Load(ctx context.Context) error {
	list, err := k.o.Store.OnCall(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range list {
		switch d.Kind {
		case OfRota:
			r := &Rota{}
			err = json.Unmarshal(d.Doc, r)
			k.rotas[d.ID] = r
		case OfOverride:
			var o Override
			err = json.Unmarshal(d.Doc, &o)
			k.overrides = append(k.overrides, o)
		case OfPolicy:
			p := &Policy{}
			err = json.Unmarshal(d.Doc, p)
			k.policies[d.ID] = p
		case OfProgress:
			var x Progress
			err = json.Unmarshal(d.Doc, &x)
			k.progress[d.ID] = x
		case OfShift:
			var p Person
			err = json.Unmarshal(d.Doc, &p)
			k.shifts[d.ID] = p
		}
		if err != nil {
			return fmt.Errorf("the %s %s cannot be read: %w", d.Kind, d.ID, err)
		}
	}
	slices.SortFunc(k.overrides, func(a, b Override) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// Standing is a rota, and who is on call by it.
type Standing struct {
	Rota
	Now       Shift
	Next      Shift // the first with another person; with no beginning, nobody follows
	Shifts    []Shift
	Overrides []Override // that are not over
}

func (k *Keeper) standing(r *Rota) Standing {
	now := k.o.Now()
	s := Standing{Rota: *r, Shifts: r.Shifts(now, now.Add(Ahead), k.overrides)}
	for _, o := range k.overrides {
		if o.Rota == r.ID && o.To.After(now) {
			s.Overrides = append(s.Overrides, o)
		}
	}
	far := r.Shifts(now, now.Add(farthest), k.overrides)
	s.Now = far[0]
	for _, x := range far[1:] {
		if x.Person.ID != s.Now.Person.ID {
			s.Now.To, s.Next = x.From, x
			return s
		}
	}
	s.Now.To = time.Time{}
	return s
}

var errNone = fault.New(fault.NotFound, "There is no such rota.")

// List returns all rotas, by name.
func (k *Keeper) List(actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Standing, 0, len(k.rotas))
	for _, r := range k.rotas {
		out = append(out, k.standing(r))
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return out, nil
}

// Get returns one.
func (k *Keeper) Get(actor auth.Actor, id string) (Standing, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Standing{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.rotas[id]
	if r == nil {
		return Standing{}, errNone
	}
	return k.standing(r), nil
}

// known fills in a person's name, or says that they are not of the staff.
func (k *Keeper) known(ctx context.Context, field string, p Person) (Person, error) {
	found, err := k.o.Person(ctx, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return p, err
	}
	if err != nil || !found.Role.Valid() || found.Disabled {
		return p, fault.Field(field, "Choose people of the staff, who can sign in.")
	}
	return Person{ID: found.ID, Name: found.Name}, nil
}

// Save adds a rota, or changes one whose version its writer has seen.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, r Rota) (Standing, error) {
	if err := auth.Authorise(actor, auth.OnCallManage, auth.Object{}); err != nil {
		return Standing{}, err
	}
	if err := r.check(); err != nil {
		return Standing{}, err
	}
	for n := range r.Layers {
		people := make([]Person, len(r.Layers[n].People))
		for i, p := range r.Layers[n].People {
			var err error
			if people[i], err = k.known(ctx, fmt.Sprintf("layers.%d.people", n), p); err != nil {
				return Standing{}, err
			}
		}
		r.Layers[n].People = people
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old, action := k.rotas[r.ID], audit.RotaChanged
	switch {
	case r.ID == "" && len(k.rotas) >= maxRotas:
		return Standing{}, fault.New(fault.Full, "There are as many rotas as are kept. Delete one that nobody needs.")
	case r.ID == "":
		r.ID, r.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.RotaMade
	case old == nil:
		return Standing{}, errNone
	case old.Version != r.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this rota since you opened it. Nothing was saved; look at theirs first.")
	}
	r.Version++
	err := k.update(ctx, func(tx Tx) error {
		if err := save(tx, OfRota, r.ID, r); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, action, &r, map[string]any{"zone": r.Zone, "layers": r.Layers}))
	})
	if err != nil {
		return Standing{}, err
	}
	k.rotas[r.ID] = &r
	return k.standing(&r), nil
}

// Delete takes a rota out, with who stands in.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.OnCallManage, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.rotas[id]
	if r == nil {
		return errNone
	}
	err := k.update(ctx, func(tx Tx) error {
		for _, o := range k.overrides {
			if o.Rota == id {
				if err := tx.DeleteOnCall(OfOverride, o.ID); err != nil {
					return err
				}
			}
		}
		for _, kind := range []Kind{OfRota, OfShift} {
			if err := tx.DeleteOnCall(kind, id); err != nil {
				return err
			}
		}
		return tx.Audit(k.entry(actor, audit.RotaDeleted, r, nil))
	})
	if err != nil {
		return err
	}
	delete(k.rotas, id)
	delete(k.shifts, id)
	k.overrides = slices.DeleteFunc(k.overrides, func(o Override) bool { return o.Rota == id })
	return nil
}

func save(tx Tx, kind Kind, id string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.SaveOnCall(Doc{Kind: kind, ID: id, Doc: doc})
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, r *Rota, detail map[string]any) audit.Entry {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["name"] = r.Name
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "rota:" + r.ID, Detail: detail}
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}
