package device

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/synthetic"
)

// Options are what a Keeper needs.
type Options struct {
	Store Store
	Key   []byte // the server's own, under which secrets are stored
	// Read looks at a device once.
	Read func(ctx context.Context, t Target) Reading
	// Put notes a value in the time series.
	Put func(name string, at time.Time, value float64, labels ...string)
	// Others are what else this server looks at, which says of its line as much.
	Others func() []synthetic.Witness
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	maxDevices = 200
	keepLines  = 100 // of each
	atOnce     = 16  // looks under way
	tryAtOnce  = 4   // of those that people ask for
	tellEvery  = 15 * time.Second
	spread     = 30 * time.Second // over which the first looks after a start are
	patience   = 30 * time.Second
)

// Keeper keeps devices and looks at them. It is safe for concurrent use.
type Keeper struct {
	o    Options
	seal seal
	wake chan struct{}
	free chan struct{} // places of looks
	tries,
	saving chan struct{}

	mu    sync.Mutex
	looks map[string]*look
	told  time.Time
	blind bool

	seen sync.Mutex // guards what others are told; the innermost
	says map[string]synthetic.Witness
}

// look is a device in memory.
type look struct {
	d       Device
	m       Memory
	ports   []portNow // of the last look that read them, by their numbers
	readAt  time.Time // that was
	last    *Reading  // the last that was answered, against which the next is counted
	more    bool      // there are more interfaces than are looked at
	trouble string    // why interfaces were not read
	next    time.Time
	running bool
	lines   int64 // that its log has had
	unsaved []Line
	dirty   bool
	gone    bool

	saving sync.Mutex // held while it is written; taken before the keeper's
}

// portNow is an interface as it was seen last.
type portNow struct {
	Interface
	Rates Rates
}

// New returns a Keeper that has read nothing yet.
func New(o Options) (*Keeper, error) {
	s, err := newSeal(o.Key)
	if err != nil {
		return nil, err
	}
	return &Keeper{
		o: o, seal: s, looks: map[string]*look{}, wake: make(chan struct{}, 1), free: make(chan struct{}, atOnce), tries: make(chan struct{}, tryAtOnce),
		saving: make(chan struct{}, 1), says: map[string]synthetic.Witness{},
	}, nil
}

// Load reads what there is.
func (k *Keeper) Load(ctx context.Context) error {
	rows, err := k.o.Store.Devices(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now()
	for _, r := range rows {
		if err := k.seal.open(&r.Device); err != nil {
			k.o.Log.Error("the secrets of a device cannot be read with this server's key; enter them again", "device", r.Device.ID, "err", err)
		}
		l := &look{d: r.Device, m: r.Memory, lines: r.Lines, next: now.Add(chance(spread))}
		if m := &l.m; !m.UptimeAt.IsZero() {
			l.last = &Reading{At: m.UptimeAt, Uptime: m.Uptime, Ticks: m.Ticks, Timed: true}
		}
		k.looks[l.d.ID] = l
		k.witness(l)
	}
	return nil
}

var errNone = fault.New(fault.NotFound, "There is no such device.")

// Save makes a device or changes it. Secrets that are empty stay as they were.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, d Device) (Standing, error) {
	if err := auth.Authorise(actor, auth.ChecksManage, auth.Object{}); err != nil {
		return Standing{}, err
	}
	leave, err := k.alone(ctx)
	if err != nil {
		return Standing{}, err
	}
	defer leave()
	k.mu.Lock()
	old := k.looks[d.ID]
	n := len(k.looks)
	k.mu.Unlock()
	if d.ID != "" && old == nil {
		return Standing{}, errNone
	}
	if err := k.whole(&d, old); err != nil {
		return Standing{}, err
	}
	action := audit.DeviceChanged
	switch {
	case d.ID == "" && n >= maxDevices:
		return Standing{}, fault.New(fault.Full, fmt.Sprintf("There are %d devices already. Remove one first.", maxDevices))
	case d.ID == "":
		d.ID, d.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.DeviceAdded
	case old.d.Version != d.Version:
		return Standing{}, fault.New(fault.Stale, "Somebody has changed this device since you opened it. Nothing was saved; look at theirs first.")
	}
	d.Version++
	stored, err := k.seal.close(d)
	if err != nil {
		return Standing{}, err
	}
	afresh := old == nil || old.d.at() != d.at()
	if old != nil {
		old.saving.Lock()
		defer old.saving.Unlock()
	}
	err = k.update(ctx, func(tx Tx) error {
		if err := tx.SaveDevice(stored); err != nil {
			return err
		}
		if afresh {
			if err := tx.SaveMemory(d.ID, Memory{}); err != nil {
				return err
			}
		}
		return tx.Audit(k.entry(actor, action, &d))
	})
	if err != nil {
		return Standing{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.looks[d.ID]
	if l == nil {
		l = &look{}
		k.looks[d.ID] = l
	}
	l.d = d
	if afresh { // what was found of something else says nothing
		l.m, l.ports, l.last, l.readAt, l.more, l.trouble = Memory{}, nil, nil, time.Time{}, false, ""
	}
	l.next = k.o.Now()
	k.see() // whether anything answers is found anew
	k.witness(l)
	k.nudge()
	return k.standing(l), nil
}

// whole brings a device into its form, with the secrets that were not written anew.
func (k *Keeper) whole(d *Device, old *look) error {
	if old != nil {
		k.mu.Lock()
		was := old.d
		k.mu.Unlock()
		d.keep(&was)
	}
	return d.check()
}

// Delete takes a device out, with its log and its alerts.
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
		if err := tx.DeleteDevice(id); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.DeviceRemoved, &l.d))
	})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l.gone = true
	delete(k.looks, id)
	k.witness(l)
	k.see()
	return nil
}

// alone waits until nobody else changes devices.
func (k *Keeper) alone(ctx context.Context) (leave func(), err error) {
	select {
	case k.saving <- struct{}{}:
		return func() { <-k.saving }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, d *Device) audit.Entry {
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "device:" + d.ID, Detail: map[string]any{
		"name": d.Name, "site": d.Site, "at": d.at(), "snmp": string(d.Access.Version), "every": d.Every.String(), "expected": string(d.Expected), "guard": d.Guard, "paused": d.Paused,
	}}
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}
