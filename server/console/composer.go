package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// mode says what becomes of the words in the composer.
type mode string

const (
	replying  mode = "reply"
	noting    mode = "note"
	resolving mode = "resolve"
	waiting   mode = "wait"
)

// allModes lists what can be written at all. The page holds all of them, and its
// styles show those that the ticket's state allows: so that what somebody has
// chosen never changes under their words when the state does.
func allModes() []mode { return []mode{replying, noting, resolving, waiting} }

// writable names the state as far as writing is concerned: open, resolved, ended.
func writable(s ticket.State) string {
	switch {
	case s.Open():
		return "open"
	case s == ticket.Resolved:
		return "resolved"
	}
	return "ended"
}

// modes lists what can be written into a ticket in its state.
func modes(t ticket.Ticket) []mode {
	switch {
	case t.State.Open():
		return []mode{replying, noting, resolving, waiting}
	case t.State == ticket.Resolved:
		return []mode{replying, noting}
	}
	return []mode{noting}
}

// composer is the box in which somebody writes, with what they have written when
// it could not be sent.
type composer struct {
	Mode    mode
	Text    string
	Code    ticket.Code
	Waiting ticket.Waiting
	Version int64
	Message string // the id of the message in the making
	Kept    []ticket.Attachment
	Problem string
	Since   []ticket.Event // what happened meanwhile
	Sent    bool           // the words before these were taken
	News    string         // what became of the words
	Then    *talk.Then     // what a macro does with it
	At      time.Time      // when the server was told of it last
}

// draft is what the composer holds, as it is kept and sent.
func (f composer) draft() talk.Draft {
	return talk.Draft{Mode: talk.Mode(f.Mode), Text: f.Text, Code: f.Code, Waiting: f.Waiting, Files: f.Kept, Then: f.Then}
}

// holding is a composer with what somebody has written before.
func holding(t ticket.Ticket, d talk.Draft) composer {
	f := newComposer(t)
	f.At = d.At
	if d.Empty() && d.Then == nil {
		return f
	}
	f.Text, f.Kept, f.Then, f.Problem = d.Text, d.Files, d.Then, d.Problem
	if m := mode(d.Mode); slices.Contains(allModes(), m) {
		f.Mode = m
	}
	if !slices.Contains(modes(t), f.Mode) {
		f.Mode = noting // an answer becomes a note at worst, never a note an answer
	}
	f.Code, f.Waiting = cmp.Or(d.Code, f.Code), cmp.Or(d.Waiting, f.Waiting)
	return f
}

// begun is the composer with the actor's draft.
func (c *Console) begun(ctx context.Context, actor auth.Actor, t ticket.Ticket) (composer, error) {
	if !auth.May(actor, auth.TicketsWork) {
		return newComposer(t), nil
	}
	d, err := c.Talk.Draft(ctx, actor, t.ID)
	return holding(t, d), err
}

func newComposer(t ticket.Ticket) composer {
	return composer{Mode: modes(t)[0], Version: t.Version, Message: newMessageID(), Code: ticket.Fixed, Waiting: ticket.WaitRequester}
}

// message takes in what somebody wrote: an answer, a note, a solution, or why the
// ticket waits.
func (c *Console) message(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	form := c.readComposer(r)
	files, err := kit.Uploads(r.Context(), c.Desk, actor, r)
	form.Kept = append(form.Kept, files...)
	var out talk.Sending
	if err == nil {
		out, err = c.send(r, actor, d, &form)
	}
	v, viewErr := c.ticketView(r, actor, n)
	if viewErr != nil {
		return viewErr
	}
	status := http.StatusOK
	if err == nil {
		if !kit.Partial(r) {
			http.Redirect(w, r, ticketPath(n), http.StatusSeeOther)
			return nil
		}
		v.Composer = newComposer(v.Ticket.Ticket)
		v.Composer.Mode, v.Composer.Sent, v.Composer.At = after(form.Mode, v.Ticket.Ticket), true, c.Now()
		words := sentence(form.Mode, v.Ticket.Ticket)
		if !out.Until.IsZero() {
			words = "" // the strip above the box says it
		}
		return c.out.Show(w, r, status, sentWords(v, words))
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Stale, fault.Conflict, fault.TooLarge, fault.Full, fault.Unavailable:
	default:
		return err
	}
	form.Since = since(v.Ticket, form.Version, actor)
	form.Version, form.Problem = v.Ticket.Version, fault.Sentence(err)
	v.Composer, status = form, gate.Status(err)
	if kit.Partial(r) {
		return c.out.Show(w, r, status, unsentWords(v))
	}
	return c.out.Show(w, r, status, ticketWhole(v))
}

func (c *Console) readComposer(r *http.Request) composer {
	f := composer{
		Mode: mode(r.PostFormValue("mode")), Text: r.PostFormValue("text"), Code: ticket.Code(r.PostFormValue("code")),
		Waiting: ticket.Waiting(r.PostFormValue("waiting")), Version: version(r), Message: r.PostFormValue("message"),
	}
	if len(f.Message) != 26 {
		f.Message = newMessageID()
	}
	f.Kept = kit.Kept(r)
	f.Then = c.macro(r.PostFormValue("macro"))
	return f
}

// send sends what stands in the composer, on the version that its writer looked
// at. What happened since and matters to nobody who writes does not stop it; the
// same form sent twice is one message.
func (c *Console) send(r *http.Request, actor auth.Actor, d desk.Detail, f *composer) (out talk.Sending, err error) {
	for range 3 {
		seen := f.Version
		if len(since(d, seen, actor)) == 0 {
			seen = d.Version
		}
		out, err = c.Talk.Send(r.Context(), actor, d.ID, seen, f.Message, f.draft())
		if fault.FieldOf(err) == "Idempotency-Key" {
			f.Message = newMessageID()
			return out, fault.New(fault.Conflict, "What you wrote first was sent already, as you see above. What stands here now was not; send it if it is still to be said.")
		}
		if !fault.Is(err, fault.Stale) {
			return out, err
		}
		if d, err = c.Desk.GetByNumber(r.Context(), actor, d.Number); err != nil {
			return out, err
		}
		if len(since(d, f.Version, actor)) > 0 {
			return out, fault.New(fault.Stale, "Not sent: the ticket has changed while you were writing. Look at what happened; your words are kept.")
		}
	}
	return out, fault.New(fault.Unavailable, "Not sent: the ticket changes faster than it can be written to. Your words are kept; send them again.")
}

// since returns what others did after a version, as far as somebody who writes
// has to know it. A version that was never seen is the first.
func since(d desk.Detail, version int64, actor auth.Actor) []ticket.Event {
	if version < 1 || version > int64(len(d.History)) {
		version = 1
	}
	var out []ticket.Event
	for _, e := range d.History[version:] {
		switch e.Type {
		case ticket.ReadTo, ticket.Asked, ticket.Rated:
			continue
		}
		if e.Actor.Side == ticket.Staff && e.Actor.ID == actor.Person {
			continue
		}
		out = append(out, e)
	}
	return out
}

// after is the mode in which the composer goes on.
func after(m mode, t ticket.Ticket) mode {
	if m == noting && slices.Contains(modes(t), noting) {
		return noting
	}
	return modes(t)[0]
}

// sentence says what became of what was written.
func sentence(m mode, t ticket.Ticket) string {
	switch m {
	case noting:
		return "Noted. Only the staff sees it."
	case resolving:
		return "Ticket " + ticketNumber(t.Number) + " is resolved. " + t.Requester.Name + " is asked whether it works."
	case waiting:
		return "Ticket " + ticketNumber(t.Number) + " is on hold."
	}
	return "Sent to " + t.Requester.Name + "."
}

func modeWord(m mode) string {
	switch m {
	case replying:
		return "Answer"
	case noting:
		return "Internal note"
	case resolving:
		return "Resolve"
	}
	return "Put on hold"
}

func versionText(n int64) string { return strconv.FormatInt(n, 10) }
