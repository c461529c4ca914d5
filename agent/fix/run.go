package fix

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// How often and how long after a fix the machine is looked at: services come up,
// addresses come in, processors cool down.
const (
	looks      = 4
	betweenTwo = 4 * time.Second
	lookWithin = 15 * time.Second
)

// run carries a fix out, looks whether it has helped, and writes down what came of
// it.
func (e *Engine) run(p planned, f local.Fix) {
	var back []undoing
	func() {
		defer func() {
			if r := recover(); r != nil {
				e.o.Log.Error("a fix panicked", "recipe", f.Recipe, "panic", r, "stack", string(debug.Stack()))
				f.Outcome, f.Sentence = local.FixUncertain, say(&f, tongue.Of("fix.accident"))
			}
		}()
		back = e.steps(p, &f)
		if f.Outcome == "" {
			e.judge(p, &f)
		}
	}()
	f.Doing, f.EndedAt = "", time.Now().UTC()
	if len(back) > 0 {
		f.Undo = p.recipe.Undo
	}
	e.o.Log.Info("mended", "recipe", f.Recipe, "target", f.Target, "finding", f.Finding, "outcome", f.Outcome)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.journal.put(entry{Owner: p.owner, Fix: f, Back: back}); err != nil {
		// On the disk it stays begun, so that after a restart it is unknown; here it
		// is known, and said.
		e.o.Log.Error("what came of a fix cannot be written down", "error", err)
		e.journal.entries[e.journal.find(f.ID)].Fix = f
	}
	e.busy, e.running = "", nil
	e.changed.Notify()
}

// tell shows how far it has come.
func (e *Engine) tell(f local.Fix) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = &f
	e.changed.Notify()
}

// steps takes the steps one after the other. One that fails is told of; the fix has
// failed when none came to its end.
func (e *Engine) steps(p planned, f *local.Fix) (back []undoing) {
	ctx, cancel := context.WithTimeout(e.ctx, p.recipe.Timeout)
	defer cancel()
	taken := 0
	for i, step := range p.recipe.Steps {
		if p.plans[i] == nil {
			continue
		}
		e.tell(*f)
		done, err := e.o.Hands.Do(ctx, p.owner, step, *p.plans[i])
		if err != nil {
			e.o.Log.Warn("a step of a fix failed", "recipe", f.Recipe, "step", kindOf(step), "error", err)
			outcome, sentence, said := failed(e.ctx, ctx, err)
			f.Said = append(slices.Clone(f.Said), said)
			if outcome == local.FixUncertain || ctx.Err() != nil {
				f.Outcome, f.Sentence = outcome, sentence
				return back
			}
			f.Did = append(f.Did, sentence)
			continue
		}
		taken++
		f.Did = append(f.Did, done.Says)
		f.Said = append(slices.Clone(f.Said), done.Said)
		if _, can := step.(Undoer); can && done.Back != "" {
			if u, err := packed(step, done); err == nil {
				back = append(back, u)
			}
		}
	}
	if taken == 0 && len(f.Did) > 0 {
		f.Outcome, f.Sentence, f.Did = local.FixCouldNot, f.Did[0], nil
	}
	return back
}

// failed says what came of a step that did not come to its end.
func failed(agent, ctx context.Context, err error) (local.FixOutcome, string, tongue.Text) {
	outcome := local.FixUncertain
	var text tongue.Text
	switch {
	case agent.Err() != nil:
		text = tongue.Of("fix.stopped")
	case fault.Is(err, fault.Unknown):
		text = tongue.Of("fix.interrupted")
	case ctx.Err() != nil:
		outcome, text = local.FixCouldNot, tongue.Of("fix.late")
	default:
		return local.FixCouldNot, fault.Sentence(err), fault.TextOf(err)
	}
	return outcome, text.English(), text
}

// judge looks whether what was found is gone.
func (e *Engine) judge(p planned, f *local.Fix) {
	if past(p.finding) {
		f.Outcome, f.Sentence = local.FixUncertain, say(f, tongue.Of("fix.past"))
		return
	}
	f.Doing = say(f, tongue.Of("fix.judging"))
	e.tell(*f)
	for n := range looks {
		if n > 0 && pause(e.ctx, betweenTwo) != nil {
			break
		}
		ctx, cancel := context.WithTimeout(e.ctx, lookWithin)
		c, err := e.o.Room.Look(ctx)
		cancel()
		if err != nil {
			continue
		}
		f.After = readings(*p.finding.Fix, c.Snapshot)
		if !readable(p.finding, c.Snapshot) {
			continue
		}
		now, there := still(p.finding, c.Findings)
		if there && p.recipe.Code == diagnostics.SetClock {
			there = !clockRight(c.Snapshot)
		}
		if !there {
			f.Outcome, f.Sentence = local.FixHelped, say(f, tongue.Of("fix.gone"))
			return
		}
		f.Outcome, f.Sentence = local.FixNoHelp, say(f, tongue.Of("fix.no_help", tongue.Sub("sentence", sentenceOf(now))))
	}
	if f.Outcome == "" {
		f.Outcome, f.Sentence = local.FixUncertain, say(f, tongue.Of("fix.unread"))
	}
}

func sentenceOf(f diagnostics.Finding) tongue.Text {
	if f.Said.Sentence.IsZero() {
		return tongue.Verbatim(f.Sentence)
	}
	return f.Said.Sentence
}

// say is a text's English; the text goes along with the fix, once.
func say(f *local.Fix, t tongue.Text) string {
	english := t.English()
	for _, s := range f.Said {
		if s.English() == english {
			return english
		}
	}
	f.Said = append(slices.Clone(f.Said), t)
	return english
}
