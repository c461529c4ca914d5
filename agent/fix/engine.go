package fix

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Room is where check-ups are; *checkups.Room is one.
type Room interface {
	// Take returns a finished check-up of a person's.
	Take(owner, id string, without []diagnostics.SectionName) (*diagnostics.Snapshot, []diagnostics.Finding, error)
	// Look checks the machine anew.
	Look(context.Context) (local.Checkup, error)
}

// Options are what an Engine works with.
type Options struct {
	Journal string // the file of what was mended
	Hands   Hands
	Room    Room
	Policy  Policy
	Parts   map[string]func() error // how each part of the agent is restarted
	Home    func(uid string) string // a person's home folder; nil asks the system
	// Told makes a person's word on a fix durable on its way to the server, once for
	// each fix; nil tells nobody.
	Told func(uid string, f local.Fix) error
	Log  *slog.Logger
}

// Bounds.
const (
	planFor   = 10 * time.Minute // how long a plan waits for a yes
	maxPlans  = 32
	maxAtOnce = 2 // plans being made
	perHour   = 4 // how often the same is mended, by whomever
)

// Engine mends one thing at a time. It is safe for concurrent use.
type Engine struct {
	o    Options
	ctx  context.Context // ends with Close: what runs stops as soon as it is safe
	stop context.CancelFunc
	wait sync.WaitGroup

	planning chan struct{} // holds one for each plan that is being made

	mu      sync.Mutex
	journal *journal
	plans   []planned // oldest first
	busy    string    // what is being mended; "" nothing
	running *local.Fix
	changed change.Signal // of running
}

// planned is a plan that waits for its person's yes.
type planned struct {
	id      string
	owner   string
	at      time.Time
	recipe  Recipe
	plans   []*Plan // one for each step; nil for one that is left out
	finding diagnostics.Finding
	before  []diagnostics.Evidence
}

// Open returns an engine. What an earlier one was interrupted at is unknown from
// now on.
func Open(o Options) (*Engine, error) {
	if o.Home == nil {
		o.Home = homeOf
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Hands = parts{o.Hands, o.Parts}
	j, err := openJournal(o.Journal, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Engine{o: o, ctx: ctx, stop: stop, journal: j, planning: make(chan struct{}, maxAtOnce)}, nil
}

// Close stops what runs as soon as it is safe, and waits for it.
func (e *Engine) Close() {
	e.stop()
	e.wait.Wait()
}

// Plan looks what mending a finding of a person's check-up would do, and changes
// nothing.
func (e *Engine) Plan(ctx context.Context, owner string, q local.FixRequest) (local.FixPlan, error) {
	s, findings, err := e.o.Room.Take(owner, q.Checkup, nil)
	if err != nil {
		return local.FixPlan{}, err
	}
	i := slices.IndexFunc(findings, func(f diagnostics.Finding) bool { return f.Code == q.Finding })
	if i < 0 {
		return local.FixPlan{}, fault.Say(fault.Invalid, "error.fix_not_found").At("finding")
	}
	finding := findings[i]
	recipe, err := recipeFor(finding, *s, e.o.Home(owner))
	if err == nil {
		err = e.o.Policy.check(recipe.Code)
	}
	out := local.FixPlan{ID: ulid.Make().String(), Recipe: recipe.Code, Finding: finding.Code, Title: recipe.Title, What: recipe.What, Undo: recipe.Undo, Steps: []local.FixStep{}, Said: slices.Clone(recipe.Said)}
	if err != nil {
		if recipe.Title == "" {
			return local.FixPlan{}, err
		}
		out.Cannot, out.Said = fault.Sentence(err), append(out.Said, fault.TextOf(err))
		return out, nil
	}
	select {
	case e.planning <- struct{}{}:
		defer func() { <-e.planning }()
	case <-ctx.Done():
		return local.FixPlan{}, ctx.Err()
	}
	p := planned{id: out.ID, owner: owner, at: time.Now(), recipe: recipe, finding: finding, before: readings(*finding.Fix, *s)}
	for _, step := range recipe.Steps {
		plan, err := e.o.Hands.Plan(ctx, owner, step)
		if ctx.Err() != nil {
			return local.FixPlan{}, ctx.Err()
		}
		if err != nil {
			e.o.Log.Info("a step cannot be taken", "recipe", recipe.Code, "step", kindOf(step), "error", err)
			out.Steps = append(out.Steps, local.FixStep{Cannot: fault.Sentence(err)})
			out.Said = append(out.Said, fault.TextOf(err))
			p.plans = append(p.plans, nil)
			continue
		}
		out.Steps = append(out.Steps, local.FixStep{Says: plan.Says, Bytes: plan.Bytes, Count: plan.Count})
		out.Said = append(out.Said, plan.Said)
		p.plans = append(p.plans, &plan)
	}
	// Of several links one is enough; elsewhere the first step is what mends.
	one := recipe.Code == diagnostics.RenewAddress && slices.ContainsFunc(p.plans, func(p *Plan) bool { return p != nil })
	if p.plans[0] == nil && !one {
		out.Cannot = out.Steps[0].Cannot
		return out, nil
	}
	e.keep(p)
	return out, nil
}

func (e *Engine) keep(p planned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plans = slices.DeleteFunc(e.plans, func(o planned) bool {
		return time.Since(o.at) > planFor || o.owner == p.owner && o.finding.Code == p.finding.Code
	})
	e.plans = append(e.plans, p)
	if n := len(e.plans); n > maxPlans {
		e.plans = slices.Delete(e.plans, 0, n-maxPlans)
	}
}

// Do does what was planned, and calls emit as it goes on; the last time with an
// outcome. It goes on to its end when ctx ends earlier.
func (e *Engine) Do(ctx context.Context, owner, plan string, emit func(local.Fix)) error {
	id, err := e.start(owner, plan)
	if err != nil {
		return err
	}
	for last := (local.Fix{}); ; {
		changed := e.changed.Changed()
		e.mu.Lock()
		f, ok := e.of(owner, id)
		e.mu.Unlock()
		if !ok {
			return fault.Say(fault.NotFound, "error.fix_not_yours")
		}
		if f.Doing != last.Doing || len(f.Did) != len(last.Did) || !f.Running() {
			last = f
			emit(f)
		}
		if !f.Running() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start takes the place of the one fix at a time, writes down that it begins, and
// begins it.
func (e *Engine) start(owner, id string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.plans, func(p planned) bool { return p.owner == owner && p.id == id })
	if i < 0 || time.Since(e.plans[i].at) > planFor {
		return "", fault.Say(fault.Stale, "error.fix_stale")
	}
	p := e.plans[i]
	if err := e.o.Policy.check(p.recipe.Code); err != nil {
		return "", err
	}
	if e.ctx.Err() != nil {
		return "", fault.Say(fault.Unavailable, "error.stopping")
	}
	if e.busy != "" {
		return "", fault.Say(fault.Conflict, "error.fix_busy", tongue.Name("what", e.busy))
	}
	now := time.Now().UTC()
	f := local.Fix{
		ID: id, Recipe: p.recipe.Code, Target: p.recipe.Target, Finding: p.finding.Code, Title: p.recipe.Title,
		StartedAt: now, Before: p.before, Said: slices.Clone(p.recipe.Said),
	}
	f.Doing = say(&f, tongue.Of("fix.mending"))
	if e.journal.lately(f, now.Add(-time.Hour)) >= perHour {
		return "", fault.Say(fault.TooMany, "error.fix_too_often")
	}
	if err := e.journal.put(entry{Owner: owner, Fix: f}); err != nil {
		return "", err
	}
	e.plans = slices.Delete(e.plans, i, i+1)
	e.busy, e.running = p.recipe.Title, &f
	e.wait.Go(func() { e.run(p, f) })
	return id, nil
}

// of returns a fix of a person's, as far as it has come. The caller holds mu.
func (e *Engine) of(owner, id string) (local.Fix, bool) {
	i := e.journal.find(id)
	if i < 0 || e.journal.entries[i].Owner != owner {
		return local.Fix{}, false
	}
	if e.running != nil && e.running.ID == id {
		return *e.running, true
	}
	return e.journal.entries[i].Fix, true
}

// Of returns a person's fixes, newest first.
func (e *Engine) Of(owner string) []local.Fix {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []local.Fix{}
	for _, x := range slices.Backward(e.journal.entries) {
		if f, ok := e.of(owner, x.Fix.ID); ok {
			out = append(out, f)
		}
	}
	return out
}

// Helped takes a person's word on whether a fix has helped. A ticket was spared
// only when what was found is gone as well. The first word counts.
func (e *Engine) Helped(owner, id string, helped bool) (local.Fix, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, ok := e.of(owner, id)
	if !ok {
		return local.Fix{}, fault.Say(fault.NotFound, "error.fix_not_yours")
	}
	if f.Running() {
		return local.Fix{}, fault.Say(fault.Conflict, "error.fix_still")
	}
	if f.Helped != nil {
		if *f.Helped == helped {
			return f, nil
		}
		return local.Fix{}, fault.Say(fault.Conflict, "error.fix_said")
	}
	x := e.journal.entries[e.journal.find(id)]
	x.Fix.Helped, x.Fix.Deflected = &helped, helped && f.Outcome == local.FixHelped
	if e.o.Told != nil {
		// Before it is written here: what breaks off in between is said again, under the
		// same id.
		if err := e.o.Told(owner, x.Fix); err != nil {
			return local.Fix{}, err
		}
	}
	return x.Fix, e.journal.put(x)
}

// Undo takes a fix back, as far as its steps can be.
func (e *Engine) Undo(ctx context.Context, owner, id string) (local.Fix, error) {
	e.mu.Lock()
	f, ok := e.of(owner, id)
	var x entry
	var err error
	switch i := e.journal.find(id); {
	case !ok:
		err = fault.Say(fault.NotFound, "error.fix_not_yours")
	case e.busy != "":
		err = fault.Say(fault.Conflict, "error.fix_busy", tongue.Name("what", e.busy))
	case len(e.journal.entries[i].Back) == 0 || !f.UndoneAt.IsZero():
		err = fault.Say(fault.Conflict, "error.fix_no_undo")
	default:
		x, e.busy = e.journal.entries[i], f.Title
		// Written first: what may have happened once must not happen twice.
		x.Fix.UndoneAt = time.Now().UTC()
		if err = e.journal.put(x); err != nil {
			e.busy = ""
		}
	}
	e.mu.Unlock()
	if err != nil {
		return local.Fix{}, err
	}
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.busy = ""
	}()
	for _, u := range slices.Backward(x.Back) {
		step, err := unpack(u.Kind, u.Step)
		if err != nil {
			return local.Fix{}, err
		}
		done, err := e.o.Hands.Undo(ctx, owner, step, u.Done)
		if err != nil {
			e.o.Log.Warn("a fix could not be taken back", "recipe", f.Recipe, "error", err)
			return local.Fix{}, err
		}
		x.Fix.Did = append(slices.Clone(x.Fix.Did), done.Says)
		x.Fix.Said = append(slices.Clone(x.Fix.Said), done.Said)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return x.Fix, e.journal.put(x)
}

// packed is a step with what it did, for taking it back.
func packed(s Step, d Done) (undoing, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return undoing{}, fmt.Errorf("a step as JSON: %w", err)
	}
	return undoing{kindOf(s), b, d}, nil
}
