// Package act does on this machine what a technician orders and the machine's own
// policy allows: end a process, start or stop a service. It does each order once,
// whatever is sent how often: that it begins is on the disk before it does, and
// what was cut short by a crash is unknown, and not done again.
//
// Hands of package fix carry it out, with the rights that it needs and no others:
// those of the process's owner, or what it takes to tell the service manager.
package act

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Hands carry out steps; fix.Child are some.
type Hands interface {
	Plan(ctx context.Context, uid string, s fix.Step) (fix.Plan, error)
	Do(ctx context.Context, uid string, s fix.Step, p fix.Plan) (fix.Done, error)
}

// Options are what a Doer works with.
type Options struct {
	Journal string // the file of what was done
	Hands   Hands
	OwnerOf func(pid int32) (uid string, err error) // nil asks the system
	Log     *slog.Logger                            // nil means no log
}

// within is how long an act may take: a service may stop for half a minute.
const within = 60 * time.Second

// Doer does one thing at a time. It is safe for concurrent use.
type Doer struct {
	o    Options
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wait sync.WaitGroup

	mu      sync.Mutex
	journal *journal
	busy    bool
}

// Open returns a Doer. What an earlier one was interrupted at is unknown from now
// on.
func Open(o Options) (*Doer, error) {
	if o.OwnerOf == nil {
		o.OwnerOf = fix.OwnerOf
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	j, err := openJournal(o.Journal, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Doer{o: o, ctx: ctx, stop: stop, journal: j}, nil
}

// Close stops what runs as soon as it is safe, and waits for it.
func (d *Doer) Close() {
	d.stop()
	d.wait.Wait()
}

// EndProcess ends a process, and says how. id is the order's: the same one again
// has no second effect and the same answer.
func (d *Doer) EndProcess(ctx context.Context, id string, p wire.EndProcessParams) (string, error) {
	step := fix.EndProcess{PID: p.PID, Name: p.Name, Started: p.Started, Seen: time.Now()}
	return d.once(ctx, id, fmt.Sprintf("end process %d", p.PID), func(ctx context.Context) (fix.Done, error) {
		owner, err := d.o.OwnerOf(p.PID)
		if err != nil {
			return fix.Done{}, forTechnicians(err)
		}
		done, err := d.carryOut(ctx, owner, step)
		return done, forTechnicians(err)
	})
}

// forTechnicians says for a technician what a step says to the person at the
// machine.
func forTechnicians(err error) error {
	switch {
	case fault.Is(err, fault.Stale):
		return fault.Wrap(err, fault.Stale, "That process has ended meanwhile; nothing was done. Read the list of processes again.")
	case fault.Is(err, fault.Forbidden):
		return fault.Wrap(err, fault.Forbidden, "That process keeps the computer or somebody's desktop running, or Deskbell has no right to end it; nothing was done.")
	}
	return err
}

// Service starts or stops a service, and says how it stands afterwards.
func (d *Doer) Service(ctx context.Context, id string, kind wire.AskKind, p wire.ServiceParams) (string, error) {
	act, ok := map[wire.AskKind]fix.ServiceAct{
		wire.ActStartService: fix.StartIt, wire.ActStopService: fix.StopIt, wire.ActRestartService: fix.RestartIt,
	}[kind]
	if !ok {
		return "", fault.New(fault.Unsupported, "A service can be started, stopped or restarted.")
	}
	step := fix.ControlService{Name: p.Name, Act: act}
	return d.once(ctx, id, string(kind)+" "+p.Name, func(ctx context.Context) (fix.Done, error) {
		return d.carryOut(ctx, "0", step)
	})
}

func (d *Doer) carryOut(ctx context.Context, uid string, s fix.Step) (fix.Done, error) {
	plan, err := d.o.Hands.Plan(ctx, uid, s)
	if err != nil {
		return fix.Done{}, err
	}
	return d.o.Hands.Do(ctx, uid, s, plan)
}

var errInterrupted = fault.New(fault.Unknown, "Deskbell was stopped while it did this, so nobody knows how far it came. Look before you do it again.")

// once does what was ordered unless it was begun before. It goes on to its end when
// ctx ends earlier: what is half done is worse than what nobody waits for.
func (d *Doer) once(ctx context.Context, id, what string, do func(context.Context) (fix.Done, error)) (string, error) {
	e, again, err := d.begin(id, what)
	if err != nil {
		return "", err
	}
	if again {
		return e.answer()
	}
	ended := make(chan entry, 1)
	d.wait.Go(func() { ended <- d.run(e, do) })
	select {
	case e := <-ended:
		return e.answer()
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// begin takes the place of the one act at a time, and writes down that it begins.
func (d *Doer) begin(id, what string) (e entry, again bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.journal.find(id); ok {
		if e.EndedAt.IsZero() {
			return e, false, fault.New(fault.Conflict, "This is being done already.")
		}
		return e, true, nil
	}
	switch {
	case d.ctx.Err() != nil:
		return e, false, fault.New(fault.Unavailable, "Deskbell is being stopped on this computer. Nothing was done.")
	case d.busy:
		return e, false, fault.New(fault.Conflict, "Something else is being done on this computer from afar. Wait until it has ended; nothing was done.")
	}
	e = entry{ID: id, What: what, StartedAt: time.Now().UTC()}
	if err := d.journal.put(e); err != nil {
		return e, false, err
	}
	d.busy = true
	return e, false, nil
}

func (d *Doer) run(e entry, do func(context.Context) (fix.Done, error)) entry {
	ctx, cancel := context.WithTimeout(d.ctx, within)
	defer cancel()
	done, err := func() (done fix.Done, err error) {
		defer func() {
			if r := recover(); r != nil {
				d.o.Log.Error("an act panicked", "what", e.What, "panic", r, "stack", string(debug.Stack()))
				err = fault.New(fault.Unknown, "Something went wrong on Deskbell's side while this was done. Look before you do it again.")
			}
		}()
		return do(ctx)
	}()
	switch {
	case err == nil:
		e.Says = done.Says
	case d.ctx.Err() != nil:
		err = errInterrupted
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		err = fault.New(fault.Unknown, "It took longer than a minute and was stopped, so nobody knows how far it came. Look before you do it again.")
	}
	if err != nil {
		e.Code, e.Sentence = fault.CodeOf(err), fault.Sentence(err)
	}
	e.EndedAt = time.Now().UTC()
	d.o.Log.Info("done from afar", "what", e.What, "code", e.Code, "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = false
	if err := d.journal.put(e); err != nil {
		// On the disk it stays begun, so that after a restart it is unknown.
		d.o.Log.Error("what came of an act cannot be written down", "error", err)
		d.journal.hold(e)
	}
	return e
}

// Script runs a script once: that it begins is on the disk before it does, and the
// same order again has no second effect. Other than the acts it ends when ctx does.
func (d *Doer) Script(ctx context.Context, id, name string, run func(context.Context) (exit int, err error)) (exit int, err error) {
	e, again, err := d.begin(id, "script "+name)
	if err != nil {
		return 0, err
	}
	if again {
		if _, err := e.answer(); err != nil {
			return 0, err
		}
		return 0, fault.New(fault.Conflict, "This order was carried out before, and is not carried out again.")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	d.wait.Add(1)
	defer d.wait.Done()
	defer func() { d.end(e, err) }()
	exit, err = run(ctx)
	if err != nil && ctx.Err() != nil {
		err = fault.New(fault.Unknown, "The script was stopped half way, with all that it had started. Look before you run it again.")
	}
	return exit, err
}

// end writes down what came of an act.
func (d *Doer) end(e entry, err error) {
	if err != nil {
		e.Code, e.Sentence = fault.CodeOf(err), fault.Sentence(err)
	}
	e.EndedAt = time.Now().UTC()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = false
	if err := d.journal.put(e); err != nil {
		// On the disk it stays begun, so that after a restart it is unknown.
		d.o.Log.Error("what came of a script cannot be written down", "error", err)
		d.journal.hold(e)
	}
}
