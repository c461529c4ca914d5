package console

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// heldState says what an answer that is not out yet does: it waits to be sent, it is
// being sent, or it could not be sent and is tried again.
func heldState(h talk.Held) string {
	switch {
	case h.Going:
		return "going"
	case h.Tries > 0:
		return "again"
	}
	return "waits"
}

func heldPath(t ticket.Ticket, h talk.Held, what string) string {
	return ticketPath(t.Number) + "/held/" + h.ID + "/" + what
}

// undo takes an answer back and puts it into the box again.
func (c *Console) undo(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	_, undoErr := c.Talk.Undo(r.Context(), actor, r.PathValue("id"))
	if undoErr != nil && !fault.Is(undoErr, fault.Conflict) {
		return undoErr
	}
	if !kit.Partial(r) {
		if undoErr != nil {
			return undoErr
		}
		http.Redirect(w, r, ticketPath(n), http.StatusSeeOther)
		return nil
	}
	v, err := c.ticketView(r, actor, n)
	if err != nil {
		return err
	}
	if undoErr != nil {
		return c.out.Show(w, r, http.StatusConflict, acted(v, "warning", fault.Sentence(undoErr)))
	}
	if v.Composer, err = c.begun(r.Context(), actor, v.Ticket.Ticket); err != nil {
		return err
	}
	v.Composer.News = "Not sent. Your words are back in the box."
	return c.out.Show(w, r, http.StatusOK, undone(v))
}

// again tries at once to send an answer that could not be sent before, and says what
// has become of it.
func (c *Console) again(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	fate, triedErr := c.Talk.Again(r.Context(), actor, r.PathValue("id"))
	if triedErr != nil && !fault.Is(triedErr, fault.Conflict) {
		return triedErr
	}
	if !kit.Partial(r) {
		if triedErr != nil {
			return triedErr
		}
		http.Redirect(w, r, ticketPath(n), http.StatusSeeOther)
		return nil
	}
	v, err := c.ticketView(r, actor, n)
	if err != nil {
		return err
	}
	switch {
	case triedErr != nil:
		return c.out.Show(w, r, http.StatusConflict, acted(v, "warning", fault.Sentence(triedErr)))
	case fate == talk.Sent:
		return c.out.Show(w, r, http.StatusOK, acted(v, "healthy", "Sent to "+v.Ticket.Requester.Name+"."))
	case fate == talk.Waits:
		return c.out.Show(w, r, http.StatusOK, acted(v, "warning", "Not sent this time either. It is tried again by itself; nothing is lost."))
	}
	if v.Composer, err = c.begun(r.Context(), actor, v.Ticket.Ticket); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, undone(v))
}
