// Package looks is the window “What is collected and who looked”.
package looks

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Ledger(context.Context) (local.Ledger, error)
	About(context.Context) (local.About, error)
}

// patience is how long the agent may take to answer.
const patience = 10 * time.Second

// Looks is the window's content.
type Looks struct {
	host  page.Host
	agent Agent

	visible bool
	now     []local.Look // who looks, as the status has it
	all     local.Ledger
	loaded  bool
	err     error
	asking  bool
	set     *local.About // how the machine is set up; nil until there was an answer
	second  bool         // what is collected is shown
	tick    func()

	root   fyne.CanvasObject
	settle *widgets.Settler
	keys   *widgets.Keys
	answer *widgets.Words
	about  *widgets.Words
	broken *widgets.Words
	shown  []model.LookRow
	rows   *widgets.List
	why    *widgets.Words
	retry  *widgets.Button
	ghost  *fyne.Container

	looked, collected *widgets.Tick
	settings          *widgets.Button
	things            *fyne.Container
	scroll            *container.Scroll
	shownThings       []model.CollectedRow
}

// New returns the window's content.
func New(h page.Host, a Agent) *Looks {
	l := &Looks{host: h, agent: a}
	l.build()
	l.render()
	return l
}

// Content is the window's content.
func (l *Looks) Content() fyne.CanvasObject { return l.root }

// Status asks anew when somebody has begun or ended a look.
func (l *Looks) Status(s local.Status) {
	changed := !slices.EqualFunc(s.Looking, l.now, func(a, b local.Look) bool { return a.ID == b.ID })
	l.now = s.Looking
	if l.visible && (changed || l.err != nil && s.Connection != local.NoAgent) {
		l.ask()
	}
}

// Shown asks who has looked.
func (l *Looks) Shown(string) {
	l.visible = true
	l.ask()
	l.clock()
	l.focus()
}

// focus puts the keyboard into the list, once there is one.
func (l *Looks) focus() {
	if l.visible && !l.second && l.rows.Visible() && l.host.Window.Canvas().Focused() == nil {
		l.host.Window.Canvas().Focus(l.rows)
	}
}

// Hidden stops the clock.
func (l *Looks) Hidden() {
	l.visible = false
	if l.tick != nil {
		l.tick()
	}
}

func (l *Looks) clock() {
	if l.tick != nil {
		l.tick()
	}
	l.tick = l.host.After(time.Minute, func() {
		l.render()
		l.clock()
	})
}

func (l *Looks) ask() {
	if l.asking {
		return
	}
	l.asking = true
	if !l.loaded {
		l.host.After(200*time.Millisecond, func() {
			widgets.Show(l.ghost, !l.loaded && l.err == nil)
			l.settle.Settle()
		})
	}
	l.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		all, err := l.agent.Ledger(ctx)
		about, bad := l.agent.About(ctx)
		if program.Err() != nil {
			return
		}
		l.host.Main(func() {
			l.asking, l.err = false, err
			if err == nil {
				l.all, l.loaded = all, true
			}
			if bad == nil {
				l.set = &about
			}
			l.render()
		})
	})
}

func (l *Looks) build() {
	l.keys = &widgets.Keys{Escape: l.host.Close}
	l.answer = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	l.about = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	l.broken = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Critical, Bold: true})
	l.rows = widgets.NewList(l.keys, func() int { return len(l.shown) },
		func() fyne.CanvasObject { return newRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if r, ok := o.(*row); ok && i < len(l.shown) {
				r.set(l.shown[i])
			}
		})
	l.rows.OnSelected = func(i widget.ListItemID) { l.rows.Unselect(i) }
	l.why = widgets.NewWords("", widgets.Style{})
	l.retry = widgets.NewButton(model.WordsTryAgain(), widgets.Plain, l.keys, l.ask)
	nothing := widgets.Pad(widgets.Column(16, l.why, widgets.Row(0, -1, l.retry)), 20, 20)
	l.ghost = widgets.Pad(widgets.Skeleton(4), 20, 20)
	l.ghost.Hide()
	head := container.NewBorder(nil, widgets.Separator(), nil, nil, widgets.Pad(widgets.Column(4, l.tabs(), l.answer, l.about, l.broken), 20, 16))
	body := container.NewStack(widgets.NewBox(theme.Surface, "", 0), l.rows, l.list(), nothing, l.ghost)
	l.root = container.NewBorder(head, nil, nil, nil, body)
	l.settle = widgets.NewSettler(l.root)
}

// render shows the state. It touches only what differs.
func (l *Looks) render() {
	defer l.settle.Settle()
	v := model.LooksOf(l.all, l.loaded, l.err, l.host.Now())
	if l.second {
		v = model.CollectedView(l.set, l.err)
	}
	l.showThings(v.Collected)
	l.answer.SetOrHide(v.Answer)
	l.about.SetOrHide(v.About)
	broken := v.Broken
	if broken != "" {
		broken = theme.SeverityGlyph(diagnostics.Critical) + " " + broken
	}
	l.broken.SetOrHide(broken)
	if !slices.Equal(v.Rows, l.shown) {
		l.shown = v.Rows
		l.rows.Refresh()
	}
	widgets.Show(l.rows, len(v.Rows) > 0)
	l.focus()
	l.why.SetOrHide(v.Empty + v.Problem)
	widgets.Show(l.retry, v.Problem != "")
	if !v.Loading {
		widgets.Show(l.ghost, false)
	}
}
