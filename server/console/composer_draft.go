package console

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/ticket"
)

func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// saveDraft keeps what somebody writes while they write it.
func (c *Console) saveDraft(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
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
	if err := c.Talk.Save(r.Context(), actor, d.ID, c.readComposer(r).draft()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// renderDraft shows how words will look.
func (c *Console) renderDraft(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
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
	text, err := ticket.CleanText("text", r.PostFormValue("text"))
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, rendered(d.Ticket, text))
}

// uploadWithin is how long the bytes of a file may take to arrive.
const uploadWithin = 5 * time.Minute

// upload stores a file that was pasted, dropped or chosen, before the words that it
// goes with are sent. One that is too large is refused before its bytes are read.
func (c *Console) upload(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if _, err := number(r); err != nil {
		return err
	}
	return c.uploadFile(w, r, actor)
}

// uploadFile stores one file, whatever it will go with.
func (c *Console) uploadFile(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	name := ticket.CleanName(r.URL.Query().Get("name"))
	tooLarge := fault.New(fault.TooLarge, "“"+kit.Clip(name, 60)+"” is larger than 25 MiB, and cannot be attached. Put it where the others can fetch it, and send the address.")
	if r.ContentLength > wire.MaxBlob {
		w.Header().Set("Connection", "close")
		return tooLarge
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin)); err != nil {
		c.Log.Debug("an upload has no deadline", "err", err)
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBlob+1))
	switch {
	case err != nil:
		return fault.Wrap(err, fault.Invalid, "“"+kit.Clip(name, 60)+"” did not arrive whole. Attach it again.")
	case len(data) > wire.MaxBlob:
		w.Header().Set("Connection", "close")
		return tooLarge
	case len(data) == 0:
		return fault.Field("files", "“"+kit.Clip(name, 60)+"” is empty, and cannot be attached.")
	}
	a, err := c.Desk.Store(r.Context(), actor, name, data)
	if err != nil {
		return err
	}
	return kit.JSON(w, http.StatusCreated, map[string]any{"sha256": a.SHA256, "name": a.Name, "size": a.Size, "type": a.Type, "picture": kit.Inline(a.Type)})
}

// drafted opens a file that the actor has attached and not sent yet.
func (c *Console) drafted(ctx context.Context, actor auth.Actor, id, sha string, none error) (ticket.Attachment, io.Reader, error) {
	if !auth.May(actor, auth.TicketsWork) {
		return ticket.Attachment{}, nil, none
	}
	d, err := c.Talk.Draft(ctx, actor, id)
	if err != nil {
		return ticket.Attachment{}, nil, err
	}
	for _, f := range d.Files {
		if f.SHA256 == sha {
			a, body, err := c.Desk.Uploaded(ctx, actor, sha)
			a.Name = f.Name
			return a, body, err
		}
	}
	return ticket.Attachment{}, nil, none
}

// heldPanel shows what the actor has sent and is not out yet.
func (c *Console) heldPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	if !auth.May(actor, auth.TicketsWork) {
		return nil, nil
	}
	list, err := c.Talk.Held(ctx, actor, v.Ticket.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return heldAnswers(v.Ticket.Ticket, list), nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
