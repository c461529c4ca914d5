package kit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/markdown"
)

// Handler answers a request, or says why not.
type Handler func(w http.ResponseWriter, r *http.Request, actor auth.Actor) error

// Writer answers requests with pages.
type Writer struct {
	Files *static.Files
	Text  *markdown.Renderer
	Now   func() time.Time
	Log   *slog.Logger
	// Home is where a page of an error leads, and HomeWord what the way there says.
	Home     string
	HomeWord string
}

// Serve makes a handler one of the gate's: an error becomes a page, or a message
// in the page that asked.
func (x Writer) Serve(h Handler) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, actor auth.Actor) {
		if err := h(w, r, actor); err != nil {
			x.Fail(w, r, err)
		}
	}
}

// Show answers with a component. The error is always nil: once an answer has
// begun nothing else can be said in it.
func (x Writer) Show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	env := Env{Files: x.Files, Text: x.Text, Now: x.Now(), Look: LookOf(r)}
	if err := Write(w, r, env, status, c); err != nil && r.Context().Err() == nil {
		x.Log.Error("a page was not written whole", "path", r.URL.Path, "err", err)
	}
	return nil
}

// Fail tells somebody what went wrong.
func (x Writer) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // whoever asked has gone
	}
	if code := fault.CodeOf(err); code == fault.Internal || code == fault.Full {
		x.Log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if Partial(r) {
		x.Show(w, r, gate.Status(err), SaidPart("critical", fault.Sentence(err)))
		return
	}
	status, p := Explain(err, x.Home, x.HomeWord)
	x.Show(w, r, status, ProblemPage(p))
}

// Back leads a browser to a page after an action.
func Back(w http.ResponseWriter, r *http.Request, to string) error {
	if Partial(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
