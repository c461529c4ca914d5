// Package settings is the window in which a person says how they want Deskbell, and
// reads how their machine is set up.
package settings

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the window asks of the agent.
type Agent interface {
	About(context.Context) (local.About, error)
}

// Startup is whether the bell comes with the session.
type Startup interface {
	On() bool
	Set(on bool) error
}

// Options are what the window changes.
type Options struct {
	Now func() prefs.Prefs
	// Set keeps the preferences and brings them about, in every program of the
	// person's. An error says that they are not kept.
	Set     func(prefs.Prefs) error
	Startup Startup // nil where people cannot choose
}

// patience is how long the agent may take to answer.
const patience = 5 * time.Second

// Settings is the window's content.
type Settings struct {
	host  page.Host
	agent Agent
	o     Options

	status  local.Status
	set     *local.About
	visible bool

	root      fyne.CanvasObject
	settle    *widgets.Settler
	keys      *widgets.Keys
	languages map[tongue.Language]*widgets.Tick
	shades    map[prefs.Shade]*widgets.Tick
	sizes     map[int]*widgets.Tick // by percent
	spans     []span
	decisions *widgets.Tick
	start     *widgets.Tick
	problem   *widgets.Words
	machine   *fyne.Container
	said      []string
}

// span is a choice of quiet hours.
type span struct {
	from, to int // minutes of the day
	tick     *widgets.Tick
}

// New returns the window's content.
func New(h page.Host, a Agent, o Options) *Settings {
	s := &Settings{host: h, agent: a, o: o}
	s.build()
	s.render()
	return s
}

// Content is the window's content.
func (s *Settings) Content() fyne.CanvasObject { return s.root }

// Status shows how the machine stands to its server.
func (s *Settings) Status(now local.Status) {
	back := s.status.Connection == local.NoAgent && now.Connection != local.NoAgent
	s.status = now
	if s.visible && (back || s.set == nil) {
		s.ask()
	}
	s.render()
}

// Shown asks how the machine is set up.
func (s *Settings) Shown(string) {
	s.visible = true
	s.ask()
	s.render()
	if c := s.host.Window.Canvas(); c.Focused() == nil {
		c.Focus(s.languages[s.o.Now().Language])
	}
}

// Hidden is for page.Page: everything is kept at once.
func (s *Settings) Hidden() { s.visible = false }

func (s *Settings) ask() {
	s.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		about, err := s.agent.About(ctx)
		if err != nil || program.Err() != nil {
			return // it is said that it is not known
		}
		s.host.Main(func() {
			s.set = &about
			s.render()
		})
	})
}

func (s *Settings) build() {
	s.keys = &widgets.Keys{Escape: s.host.Close}
	muted := widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}
	s.problem = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Critical, Bold: true})
	s.machine = widgets.Column(4)
	s.decisions = widgets.NewTick(model.WordsDecisions(), true, s.keys, func(on bool) {
		s.change(func(p *prefs.Prefs) { p.AnswersOnly = !on })
	})
	parts := []fyne.CanvasObject{
		s.problem,
		group(model.WordsLanguage(), s.chooseLanguage()),
		group(model.WordsShade(), s.chooseShade()),
		group(model.WordsTextSize(), s.chooseTextSize()),
		group(model.WordsNotes(), widgets.NewWords(model.WordsAnswers(), muted), s.decisions),
		group(model.WordsQuiet(), s.chooseQuiet(), widgets.NewWords(model.WordsQuietIs(), muted)),
	}
	if s.o.Startup != nil {
		s.start = widgets.NewTick(model.WordsStart(), s.o.Startup.On(), s.keys, s.startWithSession)
		parts = append(parts, s.start)
	}
	parts = append(parts, widgets.Separator(), group(model.WordsMachine(), s.machine))
	all := widgets.Pad(widgets.Column(16, parts...), 20, 20)
	s.root = container.NewStack(widgets.NewBox(theme.Surface, "", 0), container.NewVScroll(all))
	s.settle = widgets.NewSettler(s.root)
}

func group(name string, parts ...fyne.CanvasObject) fyne.CanvasObject {
	return widgets.Column(8, append([]fyne.CanvasObject{widgets.NewWords(name, widgets.Style{Bold: true})}, parts...)...)
}

func (s *Settings) chooseLanguage() fyne.CanvasObject {
	s.languages = map[tongue.Language]*widgets.Tick{}
	row := widgets.Flow(12)
	for _, l := range append([]tongue.Language{""}, tongue.Languages()...) {
		s.languages[l] = widgets.NewOption(model.LanguageName(l), s.keys, func() {
			s.change(func(p *prefs.Prefs) { p.Language = l })
		})
		row.Add(s.languages[l])
	}
	return row
}

func (s *Settings) chooseShade() fyne.CanvasObject {
	s.shades = map[prefs.Shade]*widgets.Tick{}
	row := widgets.Flow(12)
	for _, one := range []struct {
		shade prefs.Shade
		words string
	}{{prefs.AsDesktop, model.WordsAsDesktop()}, {prefs.Light, model.WordsLight()}, {prefs.Dark, model.WordsDark()}} {
		s.shades[one.shade] = widgets.NewOption(one.words, s.keys, func() {
			s.change(func(p *prefs.Prefs) { p.Shade = one.shade })
		})
		row.Add(s.shades[one.shade])
	}
	return row
}

func (s *Settings) chooseTextSize() fyne.CanvasObject {
	s.sizes = map[int]*widgets.Tick{}
	row := widgets.Flow(12)
	for _, percent := range prefs.TextSizes() {
		s.sizes[percent] = widgets.NewOption(model.TextSize(percent), s.keys, func() {
			s.change(func(p *prefs.Prefs) { p.Text = percent })
		})
		row.Add(s.sizes[percent])
	}
	return row
}

func (s *Settings) chooseQuiet() fyne.CanvasObject {
	s.spans = []span{{0, 0, nil}, {12 * 60, 13 * 60, nil}, {18 * 60, 8 * 60, nil}, {22 * 60, 7 * 60, nil}}
	row := widgets.Flow(12)
	for i, one := range s.spans {
		s.spans[i].tick = widgets.NewOption(model.QuietSpan(one.from, one.to), s.keys, func() {
			s.change(func(p *prefs.Prefs) { p.QuietFrom, p.QuietTo = one.from, one.to })
		})
		row.Add(s.spans[i].tick)
	}
	return row
}

// change keeps what somebody has chosen.
func (s *Settings) change(do func(*prefs.Prefs)) {
	p := s.o.Now()
	do(&p)
	said := ""
	if s.o.Set(p) != nil {
		said = model.WordsUnsaved()
	}
	s.problem.SetOrHide(said)
	s.render()
}

func (s *Settings) startWithSession(on bool) {
	said := ""
	if s.o.Startup.Set(on) != nil {
		said = model.WordsStartFailed()
	}
	s.problem.SetOrHide(said)
	s.render()
}

// render shows what holds.
func (s *Settings) render() {
	defer s.settle.Settle()
	p := s.o.Now()
	for l, tick := range s.languages {
		tick.Set(l == p.Language)
	}
	for shade, tick := range s.shades {
		tick.Set(shade == p.Shade)
	}
	for percent, tick := range s.sizes {
		tick.Set(percent == p.TextSize())
	}
	for _, one := range s.spans {
		tick := one.tick
		tick.Set(one.from == p.QuietFrom && one.to == p.QuietTo)
	}
	s.decisions.Set(!p.AnswersOnly)
	if s.start != nil {
		s.start.Set(s.o.Startup.On())
	}
	s.problem.SetOrHide(s.problem.Text())
	said := model.SettingsOf(s.status, s.set, s.host.Now())
	if slices.Equal(said, s.said) {
		return
	}
	s.said = said
	s.machine.Objects = nil
	for _, line := range said {
		s.machine.Add(widgets.NewWords(line, widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}))
	}
	widgets.Relayout(s.machine)
}
