// Package talk is the conversation before it is one: what somebody writes and has
// not sent, kept on the server so that it is there on every browser; and answers
// that wait a moment after Send, so that their writer can take them back. Both are
// in the store: a closed tab, a lost line or a restart of the server loses
// nothing, and an answer that was sent goes out once.
package talk

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Mode says what becomes of somebody's words.
type Mode string

// The modes.
const (
	Replying  Mode = "reply"
	Noting    Mode = "note"
	Resolving Mode = "resolve"
	Waiting   Mode = "wait"
)

// Draft is what somebody writes to a ticket.
type Draft struct {
	Mode    Mode                `json:"mode"`
	Text    string              `json:"text,omitempty"`
	Code    ticket.Code         `json:"code,omitempty"`
	Waiting ticket.Waiting      `json:"waiting,omitempty"`
	Files   []ticket.Attachment `json:"files,omitempty"`
	Then    *Then               `json:"then,omitempty"`    // what a macro does with it
	Problem string              `json:"problem,omitempty"` // why it was not sent after all
	At      time.Time           `json:"-"`                 // when it was last changed
}

// Then is what a macro does with a ticket beside the words.
type Then struct {
	ID      string         `json:"id"`   // the macro's
	Name    string         `json:"name"` // as it was called
	Take    bool           `json:"take,omitempty"`
	State   string         `json:"state,omitempty"` // resolve, wait, or nothing
	Code    ticket.Code    `json:"code,omitempty"`
	Waiting ticket.Waiting `json:"waiting,omitempty"`
	Tag     []string       `json:"tag,omitempty"`
	Untag   []string       `json:"untag,omitempty"`
}

// Empty reports whether nothing would be lost with the draft.
func (d Draft) Empty() bool { return strings.TrimSpace(d.Text) == "" && len(d.Files) == 0 }

// Commands are what the draft asks of the ticket, under the id of its message.
func (d Draft) Commands(message string) ([]ticket.Command, error) {
	then := Then{}
	if d.Then != nil {
		then = *d.Then
	}
	switch d.Mode {
	case Replying, Noting:
	case Resolving:
		then.State, then.Code = "resolve", d.Code
	case Waiting:
		then.State, then.Waiting = "wait", d.Waiting
	default:
		return nil, fault.Field("mode", "Say whether this is an answer, a note, the solution, or why the ticket waits.")
	}
	var list []ticket.Command
	if then.Take {
		list = append(list, ticket.Take{})
	}
	if len(then.Tag)+len(then.Untag) > 0 {
		list = append(list, ticket.Tag{Add: then.Tag, Remove: then.Untag})
	}
	switch {
	case d.Mode == Noting:
		list = append(list, ticket.Note{Message: message, Body: d.Text, Attachments: d.Files})
	case then.State == "":
		if !d.Empty() || d.Then == nil {
			list = append(list, ticket.Reply{Message: message, Body: d.Text, Attachments: d.Files})
		}
	case len(d.Files) > 0: // the words of a solution carry no files themselves
		list = append(list, ticket.Reply{Message: message, Attachments: d.Files})
		message = ulid.Make().String()
	}
	body := d.Text
	if d.Mode == Noting {
		body, message = "", ulid.Make().String()
	}
	switch then.State {
	case "resolve":
		list = append(list, ticket.Resolve{Message: message, Solution: body, Code: then.Code})
	case "wait":
		list = append(list, ticket.Wait{For: then.Waiting, Message: message, Body: body})
	}
	return list, nil
}

// Held is an answer that waits to be sent.
type Held struct {
	ID     string        `json:"-"` // the message's
	Ticket string        `json:"-"` // id
	By     ticket.Person `json:"by"`
	Limit  auth.Role     `json:"limit,omitempty"` // of the token it came with
	Draft  Draft         `json:"draft"`
	Due    time.Time     `json:"-"`
	Tries  int           `json:"tries,omitempty"` // that failed
	Why    string        `json:"why,omitempty"`   // the last one did
	Going  bool          `json:"-"`               // it is being sent at this moment
}

// Store is what is kept. Get-like methods fail with fault.NotFound.
type Store interface {
	Draft(ctx context.Context, person, ticket string) (Draft, error)
	PutDraft(ctx context.Context, person, ticket string, d Draft) error
	// Hold keeps an answer until it is due, and empties its writer's draft.
	Hold(ctx context.Context, h Held) error
	// Held returns what somebody has sent to a ticket and is not out yet.
	Held(ctx context.Context, person, ticket string) ([]Held, error)
	// Take takes an answer out that is not being sent yet; fault.NotFound when it is.
	Take(ctx context.Context, person, id string, back func(h Held, now Draft) Draft) (Held, error)
	// Claim marks an answer of somebody's that is not being sent yet as being sent
	// by now, and returns it as it waited; fault.NotFound when there is none.
	Claim(ctx context.Context, person, id string, now time.Time) (Held, error)
	// Due returns what is to be sent by now, and marks it as being sent.
	Due(ctx context.Context, now time.Time, limit int) ([]Held, error)
	// Next returns when the next is due; the zero time when nothing waits.
	Next(ctx context.Context) (time.Time, error)
	// Sent forgets an answer that has been sent.
	Sent(ctx context.Context, id string) error
	// Later puts off an answer that could not be sent now until it is due again.
	// Until then its writer can take it back.
	Later(ctx context.Context, h Held) error
	// Back makes an answer that will never be sent its writer's draft again.
	Back(ctx context.Context, h Held, back func(h Held, now Draft) Draft) error
	Person(ctx context.Context, id string) (ticket.Person, auth.Role, error)
}

// Desk carries commands out.
type Desk interface {
	DoAll(ctx context.Context, actor auth.Actor, once desk.Once, id string, seen int64, list []ticket.Command) (desk.Outcome, error)
	Try(ctx context.Context, actor auth.Actor, id string, seen int64, list []ticket.Command) (desk.Outcome, error)
}

// Talk keeps drafts and held answers.
type Talk struct {
	store Store
	desk  Desk
	hold  time.Duration
	now   func() time.Time
	log   *slog.Logger
	wake  chan struct{}

	unsent func(ctx context.Context, h Held, why string) error
}

// Undo is how long an answer can be taken back.
const Undo = 10 * time.Second

// Unsent has somebody be told, in words, that an answer of theirs was not sent and
// is their draft again. It is called before Run.
func (t *Talk) Unsent(tell func(ctx context.Context, h Held, why string) error) { t.unsent = tell }

// New returns a Talk that holds answers back for a while; 0 sends them at once.
func New(store Store, d Desk, hold time.Duration, now func() time.Time, log *slog.Logger) *Talk {
	return &Talk{store: store, desk: d, hold: hold, now: now, log: log, wake: make(chan struct{}, 1), unsent: func(context.Context, Held, string) error { return nil }}
}

// Draft returns what somebody has written to a ticket; an empty one when nothing,
// with the time since when there is nothing.
func (t *Talk) Draft(ctx context.Context, actor auth.Actor, id string) (Draft, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return Draft{}, err
	}
	d, err := t.store.Draft(ctx, actor.Person, id)
	if fault.Is(err, fault.NotFound) {
		return Draft{}, nil
	}
	return d, err
}

// Save keeps what somebody writes to a ticket. What is empty is kept as such: the
// browser that comes next learns that there is nothing any more.
func (t *Talk) Save(ctx context.Context, actor auth.Actor, id string, d Draft) error {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return err
	}
	if len(d.Text) > wire.MaxBody {
		return fault.Field("body", "The text is longer than 64 KiB. Attach it as a file.")
	}
	if len(d.Files) > wire.MaxFiles {
		return fault.Field("attachments", "A message carries at most 10 attachments.")
	}
	d.Text = strings.ToValidUTF8(strings.ReplaceAll(d.Text, "\x00", ""), "\ufffd") // as it is typed, but fit to be stored
	d.At = t.now()
	return t.store.PutDraft(ctx, actor.Person, id, d)
}

// Sending is what has become of words.
type Sending struct {
	desk.Outcome
	Until time.Time // they can be taken back until then; zero: they are out
}

// Send sends what somebody wrote. An answer waits until it is due; it was tried
// before, so that what is wrong with it is said while its writer is there. seen is
// the version of the ticket that they looked at.
func (t *Talk) Send(ctx context.Context, actor auth.Actor, id string, seen int64, message string, d Draft) (Sending, error) {
	list, err := d.Commands(message)
	if err != nil {
		return Sending{}, err
	}
	d.Problem = ""
	if t.hold <= 0 || d.Mode != Replying {
		out, err := t.desk.DoAll(ctx, actor, onceOf(message, d), id, seen, list)
		if err == nil {
			err = t.store.PutDraft(ctx, actor.Person, out.Ticket, Draft{Mode: d.Mode, At: t.now()})
		}
		return Sending{Outcome: out}, err
	}
	out, err := t.desk.Try(ctx, actor, id, seen, list)
	if err != nil {
		return Sending{}, err
	}
	due := t.now().Add(t.hold)
	err = t.store.Hold(ctx, Held{ID: message, Ticket: out.Ticket, By: ticket.Person{ID: actor.Person, Name: actor.Name}, Limit: actor.Limit, Draft: d, Due: due})
	if err != nil {
		return Sending{}, err
	}
	t.poke()
	return Sending{Outcome: desk.Outcome{Ticket: out.Ticket, Number: out.Number}, Until: due}, nil
}

// onceOf makes the effect of a message happen once, however often it is sent.
func onceOf(message string, d Draft) desk.Once {
	body, err := json.Marshal(d)
	if err != nil { // a struct of strings
		body = []byte(d.Text)
	}
	return desk.Once{Key: message, Body: body}
}

// Held returns what an actor has sent to a ticket and is not out yet.
func (t *Talk) Held(ctx context.Context, actor auth.Actor, id string) ([]Held, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return nil, err
	}
	return t.store.Held(ctx, actor.Person, id)
}

// Undo takes an answer back, and makes it its writer's draft again.
func (t *Talk) Undo(ctx context.Context, actor auth.Actor, id string) (Held, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return Held{}, err
	}
	h, err := t.store.Take(ctx, actor.Person, id, t.back(""))
	if fault.Is(err, fault.NotFound) {
		return h, fault.New(fault.Conflict, "It has been sent already, and cannot be taken back. Write what is to be put right.")
	}
	return h, err
}

// back returns how words that were to be sent go before those that were written
// since.
func (t *Talk) back(problem string) func(Held, Draft) Draft {
	return func(h Held, now Draft) Draft {
		d := h.Draft
		if text := strings.TrimSpace(now.Text); text != "" && text != strings.TrimSpace(d.Text) {
			d.Text += "\n\n" + text
		}
		for _, f := range now.Files {
			if len(d.Files) < wire.MaxFiles {
				d.Files = append(d.Files, f)
			}
		}
		d.Problem, d.At = problem, t.now()
		return d
	}
}
