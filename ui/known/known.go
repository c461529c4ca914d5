// Package known shows known outages as cards, wherever somebody is about to ask for
// help: “It hits me too” in place of a ticket.
package known

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what is asked of the agent.
type Agent interface {
	HitToo(ctx context.Context, announcement string) (local.Receipt, error)
}

// patience is what the agent may take to put a word on this machine's disk.
const patience = 15 * time.Second

// Part is a column of known outages.
type Part struct {
	Box *fyne.Container

	host   page.Host
	agent  Agent
	keys   *widgets.Keys
	head   string
	brief  bool
	render func()
	state  model.Hitting
	shown  []model.Outage
}

// New returns a part that shows nothing. Before help is asked for it is brief, and has
// a heading; in the window of announcements it says all. render is called when what it
// shows has changed.
func New(h page.Host, a Agent, k *widgets.Keys, brief bool, render func()) *Part {
	p := &Part{Box: widgets.Column(10), host: h, agent: a, keys: k, brief: brief, render: render, state: model.Hitting{}}
	if brief {
		p.head = model.WordsOutageKnown()
	}
	p.Box.Hide()
	return p
}

// Set shows announcements. It touches only what differs.
func (p *Part) Set(list []local.Announcement) {
	var now []model.Outage
	for _, a := range list {
		now = append(now, model.OutageOf(a, p.state, p.host.Now(), p.brief))
	}
	if slices.EqualFunc(now, p.shown, model.Outage.Same) {
		return
	}
	p.shown = now
	p.Box.RemoveAll()
	if len(now) > 0 && p.head != "" {
		p.Box.Add(widgets.NewWords(p.head, widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true}))
	}
	for _, o := range now {
		p.Box.Add(widgets.Card(p.card(o)))
	}
	if len(now) > 0 && p.brief {
		p.Box.Add(widgets.Row(0, -1, widgets.NewButton(model.WordsOutagesAll(), widgets.Quiet, p.keys, func() {
			p.host.Show(session.Request{Show: session.Announcements})
		}).Small().WithIcon(theme.IconRight)))
	}
	widgets.Show(p.Box, len(now) > 0)
}

// Shown is what the part shows.
func (p *Part) Shown() []model.Outage { return p.shown }

func (p *Part) card(o model.Outage) fyne.CanvasObject {
	severity := diagnostics.Severity("")
	if o.Live {
		severity = diagnostics.Warning
	}
	sign := widgets.NewWords(theme.SeverityGlyph(severity), widgets.Style{Bold: true, Color: theme.SeverityToken(severity)})
	column := widgets.Column(6, widgets.TopRow(8, 1, widgets.FixedWidth(20, sign), widgets.NewWords(o.Title, widgets.Style{Bold: true})))
	say := func(text string, s widgets.Style) {
		if text != "" {
			column.Add(widgets.NewWords(text, s))
		}
	}
	small := widgets.Style{Size: theme.SizeSmall, Color: theme.Muted}
	medium := widgets.Style{Size: theme.SizeMedium}
	say(o.Since, small)
	say(o.Closing, medium)
	say(o.Text, medium)
	say(o.Advice, medium)
	for _, u := range o.Updates {
		say(u, medium)
	}
	say(o.Next, small)
	if o.CanHit {
		column.Add(widgets.Row(0, -1, widgets.NewButton(model.WordsOutageHit(), widgets.Plain, p.keys, func() { p.hit(o.ID) }).Small()))
	}
	say(o.Hit, widgets.Style{Size: theme.SizeMedium, Bold: true})
	say(o.Problem, widgets.Style{Size: theme.SizeMedium, Color: theme.Critical})
	return column
}

// Hit says that an outage hits whoever sits here too.
func (p *Part) hit(id string) {
	p.state[id] = model.HitState{Sending: true}
	p.host.Window.Canvas().Unfocus() // what was pressed is gone
	p.render()
	p.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		r, err := p.agent.HitToo(ctx, id)
		if program.Err() != nil {
			return
		}
		if err == nil && r.Delivery == local.Refused {
			err = model.Refusal(r)
		}
		p.host.Main(func() {
			p.state[id] = model.HitState{Done: err == nil, Err: err}
			p.render()
		})
	})
}
