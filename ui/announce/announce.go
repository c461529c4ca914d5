// Package announce is the window “Announcements”: known outages that concern this
// computer, and those that are over since yesterday.
package announce

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/known"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what is asked of the agent.
type Agent interface {
	known.Agent
	Fixed(ctx context.Context, question string, f local.Fixed) (local.Receipt, error)
}

// Announce is the window's content.
type Announce struct {
	host    page.Host
	status  local.Status
	visible bool
	tick    func()

	agent     Agent
	said      model.Hitting // whether it is fixed
	asked     []model.FixedQuestion
	questions *fyne.Container

	root   fyne.CanvasObject
	settle *widgets.Settler
	keys   *widgets.Keys
	notice *widgets.Notice
	answer *widgets.Words
	empty  *widgets.Words
	live   *known.Part
	before *widgets.Words
	over   *known.Part
	scroll *container.Scroll
	shut   *widgets.Button
}

// New returns the window's content.
func New(h page.Host, a Agent) *Announce {
	w := &Announce{host: h, agent: a, said: model.Hitting{}, questions: widgets.Column(10)}
	w.questions.Hide()
	w.keys = &widgets.Keys{Escape: h.Close}
	w.notice = widgets.NewNotice()
	w.answer = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	w.empty = widgets.NewWords("", widgets.Style{})
	w.live = known.New(h, a, w.keys, false, w.render)
	w.before = widgets.NewWords(model.WordsOutagesOver(), widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true})
	w.over = known.New(h, a, w.keys, false, w.render)
	w.shut = widgets.NewButton(model.WordsClose(), widgets.Plain, w.keys, h.Close)
	w.scroll = container.NewVScroll(widgets.Pad(widgets.Column(14, w.questions, w.answer, w.empty, w.live.Box, w.before, w.over.Box), 16, 16))
	foot := container.NewBorder(widgets.Separator(), nil, nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), widgets.Pad(widgets.FlowEnd(8, w.shut), 16, 10)))
	w.keys.Focused = func(o fyne.CanvasObject) { widgets.Reveal(w.scroll, foot, o) }
	w.root = container.NewBorder(w.notice.Container, foot, nil, nil, w.scroll)
	w.settle = widgets.NewSettler(w.root)
	w.render()
	return w
}

// Content is the window's content.
func (w *Announce) Content() fyne.CanvasObject { return w.root }

// Status takes over what is known now.
func (w *Announce) Status(s local.Status) {
	w.status = s
	w.render()
}

// Shown puts the keyboard where it can read on and close.
func (w *Announce) Shown(string) {
	w.visible = true
	w.render()
	w.clock()
	w.host.Window.Canvas().Focus(w.shut)
}

// Hidden stops the clock.
func (w *Announce) Hidden() {
	w.visible = false
	if w.tick != nil {
		w.tick()
	}
}

// clock draws times anew that have become another day's.
func (w *Announce) clock() {
	if w.tick != nil {
		w.tick()
	}
	w.tick = w.host.After(time.Minute, func() {
		w.render()
		w.clock()
	})
}

func (w *Announce) render() {
	if w.root == nil {
		return
	}
	defer w.settle.Settle()
	v := model.AnnouncementsOf(w.status, w.status.Version > 0)
	w.notice.Set(v.Notice)
	w.answer.SetOrHide(v.Answer)
	w.empty.SetOrHide(v.Empty)
	w.ask()
	w.live.Set(v.Live)
	w.over.Set(v.Over)
	widgets.Show(w.before, len(v.Over) > 0)
	widgets.Relayout(w.root)
}
