// Package guide is the window “Find and fix a problem”: what the trouble is, what
// was found about it, what may mend it, and the way on to the help desk.
package guide

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/known"
	"github.com/deskbell/deskbell/ui/mend"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/session"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Checkup(context.Context, local.CheckupRequest, func(local.Checkup)) error
	TrySite(context.Context, local.SiteRequest, func(local.Site)) error
	Suggest(ctx context.Context, text string) ([]local.Article, error)
	Helped(ctx context.Context, article, question string) error
	mend.Agent
	known.Agent
}

// Drafts keep what is being written to the help desk.
type Drafts interface {
	Ring() model.Draft
	SetRing(model.Draft)
	Flush()
}

// noting is what it may take to tell that an article helped.
const noting = 10 * time.Second

// Guide is the window's content.
type Guide struct {
	host   page.Host
	agent  Agent
	drafts Drafts
	state  model.Guide
	stop   context.CancelFunc // of what looks; nil when nothing does
	view
}

// New returns the window's content.
func New(h page.Host, a Agent, d Drafts) *Guide {
	g := &Guide{host: h, agent: a, drafts: d}
	g.build()
	g.render()
	return g
}

// Content is the window's content.
func (g *Guide) Content() fyne.CanvasObject { return g.root }

// Status takes the state of the connection over.
func (g *Guide) Status(s local.Status) {
	g.state.Link = s
	if g.state.Stage == model.GuideAnswered && g.state.Failed != nil && s.Connection != local.NoAgent && g.mend.State().Stage == model.MendNone {
		g.look() // the agent is back
	}
	g.render()
}

// Shown begins anew when the last trouble is over, and puts the keyboard where one
// goes on.
func (g *Guide) Shown(string) {
	if g.state.Stage == model.GuideHelped {
		g.begin()
	}
	g.render()
	g.focus()
}

// Hidden does nothing: what was found stays until the window is shown again.
func (g *Guide) Hidden() {}

// begin goes back to the question what the trouble is.
func (g *Guide) begin() {
	g.halt()
	g.mend.Forget()
	g.state = model.Guide{Link: g.state.Link}
	g.address.SetText("")
	g.unfold()
	g.render()
	g.focus()
}

func (g *Guide) halt() {
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
}

// choose takes over what the trouble is.
func (g *Guide) choose(c diagnostics.Complaint) {
	g.state.Complaint = c
	if c == diagnostics.ComplaintSite {
		g.state.Stage = model.GuideAsking
		g.render()
		g.focus()
		return
	}
	g.look()
}

// tryAddress looks on the way to the site whose address was typed.
func (g *Guide) tryAddress() {
	g.state.Address, g.state.NotASite = model.Line(g.address.Text), nil
	if g.state.Address == "" {
		g.state.NotASite = fault.Field("address", model.WordsGuideNoAddress())
		g.render()
		return
	}
	g.look()
}

// withoutAddress looks at the computer only.
func (g *Guide) withoutAddress() {
	g.state.Address, g.state.NotASite = "", nil
	g.look()
}

// look looks at what concerns the complaint, and shows it as it comes in.
func (g *Guide) look() {
	g.halt()
	s := &g.state
	if s.Checkup != nil && s.Checkup.Done {
		s.Earlier = s.Checkup
	}
	s.Stage, s.Checkup, s.Failed, s.Site, s.SiteError, s.Articles, s.Reading = model.GuideChecking, nil, nil, nil, nil, nil, ""
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.host.Window.Canvas().Unfocus() // what was pressed is gone
	g.unfold()
	g.render()
	current := func(on func()) {
		g.host.Main(func() {
			if ctx.Err() != nil {
				return
			}
			on()
			g.settle()
		})
	}
	sections := s.Sections()
	g.host.Go(func(program context.Context) {
		defer context.AfterFunc(program, stop)()
		done := false
		err := page.Patiently(ctx, func() error {
			return g.agent.Checkup(ctx, local.CheckupRequest{Sections: sections}, func(c local.Checkup) {
				done = c.Done
				current(func() { s.Checkup = &c })
			})
		})
		if err == nil && !done {
			err = fault.New(fault.Unavailable, model.WordsCheckupCut())
		}
		current(func() {
			if !done {
				s.Failed = err
			}
		})
	})
	if s.Address == "" {
		return
	}
	address := s.Address
	g.host.Go(func(program context.Context) {
		defer context.AfterFunc(program, stop)()
		done := false
		err := g.agent.TrySite(ctx, local.SiteRequest{Address: address}, func(one local.Site) {
			done = one.Done
			current(func() { s.Site = &one })
		})
		if err == nil && !done {
			err = fault.New(fault.Unavailable, model.WordsCheckupCut())
		}
		current(func() {
			switch {
			case done:
			case fault.FieldOf(err) == "address": // back to the question
				g.halt()
				s.Stage, s.NotASite = model.GuideAsking, err
				g.focus()
			default:
				s.SiteError = err
			}
		})
	})
}

// settle shows what has come in, and goes on once it is all there.
func (g *Guide) settle() {
	was := g.state.Stage
	g.state.Settle()
	if was == model.GuideChecking && g.state.Stage == model.GuideAnswered {
		g.halt()
		g.suggest()
		// Where nothing was found, what was looked at is the answer.
		g.lookedOpen = len(g.state.View().Findings) == 0
		defer g.focus()
	}
	g.render()
}

// suggest looks for articles about what was found.
func (g *Guide) suggest() {
	text := g.state.Asks()
	g.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, noting)
		defer cancel()
		list, err := g.agent.Suggest(ctx, text)
		if err != nil {
			return // no article is no reason to disturb somebody who needs help
		}
		g.host.Main(func() {
			if g.state.Stage == model.GuideAnswered && g.state.Asks() == text {
				g.state.Offer(list)
				g.render()
			}
		})
	})
}

// articleHelped ends it: an article was enough.
func (g *Guide) articleHelped(id string) {
	question := g.state.Asks()
	g.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, noting)
		defer cancel()
		_ = g.agent.Helped(ctx, id, question) // that it was not counted keeps nobody from going on
	})
	g.works()
}

func (g *Guide) works() {
	g.halt()
	g.state.Stage = model.GuideHelped
	g.render()
	g.focus()
}

// leftMend is called when the employee goes back from a fix to what was found.
func (g *Guide) leftMend(touched bool) {
	switch {
	case g.state.Mended():
		g.works()
	case touched:
		g.look()
	default:
		g.focus()
	}
}

// handOver hands all that is known over to the window in which one writes to the help
// desk.
func (g *Guide) handOver() {
	g.state.Try(g.mend.State().Fix)
	g.halt()
	g.drafts.SetRing(g.state.Draft(g.drafts.Ring()))
	g.drafts.Flush()
	g.host.Show(session.Request{Show: session.Ring})
	g.host.Close()
	g.begin()
}
