// Package mend is the part of a window that stands in the findings' place while one
// of them is mended: what it will do, the employee's yes, what came of it, and
// whether it helped.
package mend

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the part asks of the agent.
type Agent interface {
	PlanFix(context.Context, local.FixRequest) (local.FixPlan, error)
	Fix(ctx context.Context, plan string, on func(local.Fix)) error
	FixHelped(ctx context.Context, id string, helped bool) (local.Fix, error)
	UndoFix(ctx context.Context, id string) (local.Fix, error)
}

// Around is the window around the part.
type Around struct {
	Host   page.Host
	Agent  Agent
	Keys   *widgets.Keys
	Back   string             // what stands on the button that leads back to the findings
	Render func()             // shows the window's state, this part's by Set
	Left   func(touched bool) // the employee goes back to the findings; touched says that they may have changed
}

// Part is the part of the window.
type Part struct {
	Around
	Box   *fyne.Container
	state model.Mend
	stop  context.CancelFunc // of what the agent is asked now; nil when nothing is

	title, about, what        *widgets.Words
	figures, left, progress   *widgets.Words
	sign, result, did         *widgets.Words
	head                      *fyne.Container
	changes, problem          *widgets.Words
	question, thanks          *widgets.Words
	do, leave, yes, no        *widgets.Button
	undo, back                *widgets.Button
	decide, answer, afterward *fyne.Container
}

// New returns the part, which shows nothing yet.
func New(a Around) *Part {
	m := &Part{Around: a}
	plain := widgets.Style{}
	small := widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}
	m.title = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	m.about, m.what = widgets.NewWords("", small), widgets.NewWords("", plain)
	m.figures, m.left = widgets.NewWords("", plain), widgets.NewWords("", small)
	m.progress, m.did, m.problem = widgets.NewWords("", small), widgets.NewWords("", small), widgets.NewWords("", plain)
	m.sign, m.result = widgets.NewWords("", widgets.Style{Bold: true, Clip: true}), widgets.NewWords("", widgets.Style{Bold: true})
	m.head = widgets.TopRow(10, 1, widgets.FixedWidth(16, m.sign), m.result)
	m.changes = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	m.question, m.thanks = widgets.NewWords("", plain), widgets.NewWords("", small)
	m.do = widgets.NewButton(model.WordsMendDo(), widgets.Main, m.Keys, m.begin)
	m.leave = widgets.NewButton(model.WordsMendLeave(), widgets.Plain, m.Keys, m.leaveIt)
	m.yes = widgets.NewButton(model.WordsMendYes(), widgets.Plain, m.Keys, func() { m.say(true) })
	m.no = widgets.NewButton(model.WordsMendNo(), widgets.Plain, m.Keys, func() { m.say(false) })
	m.undo = widgets.NewButton(model.WordsMendUndo(), widgets.Plain, m.Keys, m.takeBack)
	m.back = widgets.NewButton(m.Back, widgets.Plain, m.Keys, m.leaveIt)
	m.decide = widgets.Flow(8, m.leave, m.do)
	m.answer = widgets.Column(8, m.question, widgets.Flow(8, m.yes, m.no))
	m.afterward = widgets.Flow(8, m.undo, m.back)
	m.Box = widgets.Card(widgets.Column(10, m.title, m.about, m.what, m.figures, m.head, m.did, m.changes, m.left, m.progress, m.problem, m.decide, m.answer, m.thanks, m.afterward))
	return m
}

// State is how far the fix has come.
func (m *Part) State() model.Mend { return m.state }

// Offer asks the agent what mending a finding of a finished check-up would do.
func (m *Part) Offer(checkup string, f model.Finding) {
	if checkup == "" || m.stop != nil {
		return
	}
	m.state = model.Mend{Stage: model.MendLooking, Finding: f}
	request := local.FixRequest{Checkup: checkup, Finding: f.Code}
	var plan local.FixPlan
	m.ask(func(ctx context.Context, _ func(func())) (err error) {
		plan, err = m.Agent.PlanFix(ctx, request)
		return err
	}, func(err error) {
		m.state.Stage, m.state.Plan, m.state.Err = model.MendOffered, plan, err
		if err != nil {
			m.state.Stage = model.MendFailed
		}
	})
}

// begin is the employee's yes.
func (m *Part) begin() {
	if m.state.Stage != model.MendOffered || m.stop != nil {
		return
	}
	m.state.Stage, m.state.Fix = model.MendRunning, local.Fix{}
	plan := m.state.Plan.ID
	m.ask(func(ctx context.Context, current func(func())) error {
		return m.Agent.Fix(ctx, plan, func(f local.Fix) { current(func() { m.state.Fix = f }) })
	}, func(err error) {
		m.state.Stage, m.state.Err = model.MendDone, nil
		switch began := m.state.Fix.ID != ""; {
		case err != nil && !began:
			m.state.Stage, m.state.Err = model.MendFailed, err
		case m.state.Fix.Outcome == "":
			m.state.Stage, m.state.Err = model.MendFailed, fault.New(fault.Unavailable, model.WordsMendCut())
		}
	})
}

func (m *Part) say(helped bool) {
	id := m.state.Fix.ID
	m.change(func(ctx context.Context) (local.Fix, error) { return m.Agent.FixHelped(ctx, id, helped) })
}

func (m *Part) takeBack() {
	id := m.state.Fix.ID
	m.change(func(ctx context.Context) (local.Fix, error) { return m.Agent.UndoFix(ctx, id) })
}

// change has the agent change what it keeps of a fix that is done.
func (m *Part) change(do func(context.Context) (local.Fix, error)) {
	if m.state.Stage != model.MendDone || m.stop != nil {
		return
	}
	var f local.Fix
	m.ask(func(ctx context.Context, _ func(func())) (err error) {
		f, err = do(ctx)
		return err
	}, func(err error) {
		if m.state.Err = err; err == nil {
			m.state.Fix = f
		}
	})
}

// leaveIt goes back to the findings. After something was done they are looked
// for anew.
func (m *Part) leaveIt() {
	if m.state.Stage == model.MendRunning {
		return
	}
	touched := m.state.Fix.ID != "" || m.state.Stage == model.MendFailed
	m.Forget()
	m.Left(touched)
	m.Render()
}

// ask runs something at the agent in the background, and then on the main
// goroutine what follows from it, unless the employee has gone on meanwhile.
func (m *Part) ask(do func(ctx context.Context, current func(func())) error, then func(error)) {
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.Host.Window.Canvas().Unfocus() // the button that was pressed may be gone
	m.Render()
	m.Host.Go(func(program context.Context) {
		defer context.AfterFunc(program, stop)()
		current := func(on func()) {
			m.Host.Main(func() {
				if ctx.Err() == nil {
					on()
					m.Render()
				}
			})
		}
		err := do(ctx, current)
		current(func() {
			stop()
			m.stop = nil
			then(err)
			m.focus()
		})
	})
}

// focus puts the keyboard on the harmless one of what can be pressed now.
func (m *Part) focus() {
	v := model.MendOf(m.state)
	m.Set(v)
	canvas := m.Host.Window.Canvas()
	switch {
	case v.Do:
		canvas.Focus(m.leave)
	case v.Answer:
		canvas.Focus(m.yes)
	case v.Back:
		canvas.Focus(m.back)
	}
}

// Buttons are those of the part, whether they are shown or not.
func (m *Part) Buttons() []*widgets.Button {
	return []*widgets.Button{m.leave, m.do, m.yes, m.no, m.undo, m.back}
}

// Forget ends what was going on in the window, and shows nothing: what the agent
// does goes on.
func (m *Part) Forget() {
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
	m.state = model.Mend{}
}

// Set shows the fix.
func (m *Part) Set(v model.MendView) {
	m.title.SetOrHide(v.Title)
	m.about.SetOrHide(v.About)
	m.what.SetOrHide(v.What)
	m.figures.SetOrHide(strings.Join(v.Figures, "\n"))
	m.left.SetOrHide(strings.Join(v.Left, "\n"))
	m.progress.SetOrHide(v.Progress)
	m.sign.Set(theme.SeverityGlyph(v.Severity))
	m.sign.SetColor(theme.SeverityToken(v.Severity))
	m.result.Set(v.Result)
	widgets.Show(m.head, v.Result != "")
	m.did.SetOrHide(strings.Join(v.Did, "\n"))
	m.changes.SetOrHide(strings.Join(v.Changes, "\n"))
	m.problem.SetOrHide(v.Problem)
	m.question.Set(v.Question)
	m.thanks.SetOrHide(v.Thanks)
	widgets.Show(m.do, v.Do)
	widgets.Show(m.leave, v.Leave)
	widgets.Show(m.decide, v.Do || v.Leave)
	widgets.Show(m.answer, v.Answer)
	widgets.Show(m.undo, v.Undo)
	widgets.Show(m.back, v.Back)
	widgets.Show(m.afterward, v.Undo || v.Back)
	for _, b := range []*widgets.Button{m.yes, m.no, m.undo, m.back} {
		b.SetEnabled(m.stop == nil)
	}
	widgets.Show(m.Box, v.Shown)
}
