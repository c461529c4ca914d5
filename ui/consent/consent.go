// Package consent is the window in which somebody says whether another person may
// work on their computer from afar, sees that it goes on, and ends it.
package consent

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Consent(ctx context.Context, id string, a local.ConsentAnswer) error
	EndLook(ctx context.Context, id string) error
}

// patience is how long the agent may take to answer.
const patience = 5 * time.Second

// Consent is the window's content.
type Consent struct {
	host  page.Host
	agent Agent

	status  local.Status
	asked   string // what the keyboard was put at
	visible bool
	tick    func()

	root                    fyne.CanvasObject
	settle                  *widgets.Settler
	keys                    *widgets.Keys
	letters, who, what, why *widgets.Words
	long, until, problem    *widgets.Words
	person                  *fyne.Container
	remember                *widgets.Tick
	yes, no, end            *widgets.Button
}

// New returns the window's content.
func New(h page.Host, a Agent) *Consent {
	c := &Consent{host: h, agent: a}
	c.build()
	c.render()
	return c
}

// Content is the window's content.
func (c *Consent) Content() fyne.CanvasObject { return c.root }

// Status shows what is asked now, and what goes on.
func (c *Consent) Status(s local.Status) {
	c.status = s
	c.render()
	if v := model.ConsentOf(s, c.host.Now()); c.visible && v.Asking == "" && v.Live == "" {
		c.host.Close() // nothing is asked any more, and nothing goes on
	}
}

// Shown begins to count down.
func (c *Consent) Shown(string) {
	c.visible, c.asked = true, ""
	c.problem.SetOrHide("")
	c.clock()
	c.render()
}

// Hidden stops the clock. Whoever closes the window of a question has not agreed.
func (c *Consent) Hidden() {
	c.visible = false
	if c.tick != nil {
		c.tick()
	}
	if v := model.ConsentOf(c.status, c.host.Now()); v.Asking != "" {
		c.answer(false)
	}
}

func (c *Consent) clock() {
	if c.tick != nil {
		c.tick()
	}
	c.tick = c.host.After(time.Second, func() {
		c.render()
		c.clock()
	})
}

func (c *Consent) build() {
	c.keys = &widgets.Keys{Escape: c.host.Close}
	c.letters = widgets.NewWords("", widgets.Style{Bold: true, Size: theme.SizeHeading})
	c.who = widgets.NewWords("", widgets.Style{Bold: true})
	c.person = widgets.Row(12, 1, widgets.Card(widgets.FixedWidth(36, c.letters)), c.who)
	c.what = widgets.NewWords("", widgets.Style{})
	c.why = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	small := widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}
	c.long, c.until, c.problem = widgets.NewWords("", small), widgets.NewWords("", small), widgets.NewWords("", widgets.Style{})
	c.remember = widgets.NewTick(model.WordsConsentRemember(), false, c.keys, func(bool) {})
	c.no = widgets.NewButton(model.WordsConsentNo(), widgets.Main, c.keys, func() { c.answer(false) })
	c.yes = widgets.NewButton(model.WordsConsentYes(), widgets.Plain, c.keys, func() { c.answer(true) })
	c.end = widgets.NewButton(model.WordsConsentEnd(), widgets.Main, c.keys, c.stop)
	all := widgets.Column(12, c.person, c.what, c.why, c.long, c.remember, c.problem)
	// The buttons are seen however long the words above them are.
	foot := widgets.Column(12, widgets.Flow(8, c.no, c.yes, c.end), c.until)
	c.root = container.NewStack(widgets.NewBox(theme.Surface, "", 0), container.NewBorder(nil, widgets.Pad(foot, 20, 20), nil, nil, container.NewVScroll(widgets.Pad(all, 20, 20))))
	c.settle = widgets.NewSettler(c.root)
}

// answer sends the person's answer.
func (c *Consent) answer(agreed bool) {
	id := model.ConsentOf(c.status, c.host.Now()).Asking
	if id == "" {
		return
	}
	a := local.ConsentAnswer{Yes: agreed, Remember: agreed && c.remember.On()}
	c.send(func(ctx context.Context) error { return c.agent.Consent(ctx, id, a) })
}

// stop ends what goes on.
func (c *Consent) stop() {
	if id := model.ConsentOf(c.status, c.host.Now()).Live; id != "" {
		c.send(func(ctx context.Context) error { return c.agent.EndLook(ctx, id) })
	}
}

func (c *Consent) send(do func(context.Context) error) {
	c.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		err := do(ctx)
		if program.Err() != nil {
			return
		}
		c.host.Main(func() {
			if err != nil {
				c.problem.SetOrHide(model.Sentence(err))
				c.settle.Settle()
			}
		})
	})
}

// render shows the state. The keyboard goes to “Not now” once for each question:
// whoever types at that moment agrees to nothing.
func (c *Consent) render() {
	defer c.settle.Settle()
	v := model.ConsentOf(c.status, c.host.Now())
	widgets.Show(c.person, v.Who != "")
	c.letters.Set(v.Initials)
	c.who.Set(v.Who)
	c.what.SetOrHide(v.What + v.None)
	c.why.SetOrHide(v.Why)
	c.long.SetOrHide(v.Long)
	c.until.SetOrHide(v.Until)
	for _, o := range []fyne.CanvasObject{c.no, c.yes} {
		widgets.Show(o, v.Asking != "")
	}
	widgets.Show(c.remember, v.Asking != "" && !v.Once)
	widgets.Show(c.end, v.Live != "")
	if now := v.Asking + v.Live; c.visible && now != c.asked {
		c.asked = now
		c.remember.Set(false)
		c.problem.SetOrHide("")
		switch {
		case v.Asking != "":
			c.host.Window.Canvas().Focus(c.no)
		case v.Live != "":
			c.host.Window.Canvas().Focus(c.end)
		}
	}
}
