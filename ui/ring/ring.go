// Package ring is the window “Get help”: one question, what the computer found
// about itself, what will be sent, and Send.
package ring

import (
	"context"
	"io"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/known"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Checkup(context.Context, local.CheckupRequest, func(local.Checkup)) error
	Recording(context.Context) (diagnostics.Recording, error)
	Changes(context.Context) (inventory.Changes, error)
	Attach(ctx context.Context, name string, data io.Reader) (wire.Attachment, error)
	Ring(context.Context, local.Draft) (local.Receipt, error)
	Receipt(ctx context.Context, ref string) (local.Receipt, error)
	Suggest(ctx context.Context, text string) ([]local.Article, error)
	Helped(ctx context.Context, article, question string) error
	known.Agent
}

// Drafts keep what is being written.
type Drafts interface {
	Ring() model.Draft
	SetRing(model.Draft)
	Keep(picture []byte) (model.File, error)
	Flush()
}

// How long things may take.
const (
	fresh    = 5 * time.Minute  // a check-up is shown again when the window is
	stale    = 50 * time.Minute // the agent forgets a check-up after an hour
	patience = 8 * time.Second  // what Send waits for a check-up that still runs
	sending  = 40 * time.Second // what Send waits for the agent, files included
)

// Ring is the window's content.
type Ring struct {
	host   page.Host
	agent  Agent
	drafts Drafts

	state     model.Ring
	checkedAt time.Time
	stop      context.CancelFunc // of the check-up that runs
	checked   chan struct{}      // closed when it is over
	choosing  bool               // the desktop's dialog is open
	unask     func()             // takes back a question for articles that is due
	view
}

// New returns the window's content.
func New(h page.Host, a Agent, d Drafts) *Ring {
	r := &Ring{host: h, agent: a, drafts: d}
	r.state.Draft = d.Ring()
	r.build()
	r.fill()
	r.render()
	return r
}

// Content is the window's content.
func (r *Ring) Content() fyne.CanvasObject { return r.root }

// Status takes the state of the connection over. When something of the person's
// has changed, a ring that was saved may have been sent.
func (r *Ring) Status(s local.Status) {
	changed := s.Tickets != r.state.Link.Tickets
	r.state.Link = s
	if r.state.Stage == model.Saved && changed {
		r.follow(r.state.Receipt.Ref)
	}
	if r.state.Failed != nil && s.Connection != local.NoAgent {
		r.check() // the agent is back
	}
	r.render()
}

// Shown begins a new ring when the last one has left, checks the computer, and
// puts the keyboard where the employee writes.
func (r *Ring) Shown(string) {
	// Guided help may have written into the draft meanwhile.
	begun := r.drafts.Ring()
	switch r.state.Stage {
	case model.Sent, model.Saved, model.Helped:
		r.another()
		r.take(begun)
	case model.Writing, model.NotSaved, model.Refused:
		if begun.Guided != nil && begun.Guided != r.state.Draft.Guided {
			r.state.Stage, r.state.Problem = model.Writing, nil
			r.take(begun)
		}
	}
	if r.stop == nil && (r.state.Checkup == nil || r.host.Now().Sub(r.checkedAt) > fresh) {
		r.check()
	} else {
		r.fetchRecording(r.checked) // something may have been marked since
	}
	r.render()
	if !r.state.Stage.Done() {
		r.host.Window.Canvas().Focus(r.question)
	}
}

// Hidden puts what was typed on disk.
func (r *Ring) Hidden() { r.drafts.Flush() }

// edited takes a change of the employee's over.
func (r *Ring) edited(change func(*model.Draft)) {
	change(&r.state.Draft)
	r.state.Draft.Ref = ""
	if r.state.Stage == model.NotSaved {
		r.state.Stage = model.Writing
	}
	r.drafts.SetRing(r.state.Draft)
	r.suggest()
	r.render()
}

// check runs a check-up and shows its parts as they come in.
func (r *Ring) check() {
	if r.stop != nil {
		r.stop()
	}
	r.state.Checkup, r.state.Failed, r.state.Recording = nil, nil, nil
	r.state.Changes = nil
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	r.stop, r.checked, r.checkedAt = stop, over, r.host.Now()
	r.fetchRecording(over)
	r.fetchChanges(over)
	r.host.Go(func(program context.Context) {
		defer context.AfterFunc(program, stop)()
		current := func(on func()) {
			r.host.Main(func() {
				if ctx.Err() == nil {
					on()
					r.render()
				}
			})
		}
		err := page.Patiently(ctx, func() error {
			return r.agent.Checkup(ctx, local.CheckupRequest{}, func(c local.Checkup) {
				current(func() { r.state.Checkup = &c })
			})
		})
		current(func() {
			if r.state.Checkup == nil || !r.state.Checkup.Done {
				r.state.Failed = checkupError(err)
			}
			close(over)
			r.fetchChanges(over) // the check-up may differ from a healthy one
			stop()
			r.stop = nil
		})
	})
}

// fetchRecording asks for what was recorded around a mark, beside the check-up: a
// disk that hangs holds up the one and not the other. over tells one check-up from
// the next.
func (r *Ring) fetchRecording(over chan struct{}) {
	r.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, sending)
		defer cancel()
		recording, err := r.agent.Recording(ctx)
		if err != nil {
			return // nothing was marked, or the service is an older one
		}
		r.host.Main(func() {
			if r.checked == over && r.state.View().CanEdit {
				r.state.Recording = &recording
				r.render()
				widgets.Relayout(r.root)
			}
		})
	})
}

// fetchChanges asks for what has changed on the computer, beside the check-up and
// again when it is over.
func (r *Ring) fetchChanges(over chan struct{}) {
	r.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, sending)
		defer cancel()
		changes, err := r.agent.Changes(ctx)
		if err != nil {
			return // nobody keeps them, or the service is an older one
		}
		r.host.Main(func() {
			if r.checked == over && r.state.View().CanEdit {
				r.state.Changes = model.ChangesOf(changes)
				r.render()
				widgets.Relayout(r.root)
			}
		})
	})
}

// tick puts a section in or takes it out.
func (r *Ring) tick(name diagnostics.SectionName, in bool) {
	r.edited(func(d *model.Draft) { d.Tick(name, in) })
}

// take goes on with a draft.
func (r *Ring) take(d model.Draft) {
	r.state.Draft = d
	r.drafts.SetRing(d)
	r.fill()
	r.suggest()
}

// another begins a new, empty ring.
func (r *Ring) another() {
	r.state.Stage, r.state.Receipt, r.state.Problem = model.Writing, local.Receipt{}, nil
	r.state.Draft = model.Draft{}
	r.state.Articles, r.state.Reading = nil, ""
	r.drafts.SetRing(r.state.Draft)
	r.fill()
	r.render()
}
