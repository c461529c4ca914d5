// Package remote carries out what a technician asks of this machine: named
// diagnostics with typed parameters (tier T1), and the few named acts (T2) that the
// endpoint's own policy has switched on. The server can ask for nothing else, and
// for less than that where the policy says so.
package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Machine reads this machine; *probe.Prober is one.
type Machine interface {
	Collect(ctx context.Context, r probe.Request, onSection func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot
	WatchProcesses(ctx context.Context, interval time.Duration, each func(diagnostics.Processes) bool) error
	WatchAllProcesses(ctx context.Context, interval time.Duration, each func(diagnostics.ProcessChanges) bool) error
	ProcessesNamed(ctx context.Context, name string) ([]diagnostics.Process, error)
	Services(ctx context.Context) (diagnostics.Services, error)
	Log(ctx context.Context, q probe.LogQuery) (diagnostics.Log, error)
	FollowLog(ctx context.Context, q probe.LogQuery, to probe.LogReader) error
	FileSystems(ctx context.Context) ([]diagnostics.FileSystem, error)
	Tree(ctx context.Context, path string) (probe.Tree, error)
	ProxySettings(ctx context.Context) ([]probe.ProxySettings, error)
	RunPAC(ctx context.Context, script string, page *url.URL) (string, error)
	TakeStock(ctx context.Context, names []inventory.Name, onSection func(inventory.Inventory)) inventory.Inventory
}

// Hands act on this machine; *act.Doer are some. id is the order's: the same one
// again has no second effect.
type Hands interface {
	EndProcess(ctx context.Context, id string, p wire.EndProcessParams) (says string, err error)
	Service(ctx context.Context, id string, kind wire.AskKind, p wire.ServiceParams) (says string, err error)
}

// Options are what a Runner needs.
type Options struct {
	Policy Policy
	Prober Machine
	Hands  Hands // nil: nothing is done here from afar
	// Consent asks people; nil: what needs consent is refused.
	Consent   Consent
	Terminals Terminals            // nil: there are none
	Screens   Screens              // nil: nobody takes pictures of screens
	Files     *files.Shelf         // what may be fetched; nil: nothing
	Scripts   Scripts              // nil: none are run
	Once      Once                 // by which scripts run one time
	Logs      *files.Logs          // log files that may be read; nil: none
	Server    func() *probe.Server // the server as it is now, for snapshots; nil when there is none
	// Line makes a way to the server to measure; nil when there is none. Metered says
	// that the connection is known to be paid by volume; nil: nobody knows.
	Line    func() Line
	Metered func(ctx context.Context) bool
	// Changes tells what has changed on this machine; nil when nobody keeps it.
	Changes func() inventory.Changes
	OnLook  func(local.Look) // told at the start of a look and, with Ended and Result, at its end; a refused one is told once. May be nil
	Now     func() time.Time // nil means time.Now
	Log     *slog.Logger     // nil means no log
	// ProxyFor names the proxy for a request of probe.http; nil means the one that
	// the environment names.
	ProxyFor func(*http.Request) (*url.URL, error)
}

// Runner carries out asks. It is safe for concurrent use.
type Runner struct {
	options Options
	roots   *x509.CertPool // trusted authorities; nil means the system's

	pace   pace
	checks pace
	noted  noted

	fetching sync.Mutex    // one file at a time
	stuck    chan struct{} // what waits for a disk

	measuring sync.Mutex // the line to the server: one at a time

	following chan struct{} // logs that are followed
}

// New returns a Runner.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnLook == nil {
		o.OnLook = func(local.Look) {}
	}
	if o.ProxyFor == nil {
		o.ProxyFor = http.ProxyFromEnvironment
	}
	return &Runner{options: o, stuck: make(chan struct{}, maxStuck), following: make(chan struct{}, followers)}
}

// Do carries out one ask and returns when it is answered, refused or ctx is done.
// It calls emit with one part after the other, not overlapping and in this
// goroutine; the last one, and no other, has Done. id is the ask's envelope's.
// Everything that emit is given is redacted.
func (r *Runner) Do(ctx context.Context, id string, ask wire.Ask, emit func(wire.Answer)) {
	out := &output{id: id, emit: emit}
	look := r.lookOf(id, ask)
	job, leave, err := r.admit(ask)
	if err != nil {
		look.Ended, look.Result = look.At, refusal(err)
		if note, told := r.note(look); note {
			r.options.OnLook(look)
			told()
		}
		out.done(err)
		return
	}
	defer leave()
	look.What = job.what
	if ask.Kind == wire.AskCheck {
		r.check(ctx, job, look, out)
		return
	}
	if err := r.agree(ctx, ask, job, &look, out); err != nil {
		if ctx.Err() != nil {
			err = errGone
		}
		look.Ended, look.Result = r.options.Now(), unagreed(err)
		r.options.OnLook(look)
		out.done(err)
		return
	}
	r.options.OnLook(look)
	ctx, cancel := context.WithTimeoutCause(ctx, job.limit, errTooLong)
	defer cancel()
	err = r.guarded(ctx, ask.Kind, job, out)
	if err != nil && ctx.Err() != nil && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unknown) {
		err = interrupted(ctx)
	}
	look.Ended, look.Result = r.options.Now(), outcome(ask.Kind, err)
	r.options.OnLook(look)
	out.done(err)
}

// admit decides whether the ask is carried out, and takes its place among those
// that are; leave gives the place back.
func (r *Runner) admit(ask wire.Ask) (j job, leave func(), err error) {
	if !r.options.Policy.allows(ask.Kind) {
		if ask.Kind.Acts() {
			return j, nil, errLocalOnly
		}
		return j, nil, fault.New(fault.Forbidden, "This machine does not allow this diagnostic.")
	}
	if now := r.options.Now(); now.After(ask.ExpiresAt) {
		return j, nil, fault.New(fault.Expired, "The question came too late. Ask again.")
	}
	if j, err = r.jobOf(ask); err != nil {
		return j, nil, err
	}
	p, atOnce, perMinute := r.paceOf(ask.Kind)
	if err := p.enter(r.options.Now(), atOnce, perMinute); err != nil {
		return j, nil, err
	}
	return j, p.leave, nil
}

// guarded runs the job. A panic in it is our mistake, and must not end the agent.
func (r *Runner) guarded(ctx context.Context, kind wire.AskKind, j job, out *output) error {
	var err error
	if p := caught(func() { err = j.run(ctx, out) }); p != nil {
		err = p
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		r.options.Log.Error("a diagnostic panicked", "kind", kind, "panic", p.value, "stack", p.stack)
	}
	return err
}

// panicked is a panic as an error: an accident, of which a person is told no more.
type panicked struct {
	value any
	stack string
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// caught runs f and returns its panic, if there was one. Every goroutine of a job
// needs it: a panic in one ends the program, whatever its starter recovers.
func caught(f func()) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = &panicked{value: e, stack: string(debug.Stack())}
		}
	}()
	f()
	return nil
}

var (
	errTooLong   = fault.New(fault.Unavailable, "The diagnostic took too long and was stopped.")
	errLocalOnly = fault.New(fault.Forbidden, "This machine's own settings do not allow this from afar. Whoever administers the machine can allow it there; no server can.")

	errGone = fault.New(fault.Unavailable, "The question was withdrawn.")
)

func interrupted(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errTooLong) {
		return errTooLong
	}
	return errGone
}

// outcome is what the employee reads of how it ended.
func outcome(kind wire.AskKind, err error) string {
	switch {
	case err == nil && kind.Terminal():
		return "ended"
	case err == nil && kind.Acts():
		return "done"
	case err == nil:
		return "answered"
	case fault.Is(err, fault.Unknown):
		return "unknown"
	case errors.Is(err, errGone):
		return "cancelled"
	}
	return "failed"
}

// unagreed is what the employee reads of a look that nobody agreed to.
func unagreed(err error) string {
	if errors.Is(err, errGone) {
		return "cancelled"
	}
	return "refused"
}

func refusal(err error) string {
	if fault.Is(err, fault.Expired) {
		return "expired"
	}
	return "refused"
}
