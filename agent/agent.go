// Package agent is the endpoint service: it puts together the session with the
// server, the outbox, what people may do and what technicians may ask.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/agent/accounts"
	"github.com/deskbell/deskbell/agent/act"
	"github.com/deskbell/deskbell/agent/announcements"
	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/courier"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/history"
	"github.com/deskbell/deskbell/agent/ledger"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/agent/localapi"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/people"
	"github.com/deskbell/deskbell/agent/power"
	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/stock"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Options are what an Agent works with.
type Options struct {
	State   state.Dir // empty: the installed agent's
	Version string    // of this program
	Child   []string  // how this program is started as a collector's child; see probe.Options
	Hand    []string  // how this program is started to take one step of a fix; see fix.Child
	// Terminal is how this program is started as a terminal's hand; see
	// terminal.RunHand.
	Terminal []string
	Policy   remote.Policy
	Files    *files.Shelf // what may be fetched from afar; nil: nothing
	Logs     *files.Logs  // log files that may be read from afar; nil: none
	// Scripts are the SHA-256 of scripts that may be run from afar, AnyScript all
	// that the server sends; ScriptHand is how this program is started as one's hand.
	Scripts    map[string]bool
	AnyScript  bool
	ScriptHand []string
	Fixes      fix.Policy
	// WorkNetworks are wireless networks for work; see probe.Options.
	WorkNetworks []string
	// NoRecorder keeps no flight recorder. What was recorded before stays on the disk.
	NoRecorder bool
	Log        *slog.Logger
	// Ready is called when people's programs can connect; nil is allowed.
	Ready func()
	// Tune changes how the server is reached; for tests, nil else.
	Tune func(*uplink.Config)
}

// Agent is one endpoint service.
type Agent struct {
	options Options
	name    string // as hello says it
	prober  *probe.Prober
	book    *accounts.Book
	reaches atomic.Pointer[string] // the server's host:port
}

// New returns an Agent.
func New(o Options) *Agent {
	return &Agent{
		options: o, name: Name(o.Version),
		prober: probe.New(probe.Options{Child: o.Child, WorkNetworks: o.WorkNetworks}), book: accounts.New(),
	}
}

// Name is how a version of the agent calls itself to servers.
func Name(version string) string {
	return "deskbell-agent/" + version + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// Run serves until ctx ends. When the machine is enrolled, or enrolled anew, while
// it runs, it goes on with the new identity.
func (a *Agent) Run(ctx context.Context) error {
	dir := a.options.State.Or()
	if err := dir.Make(); err != nil {
		return err
	}
	unlock, err := dir.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	past, err := history.Open(dir.History(), a.options.Log)
	if err != nil {
		return dir.Fault(err)
	}
	told := a.stock(dir.History())
	past.OnNoted(told.Noted)
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { past.Run(probe.Unhurried(ctx), a.prober, probe.OnBattery) })
	var flight *recorder.Recorder
	if !a.options.NoRecorder {
		flight = recorder.Open(dir.Recorder(), recorder.Options{Log: a.options.Log})
		wg.Go(func() { flight.Run(ctx) })
	}
	defer wg.Wait()
	defer cancel()
	for {
		err := a.serve(ctx, flight, past, told)
		if !errors.Is(err, errIdentity) {
			return err
		}
		a.options.Log.Info("the machine's identity has changed")
	}
}

// errIdentity is why everything starts over.
var errIdentity = errors.New("the identity has changed")

// serve runs everything with the identity as it is now, until ctx ends or the
// identity changes.
func (a *Agent) serve(ctx context.Context, flight *recorder.Recorder, past *history.Keeper, told *stock.Keeper) error {
	log, dir := a.options.Log, a.options.State.Or()
	line, err := pipe.Listen(pipe.Address(string(a.options.State)))
	if err != nil {
		return dir.Fault(err)
	}
	defer line.Close()
	id, damage := enrol.Load(dir)
	if damage != nil && !fault.Is(damage, fault.NotFound) {
		log.Error("the identity cannot be read", "error", damage)
	}
	endpoint := ""
	if id != nil {
		endpoint = id.Endpoint
	}
	box, err := outbox.Open(dir.Outbox(), outbox.Options{Log: log})
	if err != nil {
		return dir.Fault(err)
	}
	shelf, err := tickets.Open(dir.People(), endpoint, log)
	if err != nil {
		return dir.Fault(err)
	}
	looks, err := ledger.Open(dir.Looks())
	if err != nil {
		return dir.Fault(err)
	}
	defer looks.Close()
	sampler := probe.NewSampler()
	defer sampler.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)

	here := &standing{id: id, damage: damage, version: a.options.Version}
	facts := newFacts(a.prober, a.name, here.server, log)
	facts.policy = a.options.Policy.Told()
	facts.onJudged = past.Judged
	room := checkups.New(a.prober, here.server, facts.found)
	room.Seen = past.Judged
	doer, err := act.Open(act.Options{Journal: dir.Acts(), Hands: fix.Child{Command: a.options.Hand}, Log: log})
	if err != nil {
		return dir.Fault(err)
	}
	defer doer.Close()
	watch := &watchers{ledger: looks, log: log, stop: map[string]context.CancelFunc{}}
	outside := newAfar(rings{shelf, box}, watch, here, a.book.Account, a.options.Terminal)
	defer outside.screens.Close()
	desk := people.New(people.Config{
		Consent: outside, Screens: outside.screens, Box: box, Shelf: shelf, Ledger: looks, Outages: announcements.Open(dir.Announcements(), endpoint, log), Room: room, Recorder: flight, History: past, Account: a.book.Account, Temp: dir.People(), Log: log,
		Link: here.link, Status: here.status, StatusChanged: here.changed,
	})
	mender, err := fix.Open(fix.Options{
		Journal: dir.Fixes(), Hands: fix.Child{Command: a.options.Hand}, Room: room, Policy: a.options.Fixes, Log: log,
		Parts: map[string]func() error{local.PartConnection: here.restart}, Told: desk.TellMended,
	})
	if err != nil {
		return dir.Fault(err)
	}
	defer mender.Close()
	if id != nil {
		up, err := a.uplink(parts{id, dir, box, looks, sampler, desk, facts, here, doer, past, told, watch, outside})
		if err != nil {
			return err
		}
		here.up = up
		wg.Go(func() { facts.Run(ctx) })
		wg.Go(func() { up.Run(ctx) })
		wg.Go(func() { a.power(ctx, up) })
		wg.Go(func() { a.place(ctx, told, id.ServerKey) })
	}
	wg.Go(func() { a.tidy(ctx, box, room) })
	wg.Go(func() { watchIdentity(ctx, dir, id, func() { cancel(errIdentity) }) })
	return a.answer(ctx, line, desk, mender, outside)
}

// answer serves the local line, and returns why it ended.
func (a *Agent) answer(ctx context.Context, line net.Listener, desk *people.Desk, mender *fix.Engine, outside *afar) error {
	if a.options.Ready != nil {
		a.options.Ready()
	}
	a.options.Log.Info("ready", "line", line.Addr())
	server := localapi.New(desk, a.options.Log)
	server.Fixes, server.Afar, server.About = mender, outside, a.about()
	if err := server.Serve(ctx, line); err != nil {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, errIdentity) {
		return cause
	}
	return nil
}

// parts are what a session with the server works with.
type parts struct {
	id      *enrol.Identity
	dir     state.Dir
	box     *outbox.Box
	looks   *ledger.Ledger
	sampler *probe.Sampler
	desk    *people.Desk
	facts   *facts
	here    *standing
	doer    *act.Doer
	past    *history.Keeper
	told    *stock.Keeper
	watch   *watchers
	outside *afar
}

// uplink makes the connection to the identity's server.
func (a *Agent) uplink(p parts) (*uplink.Uplink, error) {
	log := a.options.Log
	ratchet, err := enrol.OpenRatchet(p.dir, p.id.Endpoint)
	if err != nil {
		return nil, p.dir.Fault(err)
	}
	dialer, err := uplink.NewDialer(p.id.Options(a.name))
	if err != nil {
		return nil, err
	}
	p.here.address = dialer.Address()
	to := dialer.Address()
	a.reaches.Store(&to)
	p.facts.begin(dialer.Address())
	post := courier.New(p.box, p.id.Endpoint, log)
	watch := p.watch
	runner := remote.New(remote.Options{Policy: a.options.Policy, Prober: a.prober, Hands: p.doer, Consent: p.outside, Terminals: p.outside, Screens: p.outside.screens, Files: a.options.Files, Logs: a.options.Logs, Scripts: a.scripts(), Once: p.doer, Changes: p.past.Changes, Server: p.here.server, Line: lineOf(dialer), Metered: power.Metered, OnLook: watch.look, Log: log})
	var listed []string // in the last prove
	c := uplink.Config{
		Dialer: dialer, Endpoint: p.id.Endpoint, Key: p.id.Key, Ratchet: ratchet, Log: log, Sample: p.sampler.Sample, Changed: p.desk.Changed, Approvals: p.desk.Deciding, Announced: p.desk.Announced,
		Prove: func() wire.Prove {
			listed = p.box.Recent(p.id.Endpoint)
			w := p.facts.prove()
			w.Recent, w.Stock = listed, p.told.Hash(p.id.Endpoint)
			return w
		},
		Attend: func(ctx context.Context, l *uplink.Link) {
			if err := p.box.Requeue(p.id.Endpoint, l.Welcome.Missing, listed); err != nil {
				log.Warn("what the server lacks cannot be sent again", "error", err)
			}
			var wg sync.WaitGroup
			wg.Go(func() { post.Run(ctx, l) })
			wg.Go(func() { p.desk.Attend(ctx, l) })
			wg.Go(func() { p.desk.AttendAnnouncements(ctx, l) })
			wg.Go(func() { p.facts.Attend(ctx, l) })
			wg.Go(func() { p.told.Attend(ctx, p.id.Endpoint, l, l.Welcome.WantStock) })
			wg.Wait()
		},
		Backlog:  a.options.State.Or().Backlog(),
		Terminal: p.outside.terminals.Take,
		Ask: func(ctx context.Context, id string, ask wire.Ask, answer func(wire.Answer)) {
			ctx, stop := context.WithCancel(ctx)
			defer watch.watch(id, stop)()
			runner.Do(ctx, id, ask, answer)
		},
	}
	if a.options.Tune != nil {
		a.options.Tune(&c)
	}
	return uplink.New(c), nil
}

// lineOf makes ways to the server that are measured.
func lineOf(d *uplink.Dialer) func() remote.Line {
	return func() remote.Line {
		client, url := d.Line()
		return remote.Line{Client: client, URL: url, Server: d.Address()}
	}
}

// ErrShutdown is a cause with which the context of Run ends: the whole computer is
// switched off, and the server is told so.
var ErrShutdown error = uplink.LeavingError(wire.ByeShutdown)

// farewell is how long the computer is kept from sleeping for a goodbye.
const farewell = 2 * time.Second

// power tells the server when the computer goes to sleep or is switched off.
func (a *Agent) power(ctx context.Context, up *uplink.Uplink) {
	w := power.Watcher{Log: a.options.Log, On: func(e power.Event) {
		ctx, cancel := context.WithTimeout(ctx, farewell)
		defer cancel()
		switch e {
		case power.Sleep:
			up.Leave(ctx, wire.ByeSleep)
		case power.Shutdown:
			up.Leave(ctx, wire.ByeShutdown)
		case power.Wake:
			up.Return()
		}
	}}
	w.Run(ctx)
}

// tidy forgets what was kept long enough, and gives memory back that a check-up or
// a ring has used.
func (a *Agent) tidy(ctx context.Context, box *outbox.Box, room *checkups.Room) {
	for sleep(ctx, 10*time.Minute) {
		box.Sweep()
		room.Sweep()
		debug.FreeOSMemory()
	}
}

// watchIdentity calls changed once the identity's file is another one.
func watchIdentity(ctx context.Context, dir state.Dir, id *enrol.Identity, changed func()) {
	every := 2 * time.Second // somebody is likely to wait for it
	if id != nil {
		every = 5 * time.Second
	}
	before := stamp(dir)
	for sleep(ctx, every) {
		if stamp(dir) != before {
			changed()
			return
		}
	}
}

// stamp tells one version of the identity's file from another.
func stamp(dir state.Dir) any {
	i, err := os.Stat(dir.Identity())
	if err != nil {
		return nil
	}
	type version struct {
		at   time.Time
		size int64
	}
	return version{i.ModTime(), i.Size()}
}

// sleep waits, and reports whether ctx lives on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
