// Package checkup is the window “Check this computer”: the answer first, then
// what it rests on.
package checkup

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/mend"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Checkup(context.Context, local.CheckupRequest, func(local.Checkup)) error
	mend.Agent
}

// Checkup is the window's content.
type Checkup struct {
	host  page.Host
	agent Agent

	link local.Status
	last *local.Checkup
	err  error
	stop context.CancelFunc // of the check-up that runs; nil when none does
	mend *mend.Part

	root           fyne.CanvasObject
	settle         *widgets.Settler
	keys           *widgets.Keys
	notice         *widgets.Notice
	scroll         *container.Scroll
	sign, answer   *widgets.Words
	mark           *fyne.Container
	raw            *fyne.Container
	more, checking *widgets.Words
	problem        *widgets.Words
	findings       *widgets.Findings
	found          fyne.CanvasObject
	sections       *widgets.Sections
	again, ring    *widgets.Button
}

// New returns the window's content.
func New(h page.Host, a Agent) *Checkup {
	c := &Checkup{host: h, agent: a}
	c.build()
	c.render()
	return c
}

// Content is the window's content.
func (c *Checkup) Content() fyne.CanvasObject { return c.root }

// Status takes the state of the connection over.
func (c *Checkup) Status(s local.Status) {
	c.link = s
	c.render()
}

// Shown checks the computer anew: whoever opens this window wants to know now.
func (c *Checkup) Shown(string) {
	if c.stop == nil && c.mend.State().Stage == model.MendNone {
		c.check()
	}
	c.host.Window.Canvas().Focus(c.ring)
}

// Hidden does nothing: there is nothing to lose.
func (c *Checkup) Hidden() {}

func (c *Checkup) check() {
	if c.stop != nil {
		c.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop, c.last, c.err = stop, nil, nil
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
		err := page.Patiently(ctx, func() error {
			return c.agent.Checkup(ctx, local.CheckupRequest{}, func(part local.Checkup) {
				current(func() { c.last = &part })
			})
		})
		current(func() {
			if c.err = err; err == nil && (c.last == nil || !c.last.Done) {
				c.err = fault.New(fault.Unavailable, model.WordsCheckupCut())
			}
			stop()
			c.stop = nil
		})
	})
}

func (c *Checkup) build() {
	c.keys = &widgets.Keys{Escape: c.host.Close}
	c.notice = widgets.NewNotice()
	c.sign = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true, Clip: true})
	c.mark = widgets.FixedWidth(28, c.sign)
	c.answer = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	c.more = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	c.checking = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	c.problem = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	c.findings = widgets.NewFindings(c.keys, true)
	c.findings.Mend = func(f model.Finding) {
		if c.last != nil && c.last.Done {
			c.mend.Offer(c.last.ID, f)
		}
	}
	c.mend = mend.New(mend.Around{Host: c.host, Agent: c.agent, Keys: c.keys, Back: model.WordsMendBack(), Render: c.render, Left: func(touched bool) {
		if touched {
			c.check()
		}
		c.host.Window.Canvas().Focus(c.ring)
	}})
	c.found = widgets.Card(c.findings.Container)
	c.sections = widgets.NewSections(c.keys,
		func(n diagnostics.SectionName) []string { return model.SectionText(c.last, n) },
		nil, func(s string) { fyne.CurrentApp().Clipboard().SetContent(s) })
	c.again = widgets.NewButton(model.WordsCheckupAgain(), widgets.Plain, c.keys, c.check).WithIcon(theme.IconRefresh)
	c.ring = widgets.NewButton(model.WordsCheckupRing(), widgets.Main, c.keys, func() {
		c.host.Show(session.Request{Show: session.Ring})
	})
	head := widgets.Column(8, widgets.TopRow(12, 1, c.mark, c.answer), c.more, c.checking, c.problem)
	c.raw = widgets.Column(8, widgets.NewWords(model.WordsCheckupRaw(), widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true}), widgets.Card(c.sections.Container))
	c.scroll = container.NewVScroll(widgets.Pad(widgets.Column(20, head, c.mend.Box, c.found, c.raw), 16, 20))
	bar := widgets.Pad(widgets.Row(8, 0, widgets.NewWords("", widgets.Style{}), c.again, c.ring), 16, 10)
	foot := container.NewBorder(widgets.Separator(), nil, nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), bar))
	c.keys.Focused = func(o fyne.CanvasObject) { widgets.Reveal(c.scroll, foot, o) }
	c.root = container.NewBorder(c.notice.Container, foot, nil, nil, c.scroll)
	c.settle = widgets.NewSettler(c.root)
}

// render shows the state. It touches only what differs.
func (c *Checkup) render() {
	defer c.settle.Settle()
	v := model.CheckupOf(c.link, c.last, c.err)
	c.notice.Set(v.Notice)
	c.sign.Set(theme.SeverityGlyph(v.Severity))
	c.sign.SetColor(theme.SeverityToken(v.Severity))
	mending := model.MendOf(c.mend.State())
	if mending.Shown { // one thing at a time; the answer may be another one afterwards
		v.More, v.Checking, v.Problem = "", "", ""
	}
	widgets.Show(c.mark, (v.Known || v.Problem != "") && !mending.Shown)
	c.answer.Set(v.Answer)
	widgets.Show(c.answer, !mending.Shown)
	c.more.SetOrHide(v.More)
	c.checking.SetOrHide(v.Checking)
	c.problem.SetOrHide(v.Problem)
	c.findings.Set(v.Findings)
	c.mend.Set(mending)
	widgets.Show(c.found, len(v.Findings) > 0 && !mending.Shown)
	c.sections.Set(v.Sections, false)
	widgets.Show(c.raw, (c.last != nil || v.Checking != "") && !mending.Shown)
	c.again.SetEnabled(v.Checking == "" && !mending.Shown)
}
