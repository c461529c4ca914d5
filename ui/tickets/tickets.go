// Package tickets is the window “My tickets”: the list, and the conversation of
// one ticket beside it.
package tickets

import (
	"context"
	"io"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
)

// Agent is what the window asks of the agent.
type Agent interface {
	Tickets(context.Context) (local.Tickets, error)
	Ticket(ctx context.Context, id string) (local.Ticket, error)
	Reply(ctx context.Context, ticket string, r local.Reply) (local.Receipt, error)
	Act(ctx context.Context, ticket string, a local.Act) (local.Receipt, error)
	Read(ctx context.Context, ticket, message string) error
	Attachment(ctx context.Context, ticket, sha string) (io.ReadCloser, error)
	Portal(ctx context.Context, page wire.PortalPage) (local.Portal, error)
}

// Drafts keep answers that are being written.
type Drafts interface {
	Reply(ticket string) string
	SetReply(ticket, text string)
	Flush()
}

// patience is how long the agent may take to answer.
const patience = 15 * time.Second

// Tickets is the window's content.
type Tickets struct {
	host   page.Host
	agent  Agent
	drafts Drafts

	visible bool
	came    bool // to one ticket, whose box has not got the keyboard yet
	link    local.Status
	list    *local.Tickets // nil until there was an answer
	err     error
	asking  bool // a list is being asked for
	again   bool // and another one after it

	chosen  string        // the key of the ticket that is open; "" for none
	ticket  *local.Ticket // the whole of it, as far as it is known
	ref     string        // of what is being sent or was not taken
	what    string        // that it names
	busy    bool          // something is being sent
	problem error         // of sending
	tick    func()        // stops the clock

	opening   bool  // the portal is
	undecided error // why it was not opened
	view
}

// New returns the window's content.
func New(h page.Host, a Agent, d Drafts) *Tickets {
	t := &Tickets{host: h, agent: a, drafts: d}
	t.build()
	t.render()
	return t
}

// Content is the window's content.
func (t *Tickets) Content() fyne.CanvasObject { return t.root }

// Status takes the state of the connection over, and asks anew when a ticket of
// the person's has changed.
func (t *Tickets) Status(s local.Status) {
	stale := s.Tickets != t.link.Tickets || s.Connection != t.link.Connection
	t.link = s
	if t.visible && stale && s.Connection != local.NoAgent {
		t.ask()
	}
	t.render()
}

// Shown asks for the tickets and opens one: the one that is named, or when none
// is open the first with something new.
func (t *Tickets) Shown(ticket string) {
	t.visible = true
	if ticket != "" {
		t.came = true
		t.open(ticket)
	}
	t.ask()
	t.clock()
	t.render()
}

// Hidden puts what was typed on disk.
func (t *Tickets) Hidden() {
	t.visible = false
	if t.tick != nil {
		t.tick()
	}
	t.drafts.Flush()
}

// clock keeps “12 min ago” true while the window is seen.
func (t *Tickets) clock() {
	if t.tick != nil {
		t.tick()
	}
	t.tick = t.host.After(time.Minute, func() {
		t.render()
		t.clock()
	})
}

// ask asks for the list and the open ticket. One question is out at a time.
func (t *Tickets) ask() {
	if t.asking {
		t.again = true
		return
	}
	t.asking = true
	chosen := t.chosen
	t.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		list, err := t.agent.Tickets(ctx)
		var whole *local.Ticket
		if err == nil && chosen != "" {
			if one, err := t.agent.Ticket(ctx, chosen); err == nil {
				whole = &one
			}
		}
		if program.Err() != nil {
			return
		}
		t.host.Main(func() { t.answered(chosen, list, whole, err) })
	})
}

func (t *Tickets) answered(chosen string, list local.Tickets, whole *local.Ticket, err error) {
	t.asking = false
	t.err = err
	if err == nil {
		t.list = &list
	}
	if whole != nil && chosen == t.chosen {
		t.take(*whole)
	}
	if t.chosen == "" && err == nil {
		t.open(firstOf(list.Items))
	}
	if t.again {
		t.again = false
		t.ask()
	}
	t.render()
}

// firstOf is the ticket to open when none is named.
func firstOf(items []local.Ticket) string {
	if len(items) == 0 {
		return ""
	}
	if i := slices.IndexFunc(items, func(t local.Ticket) bool { return t.Unread > 0 }); i >= 0 {
		return model.KeyOf(items[i])
	}
	return model.KeyOf(items[0])
}

// open shows a ticket: what the list knows at once, the whole when it comes.
func (t *Tickets) open(key string) {
	if key == "" || key == t.chosen {
		return
	}
	t.drafts.Flush()
	t.chosen, t.ticket, t.ref, t.problem = key, nil, "", nil
	if t.list != nil {
		for _, one := range t.list.Items {
			if model.KeyOf(one) == key || one.Ref == key {
				t.take(one)
			}
		}
	}
	t.reply.OnChanged, t.comment.OnChanged = nil, nil
	t.reply.SetText(t.drafts.Reply(key))
	t.comment.SetText(t.drafts.Reply(remarkOf(key)))
	t.reply.OnChanged, t.comment.OnChanged = t.typed, t.remarking
	t.toEnd = true
	t.ask()
	t.render()
}

// take takes a ticket over as the open one, and says that it was read. A ticket
// that was saved gets its id from the server once it is sent.
func (t *Tickets) take(one local.Ticket) {
	t.chosen = model.KeyOf(one)
	t.ticket = &one
	last := model.ConversationOf(one, t.host.Now()).LastRead
	if !t.visible || one.Unread == 0 || last == "" {
		return
	}
	t.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		t.agent.Read(ctx, one.ID, last) // when it fails the ticket stays unread, and is read again
	})
}

// typed keeps what is being written.
func (t *Tickets) typed(text string) {
	t.ref, t.problem = "", nil
	t.drafts.SetReply(t.chosen, text)
	t.render()
}

// failed shows why nothing was sent; the words stay.
func (t *Tickets) failed(err error) {
	t.busy, t.problem = false, err
	t.render()
}

func errEmpty() error { return fault.Field("body", model.WordsTicketNoWords()) }
