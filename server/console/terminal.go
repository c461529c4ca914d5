package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// terminalView is the page of a terminal that is open.
type terminalView struct {
	Frame      frame
	Ask        ask.Ask
	Machine    string
	Cols, Rows int
}

func terminalKinds() []wire.AskKind { return []wire.AskKind{wire.ActTerminal, wire.ActRootTerminal} }

// The size of a terminal: it fits on a page at 1280.
const terminalCols, terminalRows = 110, 30

// terminalPage shows a terminal to whoever opened it, and its recording once it has
// ended.
func (c *Console) terminalPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !q.Kind.Terminal() || q.State.Ended() || q.AskerID != actor.Person {
		http.Redirect(w, r, "/asks/"+q.ID, http.StatusSeeOther)
		return nil
	}
	v := terminalView{Ask: q, Cols: terminalCols, Rows: terminalRows}
	m, err := c.Fleet.Get(r.Context(), actor, q.Endpoint)
	if err != nil {
		return err
	}
	v.Machine = m.Name
	if v.Frame, err = c.frame(r, actor, atQueue, "Terminal on "+m.Name, ""); err != nil {
		return err
	}
	v.Frame.doc.Scripts = []string{"terminal.js"}
	return c.out.Show(w, r, http.StatusOK, terminalWhole(v))
}

// writeLimit is how long a browser may take for one part of what a terminal shows.
const terminalWriteLimit = time.Minute

// terminalOutput streams what a terminal shows, a line of JSON each. A browser that
// does not read makes the machine wait.
func (c *Console) terminalOutput(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	control, begun := http.NewResponseController(w), false
	err := c.Asks.Watch(r.Context(), actor, r.PathValue("id"), func(s ask.Shown) error {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Cache-Control", "no-store")
		}
		if err := control.SetWriteDeadline(time.Now().Add(terminalWriteLimit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(b, '\n')); err != nil {
			return err
		}
		return control.Flush()
	})
	if begun {
		return nil
	}
	return err
}

// maxTyped is more than anybody types or pastes at once.
const maxTyped = 1 << 20

// terminalInput types into a terminal.
func (c *Console) terminalInput(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTyped))
	if err != nil {
		return fault.Wrap(err, fault.TooLarge, "More was typed at once than a terminal takes.")
	}
	if err := c.Asks.Type(r.Context(), actor, r.PathValue("id"), b); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// endTerminal ends a terminal.
func (c *Console) endTerminal(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	if err := c.Asks.Cancel(r.Context(), actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/asks/"+id, http.StatusSeeOther)
	return nil
}

// terminalRecording returns what was recorded, as asciicast v2.
func (c *Console) terminalRecording(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !q.Kind.Terminal() || len(q.Answer) == 0 {
		return fault.New(fault.NotFound, "There is no recording of that.")
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-asciicast")
	h.Set("Content-Disposition", `attachment; filename="terminal-`+q.ID+`.cast"`)
	h.Set("Cache-Control", "no-store")
	for _, line := range q.Answer {
		w.Write(append(bytes.Clone(line), '\n')) // whoever asked may be gone
	}
	return nil
}

// hasRecording reports whether there is something to be played.
func hasRecording(a kit.Answer) bool { return a.Ask.Kind.Terminal() && len(a.Ask.Answer) > 0 }
