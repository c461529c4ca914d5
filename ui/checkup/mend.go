package checkup

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// mending is the part of the window that stands in the findings' place while one
// of them is mended.
type mending struct {
	state model.Mend
	stop  context.CancelFunc // of what the agent is asked now; nil when nothing is

	box                       *fyne.Container
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

func (c *Checkup) buildMend() fyne.CanvasObject {
	m := &c.mend
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
	m.do = widgets.NewButton(model.WordsMendDo(), widgets.Main, c.keys, c.doMend)
	m.leave = widgets.NewButton(model.WordsMendLeave(), widgets.Plain, c.keys, c.leaveMend)
	m.yes = widgets.NewButton(model.WordsMendYes(), widgets.Plain, c.keys, func() { c.answerMend(true) })
	m.no = widgets.NewButton(model.WordsMendNo(), widgets.Plain, c.keys, func() { c.answerMend(false) })
	m.undo = widgets.NewButton(model.WordsMendUndo(), widgets.Plain, c.keys, c.undoMend)
	m.back = widgets.NewButton(model.WordsMendBack(), widgets.Plain, c.keys, c.leaveMend)
	m.decide = widgets.Flow(8, m.leave, m.do)
	m.answer = widgets.Column(8, m.question, widgets.Flow(8, m.yes, m.no))
	m.afterward = widgets.Flow(8, m.undo, m.back)
	m.box = widgets.Card(widgets.Column(10, m.title, m.about, m.what, m.figures, m.head, m.did, m.changes, m.left, m.progress, m.problem, m.decide, m.answer, m.thanks, m.afterward))
	return m.box
}

// offerMend asks the agent what mending a finding would do.
func (c *Checkup) offerMend(f model.Finding) {
	if c.last == nil || !c.last.Done || c.mend.stop != nil {
		return
	}
	c.mend.state = model.Mend{Stage: model.MendLooking, Finding: f}
	request := local.FixRequest{Checkup: c.last.ID, Finding: f.Code}
	var plan local.FixPlan
	c.ask(func(ctx context.Context, _ func(func())) (err error) {
		plan, err = c.agent.PlanFix(ctx, request)
		return err
	}, func(err error) {
		c.mend.state.Stage, c.mend.state.Plan, c.mend.state.Err = model.MendOffered, plan, err
		if err != nil {
			c.mend.state.Stage = model.MendFailed
		}
	})
}

// doMend is the employee's yes.
func (c *Checkup) doMend() {
	if c.mend.state.Stage != model.MendOffered || c.mend.stop != nil {
		return
	}
	c.mend.state.Stage, c.mend.state.Fix = model.MendRunning, local.Fix{}
	plan := c.mend.state.Plan.ID
	c.ask(func(ctx context.Context, current func(func())) error {
		return c.agent.Fix(ctx, plan, func(f local.Fix) { current(func() { c.mend.state.Fix = f }) })
	}, func(err error) {
		c.mend.state.Stage, c.mend.state.Err = model.MendDone, nil
		switch began := c.mend.state.Fix.ID != ""; {
		case err != nil && !began:
			c.mend.state.Stage, c.mend.state.Err = model.MendFailed, err
		case c.mend.state.Fix.Outcome == "":
			c.mend.state.Stage, c.mend.state.Err = model.MendFailed, fault.New(fault.Unavailable, model.WordsMendCut())
		}
	})
}

func (c *Checkup) answerMend(helped bool) {
	id := c.mend.state.Fix.ID
	c.change(func(ctx context.Context) (local.Fix, error) { return c.agent.FixHelped(ctx, id, helped) })
}

func (c *Checkup) undoMend() {
	id := c.mend.state.Fix.ID
	c.change(func(ctx context.Context) (local.Fix, error) { return c.agent.UndoFix(ctx, id) })
}

// change has the agent change what it keeps of a fix that is done.
func (c *Checkup) change(do func(context.Context) (local.Fix, error)) {
	if c.mend.state.Stage != model.MendDone || c.mend.stop != nil {
		return
	}
	var f local.Fix
	c.ask(func(ctx context.Context, _ func(func())) (err error) {
		f, err = do(ctx)
		return err
	}, func(err error) {
		if c.mend.state.Err = err; err == nil {
			c.mend.state.Fix = f
		}
	})
}

// leaveMend goes back to the findings. After something was done they are looked
// for anew.
func (c *Checkup) leaveMend() {
	if c.mend.state.Stage == model.MendRunning {
		return
	}
	touched := c.mend.state.Fix.ID != "" || c.mend.state.Stage == model.MendFailed
	if c.mend.stop != nil {
		c.mend.stop()
		c.mend.stop = nil
	}
	c.mend.state = model.Mend{}
	if touched {
		c.check()
	}
	c.render()
	c.host.Window.Canvas().Focus(c.ring)
}

// ask runs something at the agent in the background, and then on the main
// goroutine what follows from it, unless the employee has gone on meanwhile.
func (c *Checkup) ask(do func(ctx context.Context, current func(func())) error, then func(error)) {
	ctx, stop := context.WithCancel(context.Background())
	c.mend.stop = stop
	c.host.Window.Canvas().Unfocus() // the button that was pressed may be gone
	c.render()
	c.host.Go(func(program context.Context) {
		defer context.AfterFunc(program, stop)()
		current := func(on func()) {
			c.host.Main(func() {
				if ctx.Err() == nil {
					on()
					c.render()
				}
			})
		}
		err := do(ctx, current)
		current(func() {
			stop()
			c.mend.stop = nil
			then(err)
			c.focusMend()
		})
	})
}

// focusMend puts the keyboard on the harmless one of what can be pressed now.
func (c *Checkup) focusMend() {
	v := model.MendOf(c.mend.state)
	c.renderMend(v)
	canvas := c.host.Window.Canvas()
	switch {
	case v.Do:
		canvas.Focus(c.mend.leave)
	case v.Answer:
		canvas.Focus(c.mend.yes)
	case v.Back:
		canvas.Focus(c.mend.back)
	}
}

func (c *Checkup) renderMend(v model.MendView) {
	m := &c.mend
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
	widgets.Show(m.box, v.Shown)
}
